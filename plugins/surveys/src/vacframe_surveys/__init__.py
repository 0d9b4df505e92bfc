"""Source products from real survey files: LAMOST spectra, catalogues as tables, isochrones."""

from __future__ import annotations

from vacframe_surveys import products
from vacframe_surveys.registry import plugin

__all__ = ["plugin", "products"]
