"""Product `pastel_labels`: labels from the literature, as PASTEL compiles them."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import PASTEL_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "pastel_labels",
    table=PASTEL_LABELS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "teff", "logg", "feh", "mag_v_apass"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("pastel_fraction",)),
)
def pastel_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock labels from the literature, as PASTEL compiles them: bright stars, metal-poor ones preferred."""
    from vacframe_mock_survey.method.labels.spectroscopic import pastel

    table, rows = pastel(inputs["mock_truth"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})
