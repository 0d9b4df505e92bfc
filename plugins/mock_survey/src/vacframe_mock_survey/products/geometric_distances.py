"""Product `geometric_distances`: distances from parallaxes and a prior."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.photometry import GEOMETRIC_DISTANCES
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "geometric_distances",
    table=GEOMETRIC_DISTANCES,
    needs=[
        vf.same("gaia_sources", ["parallax", "parallax_error"]),
        vf.same("mock_truth", ["zero_point_l21"]),
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=8 * 8 * 400),
    method=vf.Method(config_fields=("distance_prior_kpc",)),
)
def geometric_distances(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Mock distances from parallaxes and a prior; null without a parallax."""
    from vacframe_mock_survey.method.gaia.distances import observe_distances

    return observe_distances(inputs["gaia_sources"], inputs["mock_truth"], context.config)
