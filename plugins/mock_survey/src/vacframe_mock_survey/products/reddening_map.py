"""Product `reddening_map`: the dust that the mock's stars shine through, to the last of it."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import REDDENING_MAP
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "reddening_map",
    table=REDDENING_MAP,
    kind="whole",
    priority=10,
    method=vf.Method(
        libraries=("healpy",), config_fields=("dust_density", "dust_height", "dust_clouds", "reddening_map_order")
    ),
)
def reddening_map(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """E(B-V) of all the mock's dust, at the centres of pixels."""
    from vacframe_mock_survey.method.dust.layer import Dust
    from vacframe_mock_survey.method.dust.maps import total_map

    return total_map(Dust(context.config, context.seed), context.config.reddening_map_order)
