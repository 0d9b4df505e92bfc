"""Source products from real survey files: LAMOST spectra, catalogues as tables, isochrones."""

from vacframe_surveys import crossmatch, dust, gaia_xp, isochrones, spectra, tables
from vacframe_surveys.registry import plugin

__all__ = ["crossmatch", "dust", "gaia_xp", "isochrones", "plugin", "spectra", "tables"]
