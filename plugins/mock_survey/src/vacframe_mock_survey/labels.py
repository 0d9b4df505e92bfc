"""Products `lamost_stars` and `reference_labels`: labels with errors."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.core.schemas.lamost import LAMOST_STARS
from vacframe_mock_survey.registry import plugin
from vacframe_mock_survey.schema import MOCK_REFERENCE_LABELS


@plugin.product(
    "lamost_stars",
    table=LAMOST_STARS,
    needs=[vf.same("mock_observations", ["obsid", "snr_g", "teff", "logg", "feh", "rv"])],
    row_wise=True,
    row_bytes=500,
    config_fields=("missing_label_fraction",),
)
def lamost_stars(inputs: Any, context: Any) -> dict[str, Any]:
    """Mock survey parameters: labels with errors that grow with noise, missing for a few stars."""
    from vacframe_mock_survey.measurements import survey_labels

    return survey_labels(inputs["mock_observations"], context.config, context.rng)


@plugin.product(
    "reference_labels",
    table=MOCK_REFERENCE_LABELS,
    needs=[
        vf.same(
            "mock_observations", ["obsid", "source_id", "ra", "dec", "snr_g", "teff", "logg", "feh", "mh", "alpha_m"]
        )
    ],
    row_wise=True,
    row_bytes=500,
    config_fields=(
        "reference_fraction",
        "reference_snr_min",
        "reference_teff_error",
        "reference_logg_error",
        "reference_mh_error",
        "reference_alpha_error",
    ),
)
def reference_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock high-resolution labels of a random part of the stars above a signal-to-noise limit."""
    from vacframe_mock_survey.measurements import high_resolution_labels

    table, chosen = high_resolution_labels(inputs["mock_observations"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(chosen.sum()), "unlabelled": int((~chosen).sum())})
