"""Products `reddening_map` and `dust_3d`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import DUST_3D, REDDENING_MAP
from vacframe_surveys.registry import plugin

FORMATS = ("fits", "")
"""Formats that the readers of this plugin take; "" is what the core does not know: NumPy arrays and HDF5. Tables of
any other format, with columns healpix, healpix_order and ebv, are read by the core."""
_SCALE = vf.column(
    "scale",
    "string",
    "What a unit of ebv is: sfd and bayestar19 are the maps' own units; disc: A_V = 2.742 ebv; av: A_V itself",
    ucd="meta.note",
)
MAP_TABLE = REDDENING_MAP.with_columns([_SCALE])
CUBE_TABLE = DUST_3D.with_columns([_SCALE])
_FILE_FIELDS = ("dust_scale", "dust_moduli")


@plugin.product(
    "reddening_map",
    table=MAP_TABLE,
    kind="source",
    citation="Schlegel, Finkbeiner & Davis 1998, ApJ 500, 525, or whoever made the files that are read",
    method=vf.Method(libraries=("healpy",), config_fields=("reddening_map_order", *_FILE_FIELDS)),
    files=vf.Files(formats=FORMATS),
)
def reddening_map(inputs: Any, context: Any) -> vf.Result:
    """E(B-V) to infinity over the sky: SFD's own files, HEALPix FITS or arrays, Bayestar; Galactic, NESTED."""
    from vacframe_surveys.dust_rows import read_map

    return read_map(inputs.files, context.config)


@plugin.product(
    "dust_3d",
    table=CUBE_TABLE,
    kind="source",
    needs=[vf.all_rows("reddening_map", [REDDENING_MAP[n] for n in REDDENING_MAP.names], optional=True)],
    citation="Sharma et al. 2011, ApJ 730, 3 (the analytic disc), or whoever made the files that are read",
    method=vf.Method(libraries=("healpy",), config_fields=("dust_3d_order", "dust_disc", *_FILE_FIELDS)),
    files=vf.Files(formats=FORMATS, shards=1),
)
def dust_3d(inputs: Any, context: Any) -> vf.Result:
    """E(B-V) along lines of sight: a user's three-dimensional map, else Sharma's disc scaled to the reddening map."""
    from vacframe_surveys.dust_rows import disc_cube, read_cube

    if any(file.path is not None for file in inputs.files):
        return read_cube(inputs.files, context.config)
    return disc_cube(inputs["reddening_map"], context.config, shards=len(inputs.files))
