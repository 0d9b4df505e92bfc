"""Offsets in HEALPix pixels, and their application to single sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import healpy
import numpy as np

from vacframe import Batch
from vacframe.astro.galactic import equatorial, galactic
from vacframe.astro.gaussian_fit import fit_gaussians
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.config import Maps
from vacframe_parallax_zp.method.giant_selection import one_per_star

Frame = Literal["galactic", "equatorial"]
OWN, NEIGHBOURS, OUTSIDE = 0, 1, 2
"""Where the value at a position comes from."""


def pixel_of(longitude: np.ndarray, latitude: np.ndarray, maps: Maps) -> np.ndarray:
    """Return the pixel of positions in degrees, shape (n,); -1 where a coordinate is NaN."""
    known = np.isfinite(longitude) & np.isfinite(latitude)
    pixel = np.full(len(known), -1, dtype=np.int64)
    pixel[known] = healpy.ang2pix(
        2**maps.order, longitude[known], latitude[known], nest=maps.ordering == "nested", lonlat=True
    )
    return pixel


def fit_map(giants: Batch, frame: Frame, config: Any) -> dict[str, np.ndarray]:
    """Return the columns of a map: one row for each pixel with more stars than the configuration asks for.

    Parameters
    ----------
    giants : Batch
        `zp_giants` with five-parameter solutions.
    frame : {"galactic", "equatorial"}
        In which the sky is cut into pixels.
    config : ParallaxZpConfig
        ``maps`` and ``fit``.
    """
    stars = giants.take(one_per_star(giants))
    first, second = ("gl", "gb") if frame == "galactic" else ("ra", "dec")
    pixel = pixel_of(stars[first], stars[second], config.maps)
    total = healpy.nside2npix(2**config.maps.order)
    fits = {c: fit_gaussians(stars[c], pixel, total, config.fit.clip, config.fit.iterations) for c in (CORR, NONCORR)}
    hindex = np.flatnonzero(fits[CORR].count > config.maps.more_than)
    centre = healpy.pix2ang(2**config.maps.order, hindex, nest=config.maps.ordering == "nested", lonlat=True)
    other = equatorial(*centre) if frame == "galactic" else galactic(*centre)
    (ra, dec), (gl, gb) = (other, centre) if frame == "galactic" else (centre, other)
    table = {"hindex": hindex, "ra": ra, "dec": dec, "gl": gl, "gb": gb, "n": fits[CORR].count[hindex]}
    for name, fit in fits.items():
        table |= {name: fit.mean[hindex], f"{name}_error": fit.mean_error[hindex]}
    return table


@dataclass(frozen=True)
class SkyValues:
    """Values of a map at n positions.

    Attributes
    ----------
    value, error : ndarray, shape (n,)
        µas; NaN outside the map.
    origin : ndarray of int8, shape (n,)
        0 the pixel's own, 1 interpolated from its neighbours, 2 outside the map.
    """

    value: np.ndarray
    error: np.ndarray
    origin: np.ndarray


def map_values(table: Batch, longitude: np.ndarray, latitude: np.ndarray, column: str, config: Any) -> SkyValues:
    """Return a map's values at positions, from neighbouring pixels where a pixel has none.

    A pixel without a value takes the mean of its up to eight neighbours, weighted by their inverse variance; its error
    is that of the mean or the standard error of the neighbours' scatter, whichever is larger.

    Parameters
    ----------
    table : Batch
        `parallax_zp_map_galactic` or `_equatorial`.
    longitude, latitude : ndarray, shape (n,)
        In the frame of the map, degrees.
    column : str
        ``offset_corr`` or ``offset_noncorr``.
    config : ParallaxZpConfig
        ``maps`` and ``spatial``.
    """
    maps = config.maps
    total = healpy.nside2npix(2**maps.order)
    value, error = np.full(total, np.nan), np.full(total, np.nan)
    value[table["hindex"]], error[table["hindex"]] = table[column], table[f"{column}_error"]
    origin = np.where(np.isfinite(value), OWN, OUTSIDE).astype(np.int8)
    _fill_thin_pixels(value, error, origin, maps, config.spatial.minimum_neighbours)
    pixel = pixel_of(longitude, latitude, maps)
    on_sky = pixel >= 0
    return SkyValues(
        np.where(on_sky, value[pixel], np.nan),
        np.where(on_sky, error[pixel], np.nan),
        np.where(on_sky, origin[pixel], OUTSIDE).astype(np.int8),
    )


def _fill_thin_pixels(value: np.ndarray, error: np.ndarray, origin: np.ndarray, maps: Maps, minimum: int) -> None:
    empty = np.flatnonzero(origin == OUTSIDE)
    around = healpy.get_all_neighbours(2**maps.order, empty, nest=maps.ordering == "nested").T
    near = np.where(around >= 0, value[around], np.nan)
    weight = np.where(np.isfinite(near), 1.0 / np.square(error[around]), 0.0)
    enough = (weight > 0).sum(axis=1) >= minimum
    near, weight = np.where(weight > 0, near, 0.0)[enough], weight[enough]
    norm, count = weight.sum(axis=1), (weight > 0).sum(axis=1)
    mean = (weight * near).sum(axis=1) / norm
    spread = (weight * (near - mean[:, None]) ** 2).sum(axis=1) / norm
    filled = empty[enough]
    value[filled] = mean
    error[filled] = np.sqrt(np.maximum(1.0 / norm, spread / np.maximum(count - 1, 1)))
    origin[filled] = NEIGHBOURS
