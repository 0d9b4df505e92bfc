"""Product `lamost_stars`: the survey's own labels, with errors that grow with noise."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.lamost import LAMOST_STARS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "lamost_stars",
    table=LAMOST_STARS,
    needs=[vf.same("mock_observations", ["obsid", "snr_g", "teff", "logg", "feh", "rv"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=("missing_label_fraction",)),
)
def lamost_stars(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Mock survey parameters: labels with errors that grow with noise, missing for a few stars."""
    from vacframe_mock_survey.method.labels.pipeline import survey_labels

    return survey_labels(inputs["mock_observations"], context.config, context.rng)
