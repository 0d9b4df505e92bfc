"""Product `xp_correction_tables`: the user's copy of the tables of Huang et al. (2024)."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.registry import plugin
from vacframe_xp_uacsnet.xp_pixels import SAMPLES

TABLES = vf.TableSchema(
    description="Tables of the systematic correction of Gaia XP spectra, row by row as in the package's CSV files",
    columns=(
        vf.column("table", "string", "Name of the file without .csv", ucd="meta.id", nullable=False),
        vf.column("row", "int32", "Row in the file, from 0", ucd="meta.number", nullable=False),
        vf.column("values", "float32", "The row's numbers; NaN beyond its length", length=SAMPLES, ucd="arith.factor"),
    ),
)


@plugin.product(
    "xp_correction_tables",
    table=TABLES,
    kind="source",
    citation="Huang, B. W., Yuan, H. B., Xiang, M. S., et al. 2024, ApJS 271, 13",
    method=vf.Method(config_fields=()),
    files=vf.Files(formats=("csv", "")),
)
def xp_correction_tables(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Tables of the systematic correction: the CSV files of the package GaiaDR3XPspectracorrectionV1."""
    from vacframe_xp_uacsnet.method.systematic_correction import read_tables

    return read_tables(inputs.files)
