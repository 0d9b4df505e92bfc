"""Frames: ICRS, heliocentric Galactic and Galactocentric axes.

Galactocentric axes are those of astropy: right-handed, the Sun at (−R₀, 0, z₀), y along rotation, z north.
"""

from __future__ import annotations

import numpy as np

R_SUN = 8.122
"""Distance of the Sun from the Galactic centre, kpc (GRAVITY Collaboration 2018, A&A 615, L15)."""
Z_SUN = 0.0208
"""Height of the Sun above the plane, kpc (Bennett & Bovy 2019, MNRAS 482, 1417)."""
SUN_VELOCITY = (12.9, 245.6, 7.78)
"""Velocity of the Sun along the Galactocentric axes, km/s (Drimmel & Poggio 2018, RNAAS 2, 210)."""
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
_SIN = Z_SUN / R_SUN
_COS = float(np.sqrt(1.0 - _SIN**2))

Vector = tuple[np.ndarray, np.ndarray, np.ndarray]


def unit_vector(longitude: np.ndarray, latitude: np.ndarray) -> Vector:
    """Return the unit vectors of directions in degrees, three arrays of shape (n,)."""
    a, d = np.radians(longitude), np.radians(latitude)
    return np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)


def _turn(matrix: np.ndarray, v: Vector) -> Vector:
    # Element by element: a row's result then depends on no other row.
    x, y, z = (row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in matrix.tolist())
    return x, y, z


def galactic(ra: np.ndarray, dec: np.ndarray) -> Vector:
    """Return the Galactic unit vectors of ICRS positions (degrees): toward centre, rotation, north; shape (n,) each."""
    return _turn(GALACTIC_FROM_ICRS, unit_vector(ra, dec))


def equatorial(direction: Vector) -> tuple[np.ndarray, np.ndarray]:
    """Return ra and dec (degrees) of vectors along the Galactic axes."""
    x, y, z = _turn(GALACTIC_FROM_ICRS.T, direction)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


def galactocentric(helio: Vector) -> Vector:
    """Return Galactocentric positions (kpc) of heliocentric Galactic ones (kpc)."""
    x, y, z = helio[0] - R_SUN, helio[1], helio[2]
    return _COS * x + _SIN * z, y, -_SIN * x + _COS * z


def heliocentric(position: Vector) -> Vector:
    """Return heliocentric Galactic positions (kpc) of Galactocentric ones: the inverse of `galactocentric`."""
    x, y, z = position
    return _COS * x - _SIN * z + R_SUN, y, _SIN * x + _COS * z


def observed_motion(
    ra: np.ndarray, dec: np.ndarray, distance: np.ndarray, velocity: Vector
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return radial velocity (km/s) and proper motions (mas/yr, the first times cos dec).

    Parameters
    ----------
    ra, dec : ndarray, shape (n,)
        Position, degrees.
    distance : ndarray, shape (n,)
        Distance, kpc.
    velocity : three ndarrays of shape (n,)
        Velocity along the Galactocentric axes, km/s.
    """
    u, v, w = (component - sun for component, sun in zip(velocity, SUN_VELOCITY, strict=True))
    turned = (_COS * u - _SIN * w, v, _SIN * u + _COS * w)
    vx, vy, vz = _turn(GALACTIC_FROM_ICRS.T, turned)
    a, d = np.radians(ra), np.radians(dec)
    east = -np.sin(a) * vx + np.cos(a) * vy
    outward = np.cos(a) * vx + np.sin(a) * vy
    north = -np.sin(d) * outward + np.cos(d) * vz
    scale = 1.0 / (KMS_PER_KPC_MASYR * distance)
    return np.cos(d) * outward + np.sin(d) * vz, east * scale, north * scale


def space_velocity(
    ra: np.ndarray, dec: np.ndarray, distance: np.ndarray, rv: np.ndarray, pmra: np.ndarray, pmdec: np.ndarray
) -> Vector:
    """Return velocities along the Galactocentric axes (km/s): the inverse of `observed_motion`."""
    a, d = np.radians(ra), np.radians(dec)
    east, north = (KMS_PER_KPC_MASYR * distance * pm for pm in (pmra, pmdec))
    outward = np.cos(d) * rv - np.sin(d) * north
    vz = np.sin(d) * rv + np.cos(d) * north
    vx, vy = np.cos(a) * outward - np.sin(a) * east, np.sin(a) * outward + np.cos(a) * east
    u, v, w = _turn(GALACTIC_FROM_ICRS, (vx, vy, vz))
    turned = (_COS * u + _SIN * w, v, -_SIN * u + _COS * w)
    x, y, z = (component + sun for component, sun in zip(turned, SUN_VELOCITY, strict=True))
    return x, y, z
