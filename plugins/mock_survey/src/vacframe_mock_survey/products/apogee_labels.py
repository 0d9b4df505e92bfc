"""Product `apogee_labels`: labels like those of APOGEE."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import APOGEE_LABELS
from vacframe_mock_survey.label_columns import _labels
from vacframe_mock_survey.registry import plugin


@plugin.product("apogee_labels", table=APOGEE_LABELS, needs=[
        vf.same(
            "mock_truth",
            [
                "source_id", "ra", "dec", "teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe", "rv", "mag_h",
            ],
        )
    ], row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("apogee_fraction",)))  # fmt: skip
def apogee_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock APOGEE labels of a part of the stars that are bright in H."""
    from vacframe_mock_survey.method.measurements.spectroscopy import apogee

    return _labels(apogee(inputs["mock_truth"], context.config, context.rng))
