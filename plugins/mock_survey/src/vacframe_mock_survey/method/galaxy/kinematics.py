"""Velocities of field stars, in equilibrium with the potential."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.frames import R_SUN, Vector
from vacframe_mock_survey.method.galaxy.populations import Population
from vacframe_mock_survey.method.galaxy.potential import (
    epicycle_ratio,
    escape_velocity,
    lifted_velocity,
    radial_dispersion,
    vertical_dispersion,
)

FASTEST = 0.95
"""No star moves faster than this fraction of the escape velocity."""
DISPERSION_LENGTH = 8.7
"""Length, kpc, with which the radial dispersion of discs falls outward (Lewis & Freeman 1989, AJ 97, 139)."""
COOLEST = 0.3
"""Least share of σ_z² that is left where the ellipsoid tilts most."""


def disc_velocity(population: Population, height: np.ndarray, position: Vector, rng: Any) -> Vector:
    """Return velocities of disc stars along the Galactocentric axes, km/s.

    The vertical dispersion is that which the layer's height asks for in the potential (Jeans), the radial one a fixed
    multiple of it at the Sun's radius and falls outward with `DISPERSION_LENGTH`, the azimuthal one is κ/2Ω of the
    radial. The mean rotation lags behind the circular velocity at the star's height by the asymmetric drift (Binney &
    Tremaine 2008, eq. 4.228). The ellipsoid points at the centre; what that adds to the vertical Jeans equation,
    (σ_R² − σ_z²) (1 / length + 2 / `DISPERSION_LENGTH`) z / R, is taken off the vertical dispersion.

    Parameters
    ----------
    height : ndarray, shape (n,)
        Scale height of each star's layer, kpc.
    position : three ndarrays of shape (n,)
        Galactocentric, kpc.
    """
    x, y, z = position
    radius = np.hypot(x, y)
    vertical = vertical_dispersion(radius, z, height)
    nearby = vertical_dispersion(np.full(len(radius), R_SUN), z, height)
    radial = population.ratio * nearby * np.exp((R_SUN - radius) / DISPERSION_LENGTH)
    azimuthal = radial * epicycle_ratio(radius)
    gradient = 1.0 / population.length + 2.0 / DISPERSION_LENGTH
    lag = radial**2 * ((azimuthal / radial) ** 2 - 1.0 + radius * gradient)
    rotation = np.sqrt(np.clip(lifted_velocity(radius, z) ** 2 - lag, 0.0, None))
    tilted = np.clip(radial**2 - vertical**2, 0.0, None) * gradient * height * (np.abs(z) + height) / radius
    cooler = np.sqrt(np.clip(vertical**2 - tilted, COOLEST * vertical**2, None))
    draws = rng.normal(3)
    along = rotation + draws[:, 1] * azimuthal
    outward, north = _tilted(draws[:, 0] * radial, draws[:, 2] * cooler, radius, z)
    # Rotation is clockwise seen from the north: +y at the Sun, who is at −x.
    cos, sin = x / radius, y / radius
    return outward * cos + along * sin, outward * sin - along * cos, north


def _tilted(radial: np.ndarray, polar: np.ndarray, radius: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the velocities away from the axis and northward of those away from the centre and square to it."""
    distance = np.hypot(radius, z)
    cos, sin = radius / distance, z / distance
    return radial * cos - polar * sin, radial * sin + polar * cos


def halo_velocity(population: Population, position: Vector, rng: Any) -> Vector:
    """Return velocities of halo stars along the Galactocentric axes, km/s.

    A Gaussian in spherical axes, its radial dispersion that of the Jeans equation, without rotation; where stars
    stream in and out, the radial one is two Gaussians, with the same dispersion in all. The few that would escape are
    slowed.

    Parameters
    ----------
    position : three ndarrays of shape (n,)
        Galactocentric, kpc.
    """
    x, y, z = position
    radius = np.sqrt(x**2 + y**2 + z**2)
    radial = radial_dispersion(radius, population.slope, population.core, population.beta)
    tangential = radial * np.sqrt(1.0 - population.beta)
    draws = rng.normal(3)
    side = np.where(rng.uniform() < 0.5, -1.0, 1.0)
    v_r = radial * (population.lobes * side + np.sqrt(1.0 - population.lobes**2) * draws[:, 0])
    v_t, v_p = draws[:, 1] * tangential, draws[:, 2] * tangential
    slow = np.minimum(1.0, FASTEST * escape_velocity(radius) / np.sqrt(v_r**2 + v_t**2 + v_p**2))
    v_r, v_t, v_p = v_r * slow, v_t * slow, v_p * slow
    flat = np.hypot(x, y)
    outward, north = _tilted(v_r, v_t, flat, z)
    cos, sin = x / flat, y / flat
    return outward * cos - v_p * sin, outward * sin + v_p * cos, north
