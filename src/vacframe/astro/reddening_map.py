"""A HEALPix map in given directions, and its E(B-V)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vacframe.core.contract.errors import VacframeError


def map_rows(pixels: Mapping[str, np.ndarray], longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return the row of a HEALPix map that each direction lies in.

    Parameters
    ----------
    pixels : mapping
        Rows of the map: ``healpix`` (NESTED, Galactic) and ``healpix_order``, one for all rows.
    longitude, latitude : ndarray, shape (n,)
        Galactic, degrees.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 where the map has no such pixel, and for directions that are not finite.

    Raises
    ------
    VacframeError
        If the rows are of several orders.
    """
    import healpy

    orders, rows = np.unique(pixels["healpix_order"]), np.full(len(longitude), -1)
    if not len(orders):
        return rows
    if len(orders) > 1:
        found = ", ".join(map(str, orders.tolist()))
        raise VacframeError(f"reddening_map: pixels of one HEALPix order are expected, found {found}")
    known = np.isfinite(longitude) & np.isfinite(latitude)
    wanted = healpy.ang2pix(1 << int(orders[0]), longitude[known], latitude[known], nest=True, lonlat=True)
    numbers = pixels["healpix"]
    if len(numbers) == 12 << 2 * int(orders[0]) and np.array_equal(numbers, np.arange(len(numbers))):
        rows[known] = wanted  # a whole map in order, as the product is stored
        return rows
    order = np.argsort(numbers)
    place = order[np.minimum(np.searchsorted(numbers, wanted, sorter=order), len(numbers) - 1)]
    rows[known] = np.where(numbers[place] == wanted, place, -1)
    return rows


def reddening_at(pixels: Mapping[str, np.ndarray], longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return E(B-V) of the pixels that directions lie in.

    Parameters
    ----------
    pixels : mapping
        Rows of the product `reddening_map`: ``healpix`` (NESTED, Galactic), ``healpix_order``, one for all rows,
        and ``ebv``, mag.
    longitude, latitude : ndarray, shape (n,)
        Galactic, degrees.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where the map has no value.

    Raises
    ------
    VacframeError
        If the rows are of several orders.
    """
    rows = map_rows(pixels, longitude, latitude)
    found = np.full(len(longitude), np.nan)
    found[rows >= 0] = pixels["ebv"][rows[rows >= 0]]
    return found
