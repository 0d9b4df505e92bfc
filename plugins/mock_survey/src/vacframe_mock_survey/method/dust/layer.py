"""Where the dust is: an exponential layer with clouds, integrated along the line of sight.

A formula of our own, E(B−V) on the scale of Schlegel, Finkbeiner & Davis (1998): density
``dust_density`` exp(−(R − R₀) / 4 kpc − |z| / ``dust_height``), the layer's length after Misiriotis et al. (2006, A&A
459, 113), times clouds that depend on the direction only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.frames import R_SUN, Z_SUN, galactic
from vacframe_mock_survey.method.photometry.extinction import EXTINCTION
from vacframe_mock_survey.method.sky_fields import SkyField

LENGTH = 4.0
"""Scale length of the layer, kpc."""
LARGEST, SMALLEST = 60.0, 3.0
"""Range of the clouds' sizes, degrees."""
FARTHEST = 60.0
"""Distance, kpc, beyond which there is no more dust."""
_NEAR = 0.03
"""Distance, kpc, below which steps along the line of sight are equal; beyond, they grow with distance."""
_NODES = 32


class Dust:
    """The dust of one survey.

    Parameters
    ----------
    config : MockSurveyConfig
        ``dust_density``, ``dust_height``, ``dust_clouds``.
    seed : int
        Seed of the build.
    """

    def __init__(self, config: Any, seed: int) -> None:
        self._density, self._height, self._clouds = config.dust_density, config.dust_height, config.dust_clouds
        self._field = SkyField(seed, "dust", LARGEST, SMALLEST)
        self._nodes, self._weights = np.polynomial.legendre.leggauss(_NODES)

    def clouds(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return the factor, mean about 1, of the clouds in directions in degrees, shape (n,)."""
        return np.exp(self._clouds * self._field(ra, dec) - 0.5 * self._clouds**2)

    def reddening(self, ra: np.ndarray, dec: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Return E(B−V) up to distances (kpc) in directions (degrees), shape (n,)."""
        direction = galactic(ra, dec)
        # Gauss-Legendre in u = ln(1 + s / _NEAR): fine steps near the Sun, where the layer is crossed.
        half = 0.5 * np.log1p(distance / _NEAR)
        total = np.zeros(len(half))
        for node, weight in zip(self._nodes.tolist(), self._weights.tolist(), strict=True):
            stretched = np.exp(half * (1.0 + node))
            path = _NEAR * (stretched - 1.0)
            total += weight * _NEAR * stretched * self._layer(direction, path)
        return half * total * self.clouds(ra, dec)

    def fainter(self, ra: np.ndarray, dec: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Return how much fainter than at 10 pc stars look in SDSS r, mag; arguments as for `reddening`."""
        return 5.0 * np.log10(100.0 * distance) + EXTINCTION["r_sdss"] * self.reddening(ra, dec, distance)

    def along(self, ra: np.ndarray, dec: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Return E(B−V) up to each of `distances` (kpc, ascending, shape (m,)), shape (n, m)."""
        direction = tuple(axis[:, None] for axis in galactic(ra, dec))
        edges = np.concatenate([[0.0], distances])
        middle = 0.5 * (edges[1:] + edges[:-1])
        steps = self._layer(direction, middle[None, :]) * np.diff(edges)
        return np.cumsum(steps, axis=1) * self.clouds(ra, dec)[:, None]

    def sampled(self, ra: np.ndarray, dec: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Return what `along` does, shape (n, m), from four steps between any two distances and before the first."""
        edges = np.concatenate([[0.0], distances])
        steps = np.linspace(0.25, 1.0, 4)
        fine = (edges[:-1, None] + np.diff(edges)[:, None] * steps).ravel()
        return self.along(ra, dec, fine)[:, 3::4]

    def _layer(self, direction: Any, path: np.ndarray) -> np.ndarray:
        radius = np.hypot(R_SUN - direction[0] * path, direction[1] * path)
        height = np.abs(Z_SUN + direction[2] * path)
        return self._density * np.exp((R_SUN - radius) / LENGTH - height / self._height)
