"""Product `asteroseismic_labels`: seismic masses, ages and gravities of giants, to validate against."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import ASTEROSEISMIC_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "asteroseismic_labels",
    table=ASTEROSEISMIC_LABELS,
    needs=[
        vf.same(
            "mock_truth",
            ["source_id", "ra", "dec", "teff", "logg", "feh", "mass", "log_age", "phase", "mag_g"],
        )
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=("seismic_fraction",)),
)
def asteroseismic_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock seismic masses, ages and gravities of bright giants."""
    from vacframe_mock_survey.method.labels.seismic import asteroseismic

    table, rows = asteroseismic(inputs["mock_truth"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})
