"""Product `saga_labels`: labels of metal-poor stars, as SAGA compiles them."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import SAGA_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "saga_labels",
    table=SAGA_LABELS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "teff", "logg", "feh", "c_fe", "is_giant", "mag_v_apass"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("saga_fraction",)),
)
def saga_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock labels of metal-poor stars, as SAGA compiles them, with carbon."""
    from vacframe_mock_survey.method.labels.spectroscopic import saga

    table, rows = saga(inputs["mock_truth"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})
