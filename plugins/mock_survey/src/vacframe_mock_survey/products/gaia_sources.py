"""Product `gaia_sources`: Gaia-like astrometry and photometry."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe_mock_survey.registry import plugin

TRUTH = (
    "source_id", "ra", "dec", "parallax", "pmra", "pmdec", "rv", "teff", "mass", "mass_ratio", "period", "rv_amplitude",
    "binary_brightening", "astrometric_params_solved", "zero_point", "mag_g", "mag_bp", "mag_rp",
)  # fmt: skip
"""Columns that are read of `mock_truth`."""


@plugin.product(
    "gaia_sources",
    table=GAIA_SOURCES,
    needs=[vf.same("mock_truth", TRUTH)],
    row_wise=True,
    resources=vf.Resources(row_bytes=2000),
    method=vf.Method(config_fields=("ruwe_outlier_fraction", "blend_fraction")),
)
def gaia_sources(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Mock Gaia sources: astrometry with errors by magnitude, five and six parameters, outliers, missing values."""
    from vacframe_mock_survey.method.gaia.astrometry import observe_gaia

    return observe_gaia(inputs["mock_truth"], context.config, context.rng)
