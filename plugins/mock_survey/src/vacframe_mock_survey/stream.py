"""A stream of giants like that of the Sagittarius dwarf galaxy, along its orbit before and after now."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from vacframe_mock_survey.bands import EXTINCTION
from vacframe_mock_survey.dust import Dust
from vacframe_mock_survey.frames import (
    R_SUN,
    Vector,
    equatorial,
    galactic,
    galactocentric,
    heliocentric,
    space_velocity,
)
from vacframe_mock_survey.models import Points
from vacframe_mock_survey.potential import KMS_PER_KPC_GYR, V_SUN_CIRCULAR, potential
from vacframe_mock_survey.tracks import Tracks

PROGENITOR = (283.764, -30.480, 27.0, 142.0, -2.692, -1.359)
"""ra, dec (deg), distance (kpc), rv (km/s), pmra, pmdec (mas/yr): Vasiliev & Belokurov (2020, MNRAS 497, 4162)."""
GYR = 1.3
"""The stream reaches where the progenitor was, and will be, within this time."""
CORE_GYR = 0.03
"""The progenitor itself is left out: stars within this time of it."""
SPREAD_KPC, SPREAD_KMS = 1.0, 10.0
"""Spread of the stars about the orbit, along each axis."""
MH, AGE, ALPHA = (-0.60, 0.25), (5.0, 9.0), (0.02, -0.08, 0.25, 0.04)
"""Mean and dispersion of [M/H]; youngest and oldest, Gyr; alpha sequence: Hayes et al. (2020, ApJ 889, 63), rounded."""
_NODES = 600


@lru_cache(maxsize=1)
def orbit() -> tuple[np.ndarray, np.ndarray]:
    """Return positions (kpc) and velocities (km/s) along the progenitor's orbit, Galactocentric, shape (n, 3) each.

    Integrated by galpy in the potential of the disc's and halo's stars.
    """
    from galpy.orbit import Orbit

    ra, dec, distance, rv, pmra, pmdec = (np.array([v]) for v in PROGENITOR)
    x, y, z = (v[0] for v in galactocentric(tuple(a * distance for a in galactic(ra, dec))))
    vx, vy, vz = (v[0] for v in space_velocity(ra, dec, distance, rv, pmra, pmdec))
    radius = np.hypot(x, y)
    # galpy's axes are left-handed in the azimuth of ours: rotation is positive there.
    start = [radius, (x * vx + y * vy) / radius, -(x * vy - y * vx) / radius, z, vz, np.arctan2(-y, x)]
    scales = [R_SUN, V_SUN_CIRCULAR, V_SUN_CIRCULAR, R_SUN, V_SUN_CIRCULAR, 1.0]
    gyr = np.linspace(CORE_GYR, GYR, _NODES // 2)
    unit = R_SUN / V_SUN_CIRCULAR * KMS_PER_KPC_GYR
    parts = []
    for sign in (-1.0, 1.0):
        path = Orbit([s / k for s, k in zip(start, scales, strict=True)])
        times = np.concatenate([[0.0], sign * gyr]) / unit
        path.integrate(times, potential(), method="dop853", progressbar=False)
        t = times[1:]
        big, phi = path.R(t) * R_SUN, path.phi(t)
        v_r, v_t, v_z = (f(t) * V_SUN_CIRCULAR for f in (path.vR, path.vT, path.vz))
        cos, sin = np.cos(phi), -np.sin(phi)
        place = np.stack([big * cos, big * sin, path.z(t) * R_SUN], axis=1)
        parts.append((place, np.stack([v_r * cos + v_t * sin, v_r * sin - v_t * cos, v_z], axis=1)))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


class Stream:
    """The part of the stream that a survey sees.

    Parameters
    ----------
    tracks, points
        The stellar models and those that the survey takes.
    config : MockSurveyConfig
        Footprint and magnitudes.
    dust : Dust

    Attributes
    ----------
    visible : bool
        Whether any star of it lies in the footprint and within the magnitudes.
    """

    def __init__(self, tracks: Tracks, points: Points, config: Any, dust: Dust) -> None:
        self.config, self._points = config, points
        place, self.velocity = orbit()
        self.position = place
        helio = heliocentric((place[:, 0], place[:, 1], place[:, 2]))
        distance = np.sqrt(helio[0] ** 2 + helio[1] ** 2 + helio[2] ** 2)
        ra, dec = equatorial(helio)
        self.fainter = 5.0 * np.log10(100.0 * distance) + EXTINCTION["r_sdss"] * dust.reddening(ra, dec, distance)
        middle = tracks.nearest(np.array([MH[0]]), np.array([np.log10(np.mean(AGE)) + 9.0]))
        weight = points.m_giants_first(middle)[0]
        seen = points.bright[middle][0] + self.fainter[:, None]
        number = (weight * ((seen > config.r_min) & (seen < config.r_max))).sum(axis=1)
        number = number * ((dec > config.dec_min) & (dec < config.dec_max))
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
        seen = self._points.bright[isochrone] + self.fainter[node][:, None]
        inside = np.where((seen > self.config.r_min) & (seen < self.config.r_max), weight, 0.0)
        brightest = np.where(weight > 0, seen, np.inf).min(axis=1, keepdims=True)
        return np.where(inside.sum(axis=1, keepdims=True) > 0, inside, weight * (seen <= brightest + 0.3))

    def place(self, node: np.ndarray, rng: Any) -> tuple[Vector, Vector]:
        """Return Galactocentric positions (kpc) and velocities (km/s) of stars at nodes, about the orbit.

        Those whose place about it would lie outside the footprint are put on it.
        """
        a, b = rng.normal(3), rng.normal(3)
        moved = self.position[node] + SPREAD_KPC * a
        dec = equatorial(heliocentric((moved[:, 0], moved[:, 1], moved[:, 2])))[1]
        outside = (dec < self.config.dec_min) | (dec > self.config.dec_max)
        moved[outside] = self.position[node[outside]]
        position = (moved[:, 0], moved[:, 1], moved[:, 2])
        velocity = tuple(self.velocity[node, k] + SPREAD_KMS * b[:, k] for k in range(3))
        return position, velocity  # type: ignore[return-value]
