"""Figures of stored products.

Functions take tables as ``Workspace.read`` returns them (or dicts of arrays, astropy or pandas tables) and return a
matplotlib figure, to be saved with ``figure.savefig(path)``.
"""

from __future__ import annotations

from vacframe_bayes_isochrone.figures.posterior import plot_posterior
from vacframe_bayes_isochrone.figures.references import plot_reference
from vacframe_bayes_isochrone.figures.uncertainties import plot_uncertainties

__all__ = ["plot_posterior", "plot_reference", "plot_uncertainties"]
