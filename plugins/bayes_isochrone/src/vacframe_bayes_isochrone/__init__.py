"""Distances, extinctions, masses and ages from isochrones (Wang J. et al. 2023).

`products` lists what is made, `method` how.
"""

from __future__ import annotations

from vacframe_bayes_isochrone import papers
from vacframe_bayes_isochrone.products import (
    bayes_isochrone,
    cluster_age_likelihoods,
    isochrone_clusters,
    isochrone_comparison,
    isochrone_grid,
    isochrone_labels,
    isochrone_observables,
    isochrone_uncertainties,
    isochrone_validation,
    posterior_samples,
)
from vacframe_bayes_isochrone.registry import plugin

__all__ = [
    "bayes_isochrone", "cluster_age_likelihoods", "isochrone_clusters", "isochrone_comparison", "isochrone_grid",
    "isochrone_labels", "isochrone_observables", "isochrone_uncertainties", "isochrone_validation", "papers",
    "plugin", "posterior_samples",
]  # fmt: skip
