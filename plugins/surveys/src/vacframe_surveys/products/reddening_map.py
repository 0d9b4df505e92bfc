"""Product `reddening_map`: E(B-V) over the sky."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.models import REDDENING_MAP
from vacframe_surveys.dust_columns import _FILE_FIELDS, _SCALE, FORMATS
from vacframe_surveys.registry import plugin

MAP_TABLE = REDDENING_MAP.with_columns([_SCALE])


@plugin.product(
    "reddening_map",
    table=MAP_TABLE,
    kind="source",
    citation="Schlegel, Finkbeiner & Davis 1998, ApJ 500, 525, or whoever made the files that are read",
    method=vf.Method(libraries=("healpy",), config_fields=("reddening_map_order", *_FILE_FIELDS)),
    files=vf.Files(formats=FORMATS),
)
def reddening_map(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """E(B-V) to infinity over the sky: SFD's own files, HEALPix FITS or arrays, Bayestar; Galactic, NESTED."""
    from vacframe_surveys.readers.dust_rows import read_map

    return read_map(inputs.files, context.config)
