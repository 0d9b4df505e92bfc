"""Product `reference_labels`: labels to train on."""

from __future__ import annotations

import vacframe as vf
from vacframe_mock_survey.columns import MOCK_REFERENCE_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "reference_labels",
    table=MOCK_REFERENCE_LABELS,
    needs=[
        vf.same(
            "mock_observations",
            ["obsid", "source_id", "ra", "dec", "snr_g", "teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe"],
        )
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(
        config_fields=(
            "reference_fraction",
            "reference_snr_min",
            "reference_teff_error",
            "reference_logg_error",
            "reference_mh_error",
            "reference_alpha_error",
            "reference_cn_error",
        )
    ),
)
def reference_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock high-resolution labels of a random part of the stars above a signal-to-noise limit."""
    from vacframe_mock_survey.method.measurements.errors import high_resolution_labels

    table, chosen = high_resolution_labels(inputs["mock_observations"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(chosen.sum()), "unlabelled": int((~chosen).sum())})
