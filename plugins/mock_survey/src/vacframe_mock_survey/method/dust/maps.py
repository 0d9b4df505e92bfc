"""Maps of the dust at the centres of HEALPix pixels: up to the last of it, and up to each of many distances."""

from __future__ import annotations

import healpy
import numpy as np

from vacframe.schemas.models import DUST_MODULUS_FIRST, DUST_MODULUS_STEP, DUST_SAMPLES
from vacframe_mock_survey.method.dust.layer import FARTHEST, Dust
from vacframe_mock_survey.method.frames import equatorial, unit_vector

_BLOCK = 4096
"""Pixels at a time, to bound the memory."""


def total_map(dust: Dust, order: int) -> dict[str, np.ndarray]:
    """Return the columns of `reddening_map`: E(B−V) of all the dust, of each pixel of a HEALPix order."""
    pixel, ra, dec = _centres(order)
    ebv = dust.reddening(ra, dec, np.full(len(pixel), FARTHEST))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}


def map_by_distance(dust: Dust, order: int) -> dict[str, np.ndarray]:
    """Return the columns of `dust_3d`: E(B−V) up to `DUST_SAMPLES` distances, of each pixel of a HEALPix order."""
    pixel, ra, dec = _centres(order)
    modulus = DUST_MODULUS_FIRST + DUST_MODULUS_STEP * np.arange(DUST_SAMPLES)
    ebv = np.empty((len(pixel), DUST_SAMPLES), np.float32)
    for start in range(0, len(pixel), _BLOCK):
        rows = slice(start, start + _BLOCK)
        ebv[rows] = dust.sampled(ra[rows], dec[rows], 10.0 ** (0.2 * modulus - 2.0))
    return {"healpix": pixel, "healpix_order": np.full(len(pixel), order), "ebv": ebv}


def _centres(order: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pixel numbers (NESTED, Galactic) and the ra and dec (degrees) of their centres."""
    pixel = np.arange(12 << (2 * order), dtype=np.int64)
    ra, dec = equatorial(unit_vector(*healpy.pix2ang(1 << order, pixel, nest=True, lonlat=True)))
    return pixel, ra, dec
