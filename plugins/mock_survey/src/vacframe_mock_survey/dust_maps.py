"""Products `reddening_map` and `dust_3d`: the dust that the mock's stars shine through."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.models import (
    DUST_3D,
    DUST_MODULUS_FIRST,
    DUST_MODULUS_STEP,
    DUST_SAMPLES,
    REDDENING_MAP,
)
from vacframe_mock_survey.registry import plugin

_BLOCK = 4096
"""Pixels at a time, to bound the memory."""
_DUST = ("dust_density", "dust_height", "dust_clouds")


def _centres(order: int) -> tuple[Any, Any, Any]:
    """Return pixel numbers (NESTED, Galactic) and the ra and dec (degrees) of their centres."""
    import healpy
    import numpy as np

    from vacframe_mock_survey.frames import equatorial, unit_vector

    pixel = np.arange(12 << (2 * order), dtype=np.int64)
    ra, dec = equatorial(unit_vector(*healpy.pix2ang(1 << order, pixel, nest=True, lonlat=True)))
    return pixel, ra, dec


@plugin.product(
    "reddening_map",
    table=REDDENING_MAP,
    kind="whole",
    priority=10,
    method=vf.Method(libraries=("healpy",), config_fields=(*_DUST, "reddening_map_order")),
)
def reddening_map(inputs: Any, context: Any) -> dict[str, Any]:
    """E(B-V) of all the mock's dust, at the centres of pixels."""
    import numpy as np

    from vacframe_mock_survey.dust import FARTHEST, Dust

    order = context.config.reddening_map_order
    pixel, ra, dec = _centres(order)
    ebv = Dust(context.config, context.seed).reddening(ra, dec, np.full(len(pixel), FARTHEST))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}


@plugin.product(
    "dust_3d",
    table=DUST_3D,
    kind="whole",
    priority=10,
    method=vf.Method(libraries=("healpy",), config_fields=(*_DUST, "dust_3d_order")),
)
def dust_3d(inputs: Any, context: Any) -> dict[str, Any]:
    """E(B-V) of the mock's dust up to 120 distances, at the centres of pixels."""
    import numpy as np

    from vacframe_mock_survey.dust import Dust

    order = context.config.dust_3d_order
    pixel, ra, dec = _centres(order)
    dust = Dust(context.config, context.seed)
    modulus = DUST_MODULUS_FIRST + DUST_MODULUS_STEP * np.arange(DUST_SAMPLES)
    ebv = np.empty((len(pixel), DUST_SAMPLES), np.float32)
    for start in range(0, len(pixel), _BLOCK):
        rows = slice(start, start + _BLOCK)
        ebv[rows] = dust.sampled(ra[rows], dec[rows], 10.0 ** (0.2 * modulus - 2.0))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}
