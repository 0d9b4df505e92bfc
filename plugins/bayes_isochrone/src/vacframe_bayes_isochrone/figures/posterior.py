"""The posterior of one star."""

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
