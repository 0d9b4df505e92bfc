"""Stellar labels from LAMOST spectra by neural networks (Wang et al. 2022)."""

from __future__ import annotations

from vacframe_nn_labels import papers, products
from vacframe_nn_labels.registry import plugin

__all__ = ["papers", "plugin", "products"]
