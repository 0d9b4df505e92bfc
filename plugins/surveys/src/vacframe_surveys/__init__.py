"""Source products from real survey files: LAMOST spectra, catalogues as tables, isochrones."""

from vacframe_surveys import isochrones, spectra, tables
from vacframe_surveys.registry import plugin

__all__ = ["isochrones", "plugin", "spectra", "tables"]
