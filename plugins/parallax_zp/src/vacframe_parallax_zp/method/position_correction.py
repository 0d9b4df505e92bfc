"""Parallaxes of single sources corrected by a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vacframe import Batch, Result
from vacframe.astro.galactic import galactic
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX
from vacframe_parallax_zp.method.sky_offsets import OUTSIDE, map_values

SIX_PARAMETERS, NO_PARALLAX = 3, 4
"""Values of ``spatial_flag`` beside those of `pixels`."""


def correct_by_position(inputs: Mapping[str, Batch], config: Any) -> Result:
    """Return the rows of `gaia_parallax_spatial`.

    The result is ``parallax - zero_point - offset_corr`` or ``parallax - offset_noncorr``, never a mixture: the second
    map holds what the zero point takes off already.
    """
    sources, l21 = inputs["gaia_sources"], inputs["gaia_parallax_l21"]
    sky = inputs[f"parallax_zp_map_{config.spatial.map}"]
    place = (sources["ra"], sources["dec"])
    column = CORR if config.spatial.correction == "corr" else NONCORR
    found = map_values(sky, *(galactic(*place) if config.spatial.map == "galactic" else place), column, config)
    parallax, corrected, solved = sources["parallax"], l21["parallax_corrected"], sources["astrometric_params_solved"]
    flag = np.where(solved == SIX, SIX_PARAMETERS, found.origin)
    flag[~np.isfinite(corrected) | ((solved != SIX) & (solved != FIVE))] = NO_PARALLAX
    by_map = flag < OUTSIDE
    offset, error = np.where(by_map, found.value, np.nan), np.where(by_map, found.error, np.nan)
    start = corrected if config.spatial.correction == "corr" else parallax
    value = np.where(by_map, start - 1e-3 * offset, corrected)
    known = flag != NO_PARALLAX
    table = {
        "parallax_spatial": np.where(known, value, np.nan),
        "parallax_spatial_error": np.where(
            known, np.hypot(sources["parallax_error"], np.where(by_map, 1e-3 * error, 0.0)), np.nan
        ),
        "spatial_offset": offset,
        "spatial_offset_error": error,
        "spatial_flag": flag.astype(np.int8),
        "zero_point_flag": l21["zero_point_flag"],
    }
    names = ("own pixel", "neighbouring pixels", "outside the footprint", "six parameters", "no parallax")
    return Result(table, counts={name: int((flag == k).sum()) for k, name in enumerate(names)})
