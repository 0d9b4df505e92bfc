"""A simple Galaxy: populations, their chemistry, kinematics and dust.

Own tables and formulas, so that nothing is shared with the code that infers from the mock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

R_SUN = 8.122
"""Distance of the Sun from the Galactic centre, kpc (GRAVITY Collaboration 2018, A&A 615, L15)."""
SUN_UVW = (12.9, 245.6, 7.78)
"""Velocity of the Sun toward the centre, along rotation and north, km/s (Drimmel & Poggio 2018, RNAAS 2, 210)."""
KMS_PER_KPC_MASYR = 4.740470463533349
"""km/s of 1 mas/yr at 1 kpc: one astronomical unit per Julian year."""
GALACTIC_FROM_ICRS = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [+0.4941094278755837, -0.4448296299600112, +0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, +0.4559837761750669],
    ]
)
"""Rotation from ICRS to Galactic axes (Hipparcos catalogue, ESA SP-1200, vol. 1, eq. 1.5.11)."""


@dataclass(frozen=True)
class Population:
    """One population: chemistry, ages, shape and motion.

    Scale lengths and heights follow Bland-Hawthorn & Gerhard (2016, ARA&A 54, 529), dispersions
    Bensby, Feltzing & Oey (2014, A&A 562, A71, table A.1), the disc's alpha sequences Hayden et al. (2015, ApJ 808,
    132), all in round numbers.
    """

    name: str
    mh: tuple[float, float]
    """Mean and dispersion of [M/H], dex."""
    age: tuple[float, float]
    """Youngest and oldest, Gyr; uniform."""
    alpha: tuple[float, float, float, float]
    """[alpha/M] at [M/H] = 0, its slope with [M/H], its upper limit, and the scatter about it, dex."""
    length: float
    """Radial scale length, kpc; 0 for the power-law halo."""
    height: float
    """Scale height, kpc."""
    sigma: tuple[float, float, float]
    """Velocity dispersions toward the centre, along rotation, north; km/s."""
    rotation: float
    """Mean rotation, km/s."""


POPULATIONS = (
    Population("thin", (-0.05, 0.20), (0.6, 9.0), (0.03, -0.14, 0.14, 0.025), 2.6, 0.3, (35.0, 20.0, 16.0), 225.0),
    Population("thick", (-0.50, 0.27), (8.0, 12.0), (0.10, -0.28, 0.28, 0.030), 2.0, 0.9, (67.0, 38.0, 35.0), 185.0),
    Population("halo", (-1.40, 0.45), (10.0, 13.0), (0.12, -0.13, 0.34, 0.050), 0.0, 0.0, (150.0, 90.0, 90.0), 10.0),
)


def truncated_normal(u: np.ndarray, mean: np.ndarray, sigma: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return normal numbers within [low, high] from uniform ones `u`, all of shape (n,)."""
    first, last = ndtr((low - mean) / sigma), ndtr((high - mean) / sigma)
    return np.clip(mean + sigma * ndtri(first + u * (last - first)), low, high)


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the Galactic unit vectors of ICRS positions (degrees): toward centre, rotation, north; shape (n,) each."""
    a, d = np.radians(ra), np.radians(dec)
    v = (np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d))
    x, y, z = (row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in GALACTIC_FROM_ICRS)
    return x, y, z


def density(length: np.ndarray, height: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the star density relative to that at the Sun.

    Parameters
    ----------
    length, height : ndarray
        Scale length and height, kpc; length 0 stands for a halo falling as radius ** -3.39.
    x, y, z : ndarray
        Heliocentric Galactic coordinates, kpc; broadcast against `length`.
    """
    radius = np.sqrt((R_SUN - x) ** 2 + y**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        disc = np.exp(-(radius - R_SUN) / length - np.abs(z) / height)
    halo = ((radius**2 + z**2 + 1.0) / (R_SUN**2 + 1.0)) ** (-3.39 / 2)
    return np.where(length > 0, disc, halo)


def reddening(distance: np.ndarray, sin_b: np.ndarray, per_kpc: float, height: float) -> np.ndarray:
    """Return E(B-V) to a distance (kpc) through an exponential dust layer in the plane."""
    path = np.maximum(np.abs(sin_b), 1e-3) / height
    return per_kpc * -np.expm1(-distance * path) / path


def observed_motion(
    ra: np.ndarray, dec: np.ndarray, distance: np.ndarray, velocity: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return radial velocity (km/s) and proper motions (mas/yr, the first times cos dec).

    Parameters
    ----------
    ra, dec : ndarray, shape (n,)
        Position, degrees.
    distance : ndarray, shape (n,)
        Distance, kpc.
    velocity : three ndarrays of shape (n,)
        Velocity relative to the Sun along the Galactic axes, km/s.
    """
    m = GALACTIC_FROM_ICRS
    vx, vy, vz = (m[0, i] * velocity[0] + m[1, i] * velocity[1] + m[2, i] * velocity[2] for i in range(3))
    a, d = np.radians(ra), np.radians(dec)
    east = -np.sin(a) * vx + np.cos(a) * vy
    outward = np.cos(a) * vx + np.sin(a) * vy
    north = -np.sin(d) * outward + np.cos(d) * vz
    scale = 1.0 / (KMS_PER_KPC_MASYR * distance)
    return np.cos(d) * outward + np.sin(d) * vz, east * scale, north * scale
