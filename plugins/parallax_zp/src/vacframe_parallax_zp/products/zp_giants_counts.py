"""The product `zp_giants_counts`: where stars of the sample were lost."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.registry import plugin

COUNTS = vf.TableSchema(
    description="Stars left after each cut, one cut after the other; their spectra, where the rows of zp_giants are "
    "spectra, up to the last step",
    columns=(
        vf.column("step", "int16", "Number of the step", ucd="meta.number", nullable=False),
        vf.column("cut", "string", "Name of the cut", ucd="meta.id", nullable=False),
        vf.column("condition", "string", "What a star has to fulfil", ucd="meta.note", nullable=False),
        vf.column("n_five", "int64", "Left with a five-parameter solution", ucd="meta.number", nullable=False),
        vf.column("n_six", "int64", "Left with a six-parameter solution", ucd="meta.number", nullable=False),
    ),
)


@plugin.product(
    "zp_giants_counts",
    kind="whole",
    table=COUNTS,
    needs=[vf.all_rows("zp_candidates", ["source_id", "snr", "astrometric_params_solved", "cuts_failed"])],
    method=vf.Method(libraries=("numpy",), config_fields=("distances", "cuts")),
)
def zp_giants_counts(inputs: vf.Inputs, context: vf.Context) -> dict[str, list[Any]]:
    """Stars left after each cut, five- and six-parameter solutions apart."""
    from vacframe_parallax_zp.method.giant_selection import count_cuts

    return count_cuts(inputs["zp_candidates"], context.config)
