"""The catalogues: one module per product, named after it."""

from __future__ import annotations

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

__all__ = [
    "bayes_isochrone",
    "cluster_age_likelihoods",
    "isochrone_clusters",
    "isochrone_comparison",
    "isochrone_grid",
    "isochrone_labels",
    "isochrone_observables",
    "isochrone_uncertainties",
    "isochrone_validation",
    "posterior_samples",
]
