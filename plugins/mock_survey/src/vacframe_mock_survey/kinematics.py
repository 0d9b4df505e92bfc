"""Velocities of field stars, in equilibrium with the potential."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.frames import Vector
from vacframe_mock_survey.galaxy import Population
from vacframe_mock_survey.potential import (
    circular_velocity,
    epicycle_ratio,
    escape_velocity,
    radial_dispersion,
    vertical_dispersion,
)

FASTEST = 0.95
"""No star moves faster than this fraction of the escape velocity."""
_STEP = 0.05


def disc_velocity(population: Population, height: np.ndarray, position: Vector, rng: Any) -> Vector:
    """Return velocities of disc stars along the Galactocentric axes, km/s.

    The vertical dispersion is that of the layer's height in the potential (Jeans), the radial one a fixed multiple of
    it, the azimuthal one κ/2Ω of the radial, and the mean rotation lags behind the circular velocity by the
    asymmetric drift (Binney & Tremaine 2008, eq. 4.228, without the tilt of the ellipsoid).

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
    radial = population.ratio * vertical
    azimuthal = radial * epicycle_ratio(radius)
    outer = vertical_dispersion(radius * (1 + _STEP), z, height)
    inner = vertical_dispersion(radius * (1 - _STEP), z, height)
    fall = -2.0 * np.log(outer / inner) / np.log((1 + _STEP) / (1 - _STEP))
    lag = radial**2 * ((azimuthal / radial) ** 2 - 1.0 + radius / population.length + fall)
    rotation = np.sqrt(np.clip(circular_velocity(radius) ** 2 - lag, 0.0, None))
    draws = rng.normal(3)
    outward, along, north = draws[:, 0] * radial, rotation + draws[:, 1] * azimuthal, draws[:, 2] * vertical
    # Rotation is clockwise seen from the north: +y at the Sun, who is at −x.
    cos, sin = x / radius, y / radius
    return outward * cos + along * sin, outward * sin - along * cos, north


def halo_velocity(population: Population, position: Vector, rng: Any) -> Vector:
    """Return velocities of halo stars along the Galactocentric axes, km/s.

    A Gaussian in spherical axes, its radial dispersion that of the Jeans equation, without rotation; the few that
    would escape are slowed.

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
    v_r, v_t, v_p = draws[:, 0] * radial, draws[:, 1] * tangential, draws[:, 2] * tangential
    slow = np.minimum(1.0, FASTEST * escape_velocity(radius) / np.sqrt(v_r**2 + v_t**2 + v_p**2))
    v_r, v_t, v_p = v_r * slow, v_t * slow, v_p * slow
    flat = np.hypot(x, y)
    cos_p, sin_p, cos_t, sin_t = x / flat, y / flat, z / radius, flat / radius
    outward = v_r * sin_t + v_t * cos_t
    return outward * cos_p - v_p * sin_p, outward * sin_p + v_p * cos_p, v_r * cos_t - v_t * sin_t
