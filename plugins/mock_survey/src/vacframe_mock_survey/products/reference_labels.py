"""Product `reference_labels`: labels with small errors of a part of the visits, to train on."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.labels import APOGEE_LABELS, REFERENCE_LABELS
from vacframe_mock_survey.registry import plugin

REFERENCE = ("teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe")
"""Labels of the mock's `reference_labels`, each with its error."""

MOCK_REFERENCE_LABELS = REFERENCE_LABELS.with_columns(
    tuple(APOGEE_LABELS[name] for label in REFERENCE for name in (label, f"{label}_error"))
)


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
    from vacframe_mock_survey.method.labels.reference import high_resolution_labels

    table, chosen = high_resolution_labels(inputs["mock_observations"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(chosen.sum()), "unlabelled": int((~chosen).sum())})
