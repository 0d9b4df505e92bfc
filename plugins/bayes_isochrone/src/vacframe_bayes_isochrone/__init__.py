"""Distances, extinctions, masses and ages from isochrones (Wang J. et al. 2023)."""

from __future__ import annotations

from vacframe_bayes_isochrone import clusters, comparison, estimates, grid, observables, papers, samples, uncertainties
from vacframe_bayes_isochrone.registry import plugin

__all__ = [
    "clusters", "comparison", "estimates", "grid", "observables", "papers", "plugin", "samples", "uncertainties",
]  # fmt: skip
