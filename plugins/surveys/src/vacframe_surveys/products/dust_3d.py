"""Product `dust_3d`: E(B-V) along lines of sight."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.models import DUST_3D, REDDENING_MAP
from vacframe_surveys.dust_columns import _FILE_FIELDS, _SCALE, FORMATS
from vacframe_surveys.registry import plugin

CUBE_TABLE = DUST_3D.with_columns([_SCALE])


@plugin.product(
    "dust_3d",
    table=CUBE_TABLE,
    kind="source",
    needs=[vf.all_rows("reddening_map", [REDDENING_MAP[n] for n in REDDENING_MAP.names], optional=True)],
    citation="Sharma et al. 2011, ApJ 730, 3 (the analytic disc), or whoever made the files that are read",
    method=vf.Method(libraries=("healpy",), config_fields=("dust_3d_order", "dust_disc", *_FILE_FIELDS)),
    files=vf.Files(formats=FORMATS, shards=1),
)
def dust_3d(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """E(B-V) along lines of sight: a user's three-dimensional map, else Sharma's disc scaled to the reddening map."""
    from vacframe_surveys.readers.dust_rows import disc_cube, read_cube

    if any(file.path is not None for file in inputs.files):
        return read_cube(inputs.files, context.config)
    return disc_cube(inputs["reddening_map"], context.config, shards=len(inputs.files))
