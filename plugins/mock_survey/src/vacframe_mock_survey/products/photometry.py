"""Product `photometry`: 2MASS-, WISE-, APASS- and SDSS-like magnitudes."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.photometry import BANDS, PHOTOMETRY
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "photometry",
    table=PHOTOMETRY,
    needs=[vf.same("mock_truth", ["source_id", *(f"mag_{band}" for band in BANDS)])],
    row_wise=True,
    resources=vf.Resources(row_bytes=2000),
    method=vf.Method(config_fields=("missing_band_fraction",)),
)
def photometry(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Mock magnitudes with errors by magnitude, saturation and detection limits, and missing bands."""
    from vacframe_mock_survey.method.photometry.magnitudes import observe_bands

    return observe_bands(inputs["mock_truth"], context.config, context.rng)
