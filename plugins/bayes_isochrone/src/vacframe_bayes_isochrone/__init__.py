"""Distances, extinctions, masses and ages from isochrones (Wang J. et al. 2023)."""

from __future__ import annotations

from vacframe_bayes_isochrone import comparison, estimates, grid, observables, papers, samples
from vacframe_bayes_isochrone.registry import plugin

__all__ = ["comparison", "estimates", "grid", "observables", "papers", "plugin", "samples"]
