"""A stream of giants like that of the Sagittarius dwarf galaxy, along its orbit before and after now.

The orbit is in ``data/potential.npz``; see ``tools/make_potential.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.frames import Vector, equatorial, heliocentric
from vacframe_mock_survey.method.galaxy.places import in_footprint
from vacframe_mock_survey.method.galaxy.potential import tables
from vacframe_mock_survey.method.stars.models import Points
from vacframe_mock_survey.method.stars.tracks import Tracks

SPREAD_KPC, SPREAD_KMS = 1.0, 10.0
"""Spread of the stars about the orbit, along each axis."""
MH, AGE, ALPHA = (-0.60, 0.25), (5.0, 9.0), (0.02, -0.08, 0.25, 0.04)
"""Mean and dispersion of [M/H]; youngest and oldest, Gyr; alpha sequence: Hayes et al. (2020, ApJ 889, 63), rounded."""


class Stream:
    """The part of the stream that a survey sees; parameters as for `Clusters`.

    Attributes
    ----------
    visible : bool
        Whether any star of it lies in the footprint and within the magnitudes.
    """

    def __init__(self, tracks: Tracks, points: Points, config: Any, dust: Dust) -> None:
        self.config, self._points = config, points
        path = tables()["orbit"]
        place, self.velocity = path[:, :3], path[:, 3:]
        self.position = place
        helio = heliocentric((place[:, 0], place[:, 1], place[:, 2]))
        distance = np.sqrt(helio[0] ** 2 + helio[1] ** 2 + helio[2] ** 2)
        ra, dec = equatorial(helio)
        self.fainter = dust.fainter(ra, dec, distance)
        middle = tracks.nearest(np.array([MH[0]]), np.array([np.log10(np.mean(AGE)) + 9.0]))
        weight = points.m_giants_first(middle)[0]
        number = (weight * points.seen(middle, self.fainter)).sum(axis=1) * in_footprint(dec, config)
        self.visible = bool(number.sum() > 0)
        self._summed = np.cumsum(number) / max(number.sum(), 1e-300)

    def nodes(self, rng: Any) -> np.ndarray:
        """Return the orbit's node near each star."""
        return np.minimum(np.searchsorted(self._summed, rng.uniform(), side="right"), len(self._summed) - 1)

    def weights(self, node: np.ndarray, isochrone: np.ndarray) -> np.ndarray:
        """Return the weights of the evolutionary points of stars at nodes: M giants within the magnitudes.

        Where the isochrone of a star has none bright enough, its brightest giants count.
        """
        weight = self._points.m_giants_first(isochrone)
        inside = np.where(self._points.seen(isochrone, self.fainter[node]), weight, 0.0)
        bright = np.where(weight > 0, self._points.bright[isochrone], np.inf)
        brightest = bright <= bright.min(axis=1, keepdims=True) + 0.3
        return np.where(inside.sum(axis=1, keepdims=True) > 0, inside, weight * brightest)

    def place(self, node: np.ndarray, rng: Any) -> tuple[Vector, Vector]:
        """Return Galactocentric positions (kpc) and velocities (km/s) of stars at nodes, about the orbit.

        Those whose place about it would lie outside the footprint are put on it.
        """
        a, b = rng.normal(3), rng.normal(3)
        moved = self.position[node] + SPREAD_KPC * a
        dec = equatorial(heliocentric((moved[:, 0], moved[:, 1], moved[:, 2])))[1]
        outside = ~in_footprint(dec, self.config)
        moved[outside] = self.position[node[outside]]
        position = (moved[:, 0], moved[:, 1], moved[:, 2])
        velocity = tuple(self.velocity[node, k] + SPREAD_KMS * b[:, k] for k in range(3))
        return position, velocity
