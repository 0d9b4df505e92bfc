"""The Galaxy's populations: how many, of what age and chemistry, where and how they move.

Own tables and formulas, so that nothing is shared with the code that infers from the mock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from vacframe_mock_survey.method.frames import R_SUN, Z_SUN, Vector


@dataclass(frozen=True)
class Population:
    """One population of the field: chemistry, ages, shape and motion.

    Scale lengths and heights follow Bland-Hawthorn & Gerhard (2016, ARA&A 54, 529), the discs' alpha sequences Hayden
    et al. (2015, ApJ 808, 132), the thin disc's gradient Anders et al. (2017, A&A 600, A70), all in round numbers.
    """

    name: str
    mh: tuple[float, float]
    """Mean, at the Sun's radius, and dispersion of [M/H], dex."""
    gradient: float
    """Change of the mean [M/H] with radius, dex/kpc."""
    age: tuple[float, float]
    """Youngest and oldest, Gyr; uniform."""
    alpha: tuple[float, float, float, float]
    """[alpha/M] at [M/H] = 0, its slope with [M/H], its upper limit, and the scatter about it, dex."""
    length: float
    """Radial scale length, kpc; 0 for a halo."""
    height: tuple[float, float]
    """Scale height, kpc, of the youngest and of the oldest."""
    ratio: float
    """Radial over vertical velocity dispersion of a disc at the Sun's radius."""
    slope: float = 0.0
    """A halo's density falls as (r² + `core`²) ** (−slope / 2)."""
    core: float = 1.0
    """A halo's core radius, kpc."""
    flattening: float = 1.0
    """Axis ratio of a halo."""
    beta: float = 0.0
    """A halo's anisotropy of velocities, 1 − σ_t² / σ_r²."""
    lobes: float = 0.0
    """Part of a halo's radial dispersion that is streams in and out at one speed, 0 to 1; the rest is Gaussian."""


POPULATIONS = (
    Population(
        "thin", (-0.05, 0.18), -0.06, (0.6, 9.0), (0.03, -0.14, 0.14, 0.025), 2.6, (0.15, 0.35), 1.9
    ),
    Population("thick", (-0.50, 0.27), 0.0, (8.0, 12.0), (0.10, -0.28, 0.28, 0.030), 2.0, (0.8, 1.0), 1.5),
    # Born in the Galaxy or heated; slope of Wang et al. (2023), anisotropy of Belokurov et al. (2018) without GSE.
    Population(
        "halo", (-1.50, 0.50), 0.0, (10.0, 13.0), (0.16, -0.13, 0.32, 0.050), 0.0, (0.0, 0.0), 0.0,
        slope=3.39, flattening=0.7, beta=0.3,
    ),
    # Gaia-Sausage-Enceladus: [Fe/H] and radial orbits of Belokurov et al. (2018, MNRAS 478, 611), alpha sequence of
    # Mackereth et al. (2019, MNRAS 482, 3426), ages of Gallart et al. (2019, Nature Astronomy 3, 932), radial
    # velocities in two lobes as debris of one apocentre has (Lancaster et al. 2019, MNRAS 486, 378), in round numbers.
    Population(
        "gse", (-1.12, 0.28), 0.0, (10.2, 12.8), (-0.02, -0.18, 0.30, 0.040), 0.0, (0.0, 0.0), 0.0,
        slope=3.0, flattening=0.8, beta=0.9, lobes=0.85,
    ),
)  # fmt: skip
THIN, THICK, HALO, GSE = range(4)


def truncated_normal(u: np.ndarray, mean: np.ndarray, sigma: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return normal numbers within [low, high] from uniform ones `u`, all of shape (n,)."""
    first, last = ndtr((low - mean) / sigma), ndtr((high - mean) / sigma)
    return np.clip(mean + sigma * ndtri(first + u * (last - first)), low, high)


def scale_height(population: Population, age: np.ndarray) -> np.ndarray:
    """Return the scale height, kpc, of stars of an age in Gyr: stars born in a thin layer are heated with time."""
    youngest, oldest = population.age
    share = np.clip((age - youngest) / (oldest - youngest), 0.0, 1.0)
    return population.height[0] + np.sqrt(share) * (population.height[1] - population.height[0])


def density(population: Population, height: np.ndarray, position: Vector) -> np.ndarray:
    """Return the star density relative to that at the Sun.

    Parameters
    ----------
    population : Population
    height : ndarray
        Scale height of a disc's stars, kpc.
    position : three ndarrays
        Galactocentric coordinates, kpc; broadcast against `height`.
    """
    x, y, z = position
    if population.length > 0:
        return np.exp((R_SUN - np.hypot(x, y)) / population.length + (Z_SUN - np.abs(z)) / height)
    radius2 = x**2 + y**2 + (z / population.flattening) ** 2 + population.core**2
    return (radius2 / (R_SUN**2 + population.core**2)) ** (-0.5 * population.slope)


def metal_density(population: Population, mh: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return how much stars of metallicities `mh` favour cylindrical radii (kpc): 1 where the mean is theirs.

    The arrays are broadcast; a population without gradient is the same everywhere.
    """
    if not population.gradient:
        return np.ones(1)
    mean = population.mh[0] + population.gradient * (radius - R_SUN)
    return np.exp(-0.5 * ((mh - mean) / population.mh[1]) ** 2)
