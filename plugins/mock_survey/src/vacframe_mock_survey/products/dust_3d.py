"""Product `dust_3d`: E(B-V) of the same dust along lines of sight."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import (
    DUST_3D,
    DUST_MODULUS_FIRST,
    DUST_MODULUS_STEP,
    DUST_SAMPLES,
)
from vacframe_mock_survey.dust_columns import _DUST, _centres
from vacframe_mock_survey.registry import plugin

_BLOCK = 4096
"""Pixels at a time, to bound the memory."""


@plugin.product(
    "dust_3d",
    table=DUST_3D,
    kind="whole",
    priority=10,
    method=vf.Method(libraries=("healpy",), config_fields=(*_DUST, "dust_3d_order")),
)
def dust_3d(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """E(B-V) of the mock's dust up to 120 distances, at the centres of pixels."""
    import numpy as np

    from vacframe_mock_survey.method.galaxy.dust import Dust

    order = context.config.dust_3d_order
    pixel, ra, dec = _centres(order)
    dust = Dust(context.config, context.seed)
    modulus = DUST_MODULUS_FIRST + DUST_MODULUS_STEP * np.arange(DUST_SAMPLES)
    ebv = np.empty((len(pixel), DUST_SAMPLES), np.float32)
    for start in range(0, len(pixel), _BLOCK):
        rows = slice(start, start + _BLOCK)
        ebv[rows] = dust.sampled(ra[rows], dec[rows], 10.0 ** (0.2 * modulus - 2.0))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}
