"""The Galaxy's potential, and what equilibrium in it asks of velocities.

The potential is galpy's MWPotential2014 (Bovy 2015, ApJS 216, 29), scaled to 229 km/s at the Sun; its tables in
``data/potential.npz`` were made by ``tools/make_potential.py``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vacframe_mock_survey.method.data import FOLDER

RADII = np.geomspace(0.3, 120.0, 90)
"""Radii, kpc, of the tables."""
HEIGHTS = np.array([0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0])
"""Heights above the plane, kpc."""
SCALES = np.array([0.1, 0.2, 0.3, 0.45, 0.7, 1.0, 1.4])
"""Scale heights, kpc, that dispersions are tabulated for."""


@lru_cache(maxsize=1)
def tables() -> dict[str, np.ndarray]:
    """Return the tables: ``circular`` and ``escape`` velocity (km/s) and ``ratio`` κ/2Ω at `RADII`; ``vertical``.

    ``lifted`` is the circular velocity by the radial force at heights, shape (radii, heights); ``vertical`` σ_z² in
    (km/s)², shape (scales, radii, heights); ``orbit`` that of the Sagittarius dwarf, positions
    (kpc) and velocities (km/s), shape (n, 6).
    """
    with np.load(FOLDER / "potential.npz") as stored:
        return {name: stored[name] for name in stored.files}


def circular_velocity(radius: np.ndarray) -> np.ndarray:
    """Return the circular velocity, km/s, at radii in kpc."""
    return np.interp(np.log(radius), np.log(RADII), tables()["circular"])


def lifted_velocity(radius: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return √(R ∂Φ/∂R), km/s, at cylindrical radii and heights in kpc, shape (n,): in the plane the circular one."""
    table, total = tables()["lifted"], np.zeros(len(radius))
    for b, share in _bracket(np.log(RADII), np.log(radius)):
        for c, fraction in _bracket(HEIGHTS, np.abs(z)):
            total += share * fraction * table[b, c]
    return total


def epicycle_ratio(radius: np.ndarray) -> np.ndarray:
    """Return κ/2Ω, the ratio of azimuthal to radial dispersion of a cool disc, at radii in kpc."""
    return np.interp(np.log(radius), np.log(RADII), tables()["ratio"])


def escape_velocity(radius: np.ndarray) -> np.ndarray:
    """Return the escape velocity, km/s, at radii in kpc in the plane."""
    return np.interp(np.log(radius), np.log(RADII), tables()["escape"])


def vertical_dispersion(radius: np.ndarray, z: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the vertical dispersion, km/s, of a layer with density exp(−|z| / scale) in equilibrium.

    σ_z²(R, z) = ∫ exp(−s / scale) |∂Φ/∂z|(R, |z| + s) ds from 0 on.

    Parameters
    ----------
    radius, z, scale : ndarray, shape (n,)
        Cylindrical radius, height and scale height, kpc.
    """
    table = tables()["vertical"]
    total = np.zeros(len(radius))
    for a, part in _bracket(SCALES, scale):
        for b, share in _bracket(np.log(RADII), np.log(radius)):
            for c, fraction in _bracket(HEIGHTS, np.abs(z)):
                total += part * share * fraction * table[a, b, c]
    return np.sqrt(total)


def _bracket(grid: np.ndarray, values: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    place = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, len(grid) - 2)
    share = np.clip((values - grid[place]) / (grid[place + 1] - grid[place]), 0.0, 1.0)
    return (place, 1.0 - share), (place + 1, share)


@lru_cache(maxsize=8)
def _radial(slope: float, core: float, beta: float) -> np.ndarray:
    """Return σ_r by the spherical Jeans equation of constant anisotropy on `RADII`, km/s."""
    fine = np.geomspace(RADII[0], 4.0 * RADII[-1], 4000)
    density = (fine**2 + core**2) ** (-0.5 * slope)
    integrand = density * fine ** (2.0 * beta) * circular_velocity(fine) ** 2
    # The integral of (…)/r dr outward of each radius.
    steps = 0.5 * (integrand[1:] + integrand[:-1]) * np.diff(np.log(fine))
    outward = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
    return np.interp(RADII, fine, np.sqrt(outward / (density * fine ** (2.0 * beta))))


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
    return np.interp(np.log(radius), np.log(RADII), _radial(slope, core, beta))
