"""Products `reddening_map` and `dust_3d`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.core.errors import ConfigError
from vacframe.core.schemas.models import DUST_3D, REDDENING_MAP
from vacframe_surveys.registry import SurveysConfig, plugin

FORMATS = ("fits", "")
"""Formats that the readers of this plugin take; "" is what the core does not know: NumPy arrays and HDF5. Tables of
any other format, with columns healpix, healpix_order and ebv, are read by the core."""
_SCALE = vf.column(
    "scale",
    "string",
    "What a unit of ebv is: sfd and bayestar19 are the maps' own units; disc: A_V = 2.742 ebv of the analytic disc",
    ucd="meta.note",
)
_TOTAL = vf.column(
    "ebv_total", "float32", "Reddening E(B-V) up to the last distance modulus", unit="mag", ucd="phot.color.excess"
)
MAP_TABLE = REDDENING_MAP.with_columns([_SCALE])
CUBE_TABLE = DUST_3D.with_columns([_TOTAL, _SCALE])
_FILE_FIELDS = ("dust_scale", "dust_moduli")


@plugin.product(
    "reddening_map",
    table=MAP_TABLE,
    kind="source",
    reads=FORMATS,
    libraries=("healpy",),
    config_fields=("reddening_map_order", *_FILE_FIELDS),
    citation="Schlegel, Finkbeiner & Davis 1998, ApJ 500, 525, or whoever made the files that are read",
)
def reddening_map(inputs: Any, context: Any) -> vf.Result:
    """E(B-V) to infinity over the sky: SFD's own files, HEALPix FITS or arrays, Bayestar; Galactic, NESTED."""
    if not inputs.files:
        raise ConfigError(
            "reddening_map: no file is configured; name the map of Schlegel et al. (1998), or another\n"
            '[sources.reddening_map]\nfiles = ["SFD_dust_4096_ngp.fits", "SFD_dust_4096_sgp.fits"]\n'
            "(also HEALPix FITS, .npy of shape (12 nside^2,), Bayestar's .h5, and tables with healpix and ebv)"
        )
    from vacframe_surveys.dust_rows import read_map

    return read_map(inputs.files, context.config)


def _grid(config: SurveysConfig) -> vf.MapGrid:
    return vf.MapGrid(order=config.dust_3d_order, frame="galactic", ordering="nested", pixel="healpix")


@plugin.product(
    "dust_3d",
    table=CUBE_TABLE,
    kind="map",
    grid=_grid,
    needs=[vf.all_rows("reddening_map", [REDDENING_MAP[n] for n in REDDENING_MAP.names], optional=True)],
    reads=FORMATS,
    libraries=("healpy",),
    config_fields=("dust_3d_order", "dust_disc", *_FILE_FIELDS),
    citation="Sharma et al. 2011, ApJ 730, 3 (the analytic disc), or whoever made the files that are read",
)
def dust_3d(inputs: Any, context: Any) -> vf.Result:
    """E(B-V) along lines of sight: a user's three-dimensional map, else Sharma's disc scaled to the reddening map."""
    from vacframe_surveys.dust_rows import disc_cube, read_cube

    if inputs.files:
        return read_cube(inputs.files, context.config)
    return disc_cube(inputs["reddening_map"], context.config)
