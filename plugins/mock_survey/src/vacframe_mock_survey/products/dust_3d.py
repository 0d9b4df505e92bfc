"""Product `dust_3d`: the dust that the mock's stars shine through, by distance."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import DUST_3D
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "dust_3d",
    table=DUST_3D,
    kind="whole",
    priority=10,
    method=vf.Method(
        libraries=("healpy",), config_fields=("dust_density", "dust_height", "dust_clouds", "dust_3d_order")
    ),
)
def dust_3d(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """E(B-V) of the mock's dust up to 120 distances, at the centres of pixels."""
    from vacframe_mock_survey.method.dust.layer import Dust
    from vacframe_mock_survey.method.dust.maps import map_by_distance

    return map_by_distance(Dust(context.config, context.seed), context.config.dust_3d_order)
