"""E(B-V) of a HEALPix map in given directions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


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
    ValueError
        If the rows are of several orders.
    """
    import healpy

    orders = np.unique(pixels["healpix_order"])
    found = np.full(len(longitude), np.nan)
    if not len(orders):
        return found
    if len(orders) > 1:
        raise ValueError(f"reddening_map: pixels of one HEALPix order are expected, found {list(map(int, orders))}")
    known = np.isfinite(longitude) & np.isfinite(latitude)
    wanted = healpy.ang2pix(1 << int(orders[0]), longitude[known], latitude[known], nest=True, lonlat=True)
    order = np.argsort(pixels["healpix"])
    numbers = pixels["healpix"][order]
    rows = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    found[known] = np.where(numbers[rows] == wanted, pixels["ebv"][order][rows], np.nan)
    return found
