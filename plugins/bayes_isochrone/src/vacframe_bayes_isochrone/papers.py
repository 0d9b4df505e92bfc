"""The published numbers of Wang J. et al. (2023)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.figures import plot_reference, plot_uncertainties
from vacframe_bayes_isochrone.registry import plugin

FEWEST = 20
"""Fewer stars than this give no number."""


def percentile_size(quantity: str, percentile: float, beyond: float | None = None) -> Callable[[vf.Batch], float]:
    """Return a measurement: the size of a percentile of (estimate - reference) / reference, or how far beyond another.

    Parameters
    ----------
    quantity : str
        Column of the estimate.
    percentile, beyond : float
        0 to 100; the size is counted from the percentile `beyond`, from 0 where that is None.
    """

    def measure(batch: vf.Batch) -> float:
        import numpy as np

        estimate, truth = batch[quantity], batch[f"{quantity}_reference"]
        use = np.isfinite(estimate) & (truth > 0)
        if use.sum() < FEWEST:
            return float("nan")
        miss = estimate[use].astype(np.float64) / truth[use] - 1.0
        return float(abs(np.percentile(miss, percentile) - (0.0 if beyond is None else np.percentile(miss, beyond))))

    return measure


def mass_difference(statistic: Callable[[Any], Any]) -> Callable[[vf.Batch], float]:
    """Return a measurement: the size of a statistic of mass - reference mass."""

    def measure(batch: vf.Batch) -> float:
        import numpy as np

        miss = (batch["mass"] - batch["mass_reference"]).astype(np.float64)
        miss = miss[np.isfinite(miss)]
        return float(abs(statistic(miss))) if len(miss) >= FEWEST else float("nan")

    return measure


def first_median(batch: vf.Batch) -> float:
    """Return the median uncertainty of the first bin that holds enough stars."""
    found = [float(m) for n, m in zip(batch["n"], batch["median"], strict=True) if n >= FEWEST]
    return found[0] if found else float("nan")


RELATIVE = "(mass - seismic mass) / seismic mass of giants"
SEISMIC = (
    ("mass_median_seismic", 0.06, "", "Sect. 3.3, Fig. 3", "mass", f"size of the median of {RELATIVE}",
     percentile_size("mass", 50)),
    ("mass_below_median_seismic", 0.12, "", "Sect. 3.3, Fig. 3", "mass", f"50th to 16th percentile of {RELATIVE}",
     percentile_size("mass", 16, beyond=50)),
    ("mass_above_median_seismic", 0.22, "", "Sect. 3.3, Fig. 3", "mass", f"50th to 84th percentile of {RELATIVE}",
     percentile_size("mass", 84, beyond=50)),
    ("mass_mean_difference_seismic", 0.06, "solMass", "Sect. 3.3", "mass",
     "size of the mean of mass - seismic mass of giants", mass_difference(lambda miss: miss.mean())),
    ("mass_scatter_seismic", 0.23, "solMass", "Sect. 3.3", "mass",
     "standard deviation of mass - seismic mass of giants", mass_difference(lambda miss: miss.std())),
    ("age_median_seismic", 0.13, "", "Sect. 3.4, Fig. 5", "age",
     "size of the median of (age - seismic age) / seismic age of giants", percentile_size("age", 50)),
)  # fmt: skip
"""Estimates against asteroseismology: name, value, unit, place, quantity, how it is measured, and the measurement."""
UNCERTAINTIES = (
    ("distance_error", 0.04, "", "distance", "all", 20),
    ("av_error", 0.1, "mag", "av", "all", 20),
    ("mass_error", 0.10, "", "mass", "giants", 20),
    ("age_error", 0.25, "", "age", "giants", 20),
    ("age_error_subgiants", 0.10, "", "age", "subgiants", 40),
)
"""Uncertainties (appendix A, figure A1): name, value, unit, quantity, stars, S/N."""

plugin.paper(
    vf.Paper(
        name="wang2023",
        title="Distance, extinction, mass and age for millions of LAMOST DR7 stars",
        citation=plugin.citation,
        products=("bayes_isochrone", "isochrone_validation", "isochrone_uncertainties"),
        settings={"plugins": {"bayes_isochrone": {"prior": "binney2014"}}},
        numbers=(
            *(
                vf.Published(
                    name=name, value=value, tolerance=0.0, unit=unit, place=place, product="isochrone_comparison",
                    columns=(quantity, f"{quantity}_reference"), how=how, measure=measure, compare="at_most",
                    where="logg < 3.9 and reference == 'asteroseismic_labels'",
                )
                for name, value, unit, place, quantity, how, measure in SEISMIC
            ),
            *(
                vf.Published(
                    name=name, value=value, tolerance=0.1 * value, unit=unit,
                    place=f"Appendix A, Fig. A1 (S/N = {snr})", product="isochrone_uncertainties",
                    columns=("n", "median"), measure=first_median, compare="at_most",
                    where=f"quantity == '{quantity}' and stars == '{stars}' and snr_low <= {snr} and snr_high > {snr}",
                    how=f"median {'' if unit else 'relative '}deviation of the posterior of {quantity}, {stars}, at "
                    "this S/N",
                )
                for name, value, unit, quantity, stars, snr in UNCERTAINTIES
            ),
        ),
        figures=(
            *(
                vf.PaperFigure(
                    quantity,
                    place,
                    {"isochrone_comparison": ("reference", quantity, f"{quantity}_reference")},
                    lambda comparison, quantity=quantity: plot_reference(comparison, quantity),
                )
                for quantity, place in (("mass", "Fig. 3"), ("age", "Fig. 5"))
            ),
            vf.PaperFigure("uncertainties", "Fig. A1", {"isochrone_uncertainties": ()}, plot_uncertainties),
        ),
    )
)  # fmt: skip
