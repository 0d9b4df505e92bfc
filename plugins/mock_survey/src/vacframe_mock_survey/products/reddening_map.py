"""Product `reddening_map`: E(B-V) over the sky, of the dust that the mock's stars shine through."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import (
    REDDENING_MAP,
)
from vacframe_mock_survey.dust_columns import _DUST, _centres
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "reddening_map",
    table=REDDENING_MAP,
    kind="whole",
    priority=10,
    method=vf.Method(libraries=("healpy",), config_fields=(*_DUST, "reddening_map_order")),
)
def reddening_map(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """E(B-V) of all the mock's dust, at the centres of pixels."""
    import numpy as np

    from vacframe_mock_survey.method.galaxy.dust import FARTHEST, Dust

    order = context.config.reddening_map_order
    pixel, ra, dec = _centres(order)
    ebv = Dust(context.config, context.seed).reddening(ra, dec, np.full(len(pixel), FARTHEST))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}
