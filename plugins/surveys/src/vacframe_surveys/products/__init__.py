"""The catalogues: one module per product, named after it."""

from __future__ import annotations

from vacframe_surveys.products import (
    crossmatch,
    dust_3d,
    gaia_xp_spectra,
    isochrones,
    lamost_spectra,
    reddening_map,
    tables,
)

__all__ = [
    "crossmatch",
    "dust_3d",
    "gaia_xp_spectra",
    "isochrones",
    "lamost_spectra",
    "reddening_map",
    "tables",
]
