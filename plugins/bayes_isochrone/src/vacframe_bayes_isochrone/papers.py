"""The published numbers of Wang J. et al. (2023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.registry import plugin

_GIANTS = "logg < 3.9 and reference == 'asteroseismic_labels'"
_FEWEST = 20
"""Fewer stars than this give no number."""


def _difference(quantity: str, percentile: float, beyond: float | None = None) -> Callable[[Any], float]:
    """Return a measurement: a percentile of (estimate - reference) / reference, or how far it lies beyond another."""

    def measure(batch: Any) -> float:
        import numpy as np

        estimate, truth = batch[quantity], batch[f"{quantity}_reference"]
        use = np.isfinite(estimate) & (truth > 0)
        if use.sum() < _FEWEST:
            return float("nan")
        miss = estimate[use].astype(np.float64) / truth[use] - 1.0
        found = np.percentile(miss, percentile)
        return float(found if beyond is None else abs(found - np.percentile(miss, beyond)))

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
        return float(abs(miss.mean()) if kind == "mean" else miss.std())

    return measure


def _typical(batch: Any) -> float:
    """Return the median uncertainty of a bin that holds enough stars."""
    rows = [i for i in range(len(batch)) if batch["n"][i] >= _FEWEST]
    return float(batch["median"][rows[0]]) if rows else float("nan")


def _mass(name: str, value: float, percentile: float, beyond: float | None = None) -> vf.Published:
    part = "size of the median" if beyond is None else f"{beyond:g}th to {percentile:g}th percentile"
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.0,
        place="Sect. 3.3, Fig. 3",
        product="isochrone_comparison",
        columns=("mass", "mass_reference"),
        where=_GIANTS,
        how=f"{part} of (mass - seismic mass) / seismic mass of giants",
        measure=_size("mass") if beyond is None else _difference("mass", percentile, beyond),
        compare="at_most",
    )


def _error(name: str, value: float, quantity: str, stars: str, snr: float, unit: str = "") -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.1 * value,
        unit=unit,
        place=f"Appendix A, Fig. A1 (S/N = {snr:g})",
        product="isochrone_uncertainties",
        columns=("n", "median"),
        where=f"quantity == '{quantity}' and stars == '{stars}' and snr_low <= {snr:g} and snr_high > {snr:g}",
        how=f"median {'' if unit else 'relative '}deviation of the posterior of {quantity}, {stars}, at this S/N",
        measure=_typical,
        compare="at_most",
    )


def _reference(quantity: str) -> Callable[[Any], Any]:
    def draw(comparison: Any) -> Any:
        from vacframe_bayes_isochrone.figures.wang_2023 import plot_reference

        return plot_reference(comparison, quantity)

    return draw


def _uncertainties(table: Any) -> Any:
    from vacframe_bayes_isochrone.figures.wang_2023 import plot_uncertainties

    return plot_uncertainties(table)


plugin.paper(
    vf.Paper(
        name="wang2023",
        title="Distance, extinction, mass and age for millions of LAMOST DR7 stars",
        citation=plugin.citation,
        products=("bayes_isochrone", "isochrone_validation", "isochrone_uncertainties"),
        settings={"plugins": {"bayes_isochrone": {"prior": "binney2014"}}},
        numbers=(
            _mass("mass_median_seismic", 0.06, 50),
            _mass("mass_below_median_seismic", 0.12, 16, beyond=50),
            _mass("mass_above_median_seismic", 0.22, 84, beyond=50),
            vf.Published(
                name="mass_mean_difference_seismic",
                value=0.06,
                tolerance=0.0,
                unit="solMass",
                place="Sect. 3.3",
                product="isochrone_comparison",
                columns=("mass", "mass_reference"),
                where=_GIANTS,
                how="size of the mean of mass - seismic mass of giants",
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
            _error("distance_error", 0.04, "distance", "all", 20),
            _error("av_error", 0.1, "av", "all", 20, "mag"),
            _error("mass_error", 0.10, "mass", "giants", 20),
            _error("age_error", 0.25, "age", "giants", 20),
            _error("age_error_subgiants", 0.10, "age", "subgiants", 40),
        ),
        figures=(
            *(
                vf.PaperFigure(
                    quantity,
                    place,
                    {"isochrone_comparison": ("reference", quantity, f"{quantity}_reference")},
                    _reference(quantity),
                )
                for quantity, place in (("mass", "Fig. 3"), ("age", "Fig. 5"))
            ),
            vf.PaperFigure("uncertainties", "Fig. A1", {"isochrone_uncertainties": ()}, _uncertainties),
        ),
    )
)
