"""Estimates against asteroseismology and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vacframe_bayes_isochrone.columns import QUANTITIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_reference(comparison: Any, quantity: str) -> Figure:
    """Return estimates against reference values, and the distribution of their relative differences.

    Parameters
    ----------
    comparison : table
        `isochrone_comparison`: ``reference``, `quantity` and ``<quantity>_reference``.
    quantity : str
        mass, age or distance.
    """
    import numpy as np

    from vacframe import new_figure

    name, unit, _ = QUANTITIES[quantity]
    estimate, truth = (np.asarray(comparison[n], dtype=np.float64) for n in (quantity, f"{quantity}_reference"))
    reference = np.asarray(comparison["reference"]).astype(str)
    use = np.isfinite(estimate) & (truth > 0)
    figure = new_figure(10, 4.5)
    left, right = figure.subplots(1, 2)
    for product in np.unique(reference[use]):
        stars = use & (reference == product)
        miss = estimate[stars] / truth[stars] - 1.0
        low, middle, high = np.percentile(miss, [16, 50, 84])
        label = f"{product}: {stars.sum():,} stars"
        left.plot(truth[stars], estimate[stars], ".", markersize=3, alpha=0.5, label=label)
        right.hist(
            np.clip(miss, -1.0, 1.5), bins=np.arange(-1.0, 1.55, 0.05), histtype="step",
            label=f"{100 * middle:+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})",
        )  # fmt: skip
    if use.any():
        ends = [truth[use].min(), truth[use].max()]
        left.plot(ends, ends, color="k", linewidth=0.8)
        left.legend(fontsize=8)
        right.legend(fontsize=8)
    left.set_xlabel(f"{name}, reference ({unit})")
    left.set_ylabel(f"{name}, estimate ({unit})")
    right.set_xlabel("estimate / reference - 1")
    right.set_ylabel("stars")
    return figure
