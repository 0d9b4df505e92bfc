"""Figures of stored products.

Functions take tables as ``Workspace.read`` returns them (or dicts of arrays, astropy or pandas tables) and return a
matplotlib figure, to be saved with ``figure.savefig(path)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vacframe_bayes_isochrone.columns import QUANTITIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_posterior(row: Mapping[str, Any]) -> Figure:
    """Return a corner plot of one star's posterior: distance, A_V, mass and age.

    Parameters
    ----------
    row : mapping
        A row of `posterior_samples`: ``source_id`` and the arrays ``<name>_samples``.

    Returns
    -------
    matplotlib.figure.Figure
        Draw or save it with ``figure.savefig(path)``.

    Raises
    ------
    ValueError
        If the star has no samples, because no model agrees with it.
    """
    import numpy as np

    from vacframe import new_figure

    names = list(QUANTITIES)
    draws = [np.asarray(row[f"{name}_samples"], dtype=np.float64) for name in names]
    if not np.isfinite(draws[0]).any():
        raise ValueError(f"star {row['source_id']} has no posterior; look at its flag in bayes_isochrone")
    figure = new_figure(8, 8)
    axes = figure.subplots(len(names), len(names))
    for i, below in enumerate(draws):
        for j, along in enumerate(draws):
            axis = axes[i, j]
            if j > i:
                axis.set_visible(False)
                continue
            if j == i:
                axis.hist(along, bins=30, color="0.6")
                for value in np.percentile(along, [16, 50, 84]):
                    axis.axvline(value, color="k", linewidth=0.8)
                axis.set_yticks([])
            else:
                axis.plot(along, below, ".", markersize=2, color="0.3", alpha=0.5)
            if i == len(names) - 1:
                axis.set_xlabel(f"{names[j]} ({QUANTITIES[names[j]][1]})")
            if j == 0 and i:
                axis.set_ylabel(f"{names[i]} ({QUANTITIES[names[i]][1]})")
    figure.suptitle(f"source_id {row['source_id']}")
    return figure


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


def plot_uncertainties(uncertainties: Any) -> Figure:
    """Return median uncertainties of distance, A_V, mass and age, with their 16 to 84 % range, against S/N.

    Parameters
    ----------
    uncertainties : table
        `isochrone_uncertainties`.
    """
    import numpy as np

    from vacframe import new_figure

    columns = {
        n: np.asarray(uncertainties[n]) for n in ("quantity", "stars", "snr_low", "snr_high", "median", "p16", "p84")
    }
    figure = new_figure(9, 7)
    for axes, quantity in zip(figure.subplots(2, 2).ravel(), QUANTITIES, strict=True):
        mine = columns["quantity"].astype(str) == quantity
        for group in np.unique(columns["stars"][mine].astype(str)):
            rows = mine & (columns["stars"].astype(str) == group)
            snr = np.sqrt(columns["snr_low"][rows] * columns["snr_high"][rows])
            axes.plot(snr, columns["median"][rows], "o-", markersize=3, label=group)
            axes.fill_between(snr, columns["p16"][rows], columns["p84"][rows], alpha=0.2)
        axes.set_xscale("log")
        axes.set_xlabel("S/N")
        axes.set_ylabel(f"uncertainty of {quantity} ({'mag' if quantity == 'av' else 'relative'})")
        if mine.any():
            axes.legend(fontsize=8)
    return figure
