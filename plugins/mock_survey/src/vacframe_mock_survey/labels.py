"""Products with labels of stars: the survey's own, and those to train on, each with its errors and selection."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.labels import APOGEE_LABELS, PASTEL_LABELS, SAGA_LABELS
from vacframe.schemas.lamost import LAMOST_STARS
from vacframe_mock_survey.registry import plugin
from vacframe_mock_survey.schema import MOCK_REFERENCE_LABELS


@plugin.product(
    "lamost_stars",
    table=LAMOST_STARS,
    needs=[vf.same("mock_observations", ["obsid", "snr_g", "teff", "logg", "feh", "rv"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=("missing_label_fraction",)),
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
def reference_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock high-resolution labels of a random part of the stars above a signal-to-noise limit."""
    from vacframe_mock_survey.measurements import high_resolution_labels

    table, chosen = high_resolution_labels(inputs["mock_observations"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(chosen.sum()), "unlabelled": int((~chosen).sum())})


def _labels(made: tuple[dict[str, Any], Any]) -> vf.Result:
    table, rows = made
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})


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
def apogee_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock APOGEE labels of a part of the stars that are bright in H."""
    from vacframe_mock_survey.spectroscopic import apogee

    return _labels(apogee(inputs["mock_truth"], context.config, context.rng))


@plugin.product(
    "pastel_labels",
    table=PASTEL_LABELS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "teff", "logg", "feh", "mag_v_apass"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("pastel_fraction",)),
)
def pastel_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock labels from the literature, as PASTEL compiles them: bright stars, metal-poor ones preferred."""
    from vacframe_mock_survey.spectroscopic import pastel

    return _labels(pastel(inputs["mock_truth"], context.config, context.rng))


@plugin.product(
    "saga_labels",
    table=SAGA_LABELS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "teff", "logg", "feh", "c_fe", "is_giant", "mag_v_apass"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(config_fields=("saga_fraction",)),
)
def saga_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock labels of metal-poor stars, as SAGA compiles them, with carbon."""
    from vacframe_mock_survey.spectroscopic import saga

    return _labels(saga(inputs["mock_truth"], context.config, context.rng))
