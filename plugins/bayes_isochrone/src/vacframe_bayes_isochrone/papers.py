"""The published numbers of Wang J. et al. (2023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.registry import plugin

_GIANTS = "logg < 3.9 and reference == 'asteroseismic_labels'"
_FEWEST = 20
"""Fewer stars than this give no number."""


def _difference(quantity: str, percentile: float) -> Callable[[Any], float]:
    """Return a measurement: a percentile of (estimate - reference) / reference."""

    def measure(batch: Any) -> float:
        import numpy as np

        estimate, truth = batch[quantity], batch[f"{quantity}_reference"]
        use = np.isfinite(estimate) & (truth > 0)
        if use.sum() < _FEWEST:
            return float("nan")
        return float(np.percentile(estimate[use].astype(np.float64) / truth[use] - 1.0, percentile))

    return measure


def _size(quantity: str) -> Callable[[Any], float]:
    """Return a measurement: the size of the median of (estimate - reference) / reference."""
    median = _difference(quantity, 50)

    def measure(batch: Any) -> float:
        return abs(median(batch))

    return measure


def _mass_moment(kind: str) -> Callable[[Any], float]:
    def measure(batch: Any) -> float:
        import numpy as np

        miss = (batch["mass"] - batch["mass_reference"]).astype(np.float64)
        miss = miss[np.isfinite(miss)]
        if len(miss) < _FEWEST:
            return float("nan")
        return float(miss.mean() if kind == "mean" else miss.std())

    return measure


def _quoted(quantity: str, relative: bool) -> Callable[[Any], float]:
    """Return a measurement: the median of the estimates' own errors."""

    def measure(batch: Any) -> float:
        import numpy as np

        error = batch[f"{quantity}_error"].astype(np.float64)
        value = error / batch[quantity] if relative else error
        value = value[np.isfinite(value)]
        return float(np.median(value)) if len(value) >= _FEWEST else float("nan")

    return measure


def _mass(name: str, value: float, tolerance: float, percentile: float, compare: Any) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=tolerance,
        place="Sect. 3.3, Fig. 3",
        product="isochrone_comparison",
        columns=("mass", "mass_reference"),
        where=_GIANTS,
        how=f"{percentile:g}th percentile of (mass - seismic mass) / seismic mass of giants",
        measure=_difference("mass", percentile),
        compare=compare,
    )


def _error(name: str, value: float, quantity: str, relative: bool, unit: str = "") -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.1 * value,
        unit=unit,
        place="Appendix A, Fig. A1 (S/N = 20)",
        product="bayes_isochrone",
        columns=(quantity, f"{quantity}_error"),
        where="flag % 512 == 0" if quantity in ("mass", "age") else None,
        how=f"median of the {'relative ' if relative else ''}standard deviation of the posterior of {quantity}",
        measure=_quoted(quantity, relative),
        compare="at_most",
    )


plugin.paper(
    vf.Paper(
        name="wang2023",
        title="Distance, extinction, mass and age for millions of LAMOST DR7 stars",
        citation=plugin.citation,
        products=("bayes_isochrone", "isochrone_validation"),
        settings={"plugins": {"bayes_isochrone": {"prior": "binney2014"}}},
        numbers=(
            _mass("mass_median_seismic", 0.06, 0.0, 50, "at_most"),
            _mass("mass_p16_seismic", -0.12, 0.0, 16, "at_least"),
            _mass("mass_p84_seismic", 0.22, 0.0, 84, "at_most"),
            vf.Published(
                name="mass_mean_difference_seismic",
                value=0.06,
                tolerance=0.0,
                unit="solMass",
                place="Sect. 3.3",
                product="isochrone_comparison",
                columns=("mass", "mass_reference"),
                where=_GIANTS,
                how="mean of mass - seismic mass of giants",
                measure=_mass_moment("mean"),
                compare="at_most",
            ),
            vf.Published(
                name="mass_scatter_seismic",
                value=0.23,
                tolerance=0.0,
                unit="solMass",
                place="Sect. 3.3",
                product="isochrone_comparison",
                columns=("mass", "mass_reference"),
                where=_GIANTS,
                how="standard deviation of mass - seismic mass of giants",
                measure=_mass_moment("scatter"),
                compare="at_most",
            ),
            vf.Published(
                name="age_median_seismic",
                value=0.13,
                tolerance=0.0,
                place="Sect. 3.4, Fig. 5",
                product="isochrone_comparison",
                columns=("age", "age_reference"),
                where=_GIANTS,
                how="size of the median of (age - seismic age) / seismic age of giants",
                measure=_size("age"),
                compare="at_most",
            ),
            _error("distance_error", 0.04, "distance", True),
            _error("av_error", 0.1, "av", False, "mag"),
            _error("mass_error", 0.10, "mass", True),
            _error("age_error", 0.25, "age", True),
        ),
    )
)
