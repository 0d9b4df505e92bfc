"""Distances, extinctions, masses and ages from isochrones (Wang J. et al. 2023)."""

from __future__ import annotations

from vacframe_bayes_isochrone import papers, products
from vacframe_bayes_isochrone.registry import plugin

__all__ = ["papers", "plugin", "products"]
