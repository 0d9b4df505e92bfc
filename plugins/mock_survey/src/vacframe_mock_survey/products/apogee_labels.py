"""Product `apogee_labels`: labels as APOGEE's pipeline gives them."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import APOGEE_LABELS
from vacframe_mock_survey.registry import plugin

TRUTH = ("source_id", "ra", "dec", "teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe", "rv", "mag_h")
"""Columns that are read of `mock_truth`."""


@plugin.product(
    "apogee_labels",
    table=APOGEE_LABELS,
    needs=[vf.same("mock_truth", TRUTH)],
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("apogee_fraction",)),
)
def apogee_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock APOGEE labels of a part of the stars that are bright in H."""
    from vacframe_mock_survey.method.labels.spectroscopic import apogee

    table, rows = apogee(inputs["mock_truth"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})
