"""Galactic coordinates of ICRS positions, and back."""

from __future__ import annotations

import numpy as np

ICRS_TO_GALACTIC = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [0.4941094278755837, -0.4448296299600112, 0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, 0.4559837761750669],
    ]
)
"""Rotation of ICRS unit vectors: Hipparcos and Tycho Catalogues (ESA SP-1200), vol. 1, section 1.5.3, eq. 1.5.11."""


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Galactic longitude (0 to 360) and latitude of ICRS positions, all in degrees, any shape."""
    return _rotated(ra, dec, ICRS_TO_GALACTIC)


def equatorial(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ICRS right ascension (0 to 360) and declination of Galactic positions, all in degrees, any shape."""
    return _rotated(longitude, latitude, ICRS_TO_GALACTIC.T)


def _rotated(longitude: np.ndarray, latitude: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.radians(np.asarray(v, dtype=np.float64)) for v in (longitude, latitude))
    cosine = np.cos(second)
    x, y, z = cosine * np.cos(first), cosine * np.sin(first), np.sin(second)
    # Written out: a matrix product's order of additions depends on how many rows there are.
    u, v, w = (row[0] * x + row[1] * y + row[2] * z for row in matrix)
    return np.degrees(np.arctan2(v, u)) % 360.0, np.degrees(np.arctan2(w, np.hypot(u, v)))
