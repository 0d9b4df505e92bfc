"""Reddening from three-dimensional maps: HEALPix pixels times distance moduli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DustCube:
    """Reddening up to a distance, in HEALPix pixels (NESTED, Galactic).

    Attributes
    ----------
    order : int
        Order of the pixels.
    pixels : ndarray of int64, shape (p,)
        Ascending; pixels that are not named have no data.
    values : ndarray, shape (p, m)
        Reddening up to each distance modulus, mag, on the map's own scale.
    first, step : float
        Distance modulus of the first sample and step, mag.
    scale : str
        What a unit of `values` is (``"sfd"``, ``"bayestar19"``, ...).
    """

    order: int
    pixels: np.ndarray
    values: np.ndarray
    first: float
    step: float
    scale: str = "sfd"

    def __post_init__(self) -> None:
        if np.ndim(self.values) != 2 or len(self.values) != len(self.pixels) or np.shape(self.values)[1] < 2:
            shape = np.shape(self.values)
            raise ValueError(f"dust cube: values of shape {shape} for {len(self.pixels)} pixels; expected (p, m >= 2)")
        if np.any(np.diff(self.pixels) <= 0):
            raise ValueError("dust cube: pixels have to ascend")

    @classmethod
    def whole_sky(cls, values: np.ndarray, first: float, step: float, scale: str = "sfd") -> DustCube:
        """Return the cube of an array of shape (12 · 4^order, m) that holds every pixel in NESTED order."""
        count = len(values)
        order = round(np.log2(count / 12) / 2) if count else -1
        if order < 0 or 12 * 4**order != count:
            raise ValueError(f"dust cube: {count} rows are no whole sky of HEALPix pixels (12, 48, 192, ...)")
        return cls(order, np.arange(count), values, first, step, scale)

    def reddening(
        self,
        lon: np.ndarray,
        lat: np.ndarray,
        distance_kpc: np.ndarray,
        *,
        smooth: bool = False,
    ) -> np.ndarray:
        """Return the reddening in front of each distance, mag.

        Parameters
        ----------
        lon, lat : ndarray, shape (n,)
            Galactic longitude and latitude, degrees.
        distance_kpc : ndarray, shape (m,) or (n, m)
            kpc: a grid that all directions share, or distances of each.
        smooth : bool
            Interpolate linearly between the four nearest pixels, not only in distance.

        Returns
        -------
        ndarray of float64, shape (n, m)
            Linear in distance modulus between samples, proportional to distance before the first one and constant
            after the last; NaN where the map has no data.
        """
        place, scale = self._places(np.asarray(distance_kpc, dtype=np.float64))
        low = np.minimum(place.astype(np.int64), self.values.shape[1] - 2)
        part = place - low
        total: np.ndarray | float = 0.0
        for rows, found, weight in self._rows(np.atleast_1d(lon), np.atleast_1d(lat), smooth):
            below = self.values[rows[:, None], low].astype(np.float64)
            above = self.values[rows[:, None], low + 1].astype(np.float64)
            value = (below + (above - below) * part) * scale
            total = total + np.where(found[:, None], value, np.nan) * weight[:, None]
        return np.asarray(total)

    def _places(self, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the fractional sample of each distance, and the factor before the first sample; (1 or n, m)."""
        distance = np.atleast_2d(distance)
        with np.errstate(divide="ignore"):
            modulus = 5.0 * np.log10(distance) + 10.0
        place = np.clip((modulus - self.first) / self.step, 0.0, self.values.shape[1] - 1.0)
        nearest = 10.0 ** (0.2 * self.first - 2.0)
        return np.nan_to_num(place), np.where(np.isnan(distance), np.nan, np.minimum(distance / nearest, 1.0))

    def _rows(
        self,
        lon: np.ndarray,
        lat: np.ndarray,
        smooth: bool,
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return, for each pixel that counts, its rows in `values`, whether there is one, and its weight."""
        import healpy

        nside = 2**self.order
        if smooth:
            pixels, weights = healpy.get_interp_weights(nside, lon, lat, nest=True, lonlat=True)
        else:
            pixels = healpy.ang2pix(nside, lon, lat, nest=True, lonlat=True)[None]
            weights = np.ones(pixels.shape)
        rows = np.minimum(np.searchsorted(self.pixels, pixels), len(self.pixels) - 1)
        return list(zip(rows, self.pixels[rows] == pixels, weights, strict=True))
