"""Make ``data/potential.npz``: what galpy says of the mock's Galaxy, so that drawing stars need not import galpy.

    python tools/make_potential.py

galpy's MWPotential2014 (Bovy 2015, ApJS 216, 29), scaled to the Sun's radius and a circular velocity of 229 km/s there
(Eilers et al. 2019, ApJ 871, 120).
"""

from pathlib import Path

import numpy as np
from galpy.orbit import Orbit
from galpy.potential import MWPotential2014, epifreq, evaluateRforces, evaluatezforces, omegac, vcirc, vesc
from vacframe_mock_survey.method.frames import R_SUN, galactic, galactocentric, space_velocity
from vacframe_mock_survey.method.galaxy.potential import HEIGHTS, RADII, SCALES

V_SUN_CIRCULAR = 229.0
"""Circular velocity at the Sun, km/s."""
KMS_PER_KPC_GYR = 0.9777922216807891
"""km/s of 1 kpc per Gyr."""
PROGENITOR = (283.764, -30.480, 27.0, 142.0, -2.692, -1.359)
"""Sagittarius dwarf: ra, dec (deg), distance (kpc), rv (km/s), pmra, pmdec (mas/yr); Vasiliev & Belokurov (2020, MNRAS
497, 4162)."""
GYR = 1.3
"""The stream reaches where the progenitor was, and will be, within this time."""
CORE_GYR = 0.03
"""The progenitor itself is left out: stars within this time of it."""
NODES = 300
"""Points on each side."""


def circular() -> dict[str, np.ndarray]:
    """Return circular velocity (km/s), κ/2Ω and escape velocity (km/s) at `RADII`."""
    radii = RADII / R_SUN
    return {
        "circular": vcirc(MWPotential2014, radii) * V_SUN_CIRCULAR,
        "ratio": epifreq(MWPotential2014, radii) / (2.0 * omegac(MWPotential2014, radii)),
        "escape": vesc(MWPotential2014, radii) * V_SUN_CIRCULAR,
    }


def lifted() -> np.ndarray:
    """Return the circular velocity, km/s, that the radial force asks for, shape (radii, heights)."""
    radius, z = np.meshgrid(RADII / R_SUN, HEIGHTS / R_SUN, indexing="ij")
    return np.sqrt(-evaluateRforces(MWPotential2014, radius, z) * radius) * V_SUN_CIRCULAR


def vertical() -> np.ndarray:
    """Return σ_z² by the vertical Jeans equation, (km/s)², shape (scales, radii, heights)."""
    nodes, weights = np.polynomial.laguerre.laggauss(12)
    z = HEIGHTS[None, None, :, None] + SCALES[:, None, None, None] * nodes
    radius = np.broadcast_to(RADII[None, :, None, None], (len(SCALES), len(RADII), len(HEIGHTS), len(nodes)))
    z = np.broadcast_to(z, radius.shape)
    force = evaluatezforces(MWPotential2014, radius.ravel() / R_SUN, z.ravel() / R_SUN).reshape(radius.shape)
    # A force in natural units is V²/R.
    return SCALES[:, None, None] * (-force * weights).sum(axis=-1) * V_SUN_CIRCULAR**2 / R_SUN


def orbit() -> np.ndarray:
    """Return positions (kpc) and velocities (km/s) along the progenitor's orbit, Galactocentric, shape (2 NODES, 6)."""
    ra, dec, distance, rv, pmra, pmdec = (np.array([v]) for v in PROGENITOR)
    axes = galactic(ra, dec)
    x, y, z = (v[0] for v in galactocentric((axes[0] * distance, axes[1] * distance, axes[2] * distance)))
    vx, vy, vz = (v[0] for v in space_velocity(ra, dec, distance, rv, pmra, pmdec))
    radius = np.hypot(x, y)
    # galpy's azimuth runs with the rotation, against that of our axes.
    start = [radius, (x * vx + y * vy) / radius, -(x * vy - y * vx) / radius, z, vz, -np.arctan2(y, x)]
    scales = [R_SUN, V_SUN_CIRCULAR, V_SUN_CIRCULAR, R_SUN, V_SUN_CIRCULAR, 1.0]
    gyr = np.linspace(CORE_GYR, GYR, NODES)
    parts = []
    for sign in (-1.0, 1.0):
        path = Orbit([s / k for s, k in zip(start, scales, strict=True)])
        times = np.concatenate([[0.0], sign * gyr]) / (R_SUN / V_SUN_CIRCULAR * KMS_PER_KPC_GYR)
        path.integrate(times, MWPotential2014, method="dop853", progressbar=False)
        t = times[1:]
        big, phi = path.R(t) * R_SUN, path.phi(t)
        v_r, v_t, v_z = (f(t) * V_SUN_CIRCULAR for f in (path.vR, path.vT, path.vz))
        cos, sin = np.cos(phi), -np.sin(phi)
        columns = (big * cos, big * sin, path.z(t) * R_SUN, v_r * cos + v_t * sin, v_r * sin - v_t * cos, v_z)
        parts.append(np.stack(columns, axis=1))
    return np.concatenate(parts)


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "src" / "vacframe_mock_survey" / "data" / "potential.npz"
    np.savez_compressed(target, lifted=lifted(), vertical=vertical(), orbit=orbit(), **circular())
