"""The catalogues: one module per product, named after it."""

from __future__ import annotations

from vacframe_parallax_zp.products import (
    gaia_parallax_l21,
    gaia_parallax_spatial,
    parallax_zp_check,
    parallax_zp_global,
    parallax_zp_map_equatorial,
    parallax_zp_map_galactic,
    parallax_zp_trends,
    zp_candidates,
    zp_giants,
    zp_giants_counts,
)

__all__ = [
    "gaia_parallax_l21",
    "gaia_parallax_spatial",
    "parallax_zp_check",
    "parallax_zp_global",
    "parallax_zp_map_equatorial",
    "parallax_zp_map_galactic",
    "parallax_zp_trends",
    "zp_candidates",
    "zp_giants",
    "zp_giants_counts",
]
