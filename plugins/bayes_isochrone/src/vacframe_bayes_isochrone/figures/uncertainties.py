"""Uncertainties against S/N."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vacframe_bayes_isochrone.columns import QUANTITIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
