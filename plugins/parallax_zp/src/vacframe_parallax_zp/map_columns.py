"""Columns, grid and input of the maps of offsets (Table 1 of Wang, Yuan & Huang 2021)."""

from __future__ import annotations

import vacframe as vf
from vacframe_parallax_zp.columns import CORR, NONCORR, offset_columns
from vacframe_parallax_zp.config import ParallaxZpConfig

_CENTRE = (
    vf.column("ra", "float64", "Right ascension of the pixel's centre", unit="deg", ucd="pos.eq.ra", nullable=False),
    vf.column("dec", "float64", "Declination of the pixel's centre", unit="deg", ucd="pos.eq.dec", nullable=False),
    vf.column("gl", "float64", "Galactic longitude of it", unit="deg", ucd="pos.galactic.lon", nullable=False),
    vf.column("gb", "float64", "Galactic latitude of it", unit="deg", ucd="pos.galactic.lat", nullable=False),
)
MAP_NEED = vf.all_rows(
    "zp_giants",
    ["source_id", "snr", "ra", "dec", "gl", "gb", CORR, NONCORR],
    where="astrometric_params_solved == 31",
)
"""Only five-parameter solutions enter the maps (section 3)."""


def map_schema(frame: str, config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the map of HEALPix pixels in one frame."""
    return vf.TableSchema(
        description=f"Offsets of Gaia parallaxes (five-parameter solutions) in HEALPix pixels, {frame} coordinates",
        key="hindex",
        columns=(
            vf.column("hindex", "int64", "HEALPix pixel", ucd="pos.healpix", nullable=False, minimum=0),
            *_CENTRE,
            *offset_columns(config.distances, nullable=False),
        ),
    )
