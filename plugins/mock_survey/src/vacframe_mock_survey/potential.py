"""The Galaxy's potential, and what equilibrium in it asks of velocities; by galpy (Bovy 2015, ApJS 216, 29).

galpy's MWPotential2014, scaled to a circular velocity of 229 km/s at the Sun (Eilers et al. 2019, ApJ 871, 120).
All tables are made once per process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from vacframe_mock_survey.frames import R_SUN

V_SUN_CIRCULAR = 229.0
"""Circular velocity at the Sun, km/s."""
KMS_PER_KPC_GYR = 0.9777922216807891
"""km/s of 1 kpc per Gyr."""
_RADII = np.geomspace(0.3, 120.0, 90)
_HEIGHTS = np.array([0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0])
_SCALES = np.array([0.1, 0.2, 0.3, 0.45, 0.7, 1.0, 1.4])
"""Scale heights, kpc, that dispersions are tabulated for."""


@lru_cache(maxsize=1)
def potential() -> Any:
    """Return galpy's potential, in galpy's natural units of `R_SUN` and `V_SUN_CIRCULAR`."""
    from galpy.potential import MWPotential2014

    return MWPotential2014


@lru_cache(maxsize=1)
def _circular() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from galpy.potential import epifreq, omegac, vcirc, vesc

    radii = _RADII / R_SUN
    ratio = epifreq(potential(), radii) / (2.0 * omegac(potential(), radii))
    return vcirc(potential(), radii) * V_SUN_CIRCULAR, ratio, vesc(potential(), radii) * V_SUN_CIRCULAR


def circular_velocity(radius: np.ndarray) -> np.ndarray:
    """Return the circular velocity, km/s, at radii in kpc."""
    return np.interp(np.log(radius), np.log(_RADII), _circular()[0])


def epicycle_ratio(radius: np.ndarray) -> np.ndarray:
    """Return κ/2Ω, the ratio of azimuthal to radial dispersion of a cool disc, at radii in kpc."""
    return np.interp(np.log(radius), np.log(_RADII), _circular()[1])


def escape_velocity(radius: np.ndarray) -> np.ndarray:
    """Return the escape velocity, km/s, at radii in kpc in the plane."""
    return np.interp(np.log(radius), np.log(_RADII), _circular()[2])


@lru_cache(maxsize=1)
def _vertical() -> np.ndarray:
    """Return σ_z² by the vertical Jeans equation, (km/s)², shape (scales, radii, heights)."""
    from galpy.potential import evaluatezforces

    nodes, weights = np.polynomial.laguerre.laggauss(12)
    z = _HEIGHTS[None, None, :, None] + _SCALES[:, None, None, None] * nodes
    radius = np.broadcast_to(_RADII[None, :, None, None], z.shape[:1] + (len(_RADII),) + z.shape[2:])
    z = np.broadcast_to(z, radius.shape)
    force = evaluatezforces(potential(), radius.ravel() / R_SUN, z.ravel() / R_SUN).reshape(radius.shape)
    # A force in natural units is V²/R.
    return _SCALES[:, None, None] * (-force * weights).sum(axis=-1) * V_SUN_CIRCULAR**2 / R_SUN


def vertical_dispersion(radius: np.ndarray, z: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the vertical dispersion, km/s, of a layer with density exp(−|z| / scale) in equilibrium.

    σ_z²(R, z) = ∫ exp(−s / scale) |∂Φ/∂z|(R, |z| + s) ds from 0 on.

    Parameters
    ----------
    radius, z, scale : ndarray, shape (n,)
        Cylindrical radius, height and scale height, kpc.
    """
    table = _vertical()
    total = np.zeros(len(radius))
    for a, part in _bracket(_SCALES, scale):
        for b, share in _bracket(np.log(_RADII), np.log(radius)):
            for c, fraction in _bracket(_HEIGHTS, np.abs(z)):
                total += part * share * fraction * table[a, b, c]
    return np.sqrt(total)


def _bracket(grid: np.ndarray, values: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    place = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, len(grid) - 2)
    share = np.clip((values - grid[place]) / (grid[place + 1] - grid[place]), 0.0, 1.0)
    return (place, 1.0 - share), (place + 1, share)


@lru_cache(maxsize=8)
def _radial(slope: float, core: float, beta: float) -> np.ndarray:
    """Return σ_r by the spherical Jeans equation of constant anisotropy on `_RADII`, km/s."""
    fine = np.geomspace(_RADII[0], 4.0 * _RADII[-1], 4000)
    density = (fine**2 + core**2) ** (-0.5 * slope)
    integrand = density * fine ** (2.0 * beta) * circular_velocity(fine) ** 2
    # The integral of (…)/r dr outward of each radius.
    steps = 0.5 * (integrand[1:] + integrand[:-1]) * np.diff(np.log(fine))
    outward = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
    return np.interp(_RADII, fine, np.sqrt(outward / (density * fine ** (2.0 * beta))))


def radial_dispersion(radius: np.ndarray, slope: float, core: float, beta: float) -> np.ndarray:
    """Return the radial dispersion, km/s, of a halo with density (r² + core²) ** (−slope / 2) in equilibrium.

    σ_r² = 1 / (ρ r^2β) ∫ ρ s^2β v_c² / s ds from r on (Binney & Tremaine 2008, eq. 4.216), the potential taken as
    spherical.

    Parameters
    ----------
    radius : ndarray, shape (n,)
        Galactocentric radius, kpc.
    slope, core, beta : float
        Slope of the density, its core (kpc), and the anisotropy 1 − σ_t²/σ_r².
    """
    return np.interp(np.log(radius), np.log(_RADII), _radial(slope, core, beta))
