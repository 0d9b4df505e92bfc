"""Galactic coordinates of ICRS positions."""

from __future__ import annotations

import numpy as np

ICRS_TO_GALACTIC = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [0.4941094278755837, -0.4448296299600112, 0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, 0.4559837761750669],
    ]
)
"""Rotation of Cartesian directions (The Hipparcos and Tycho Catalogues, ESA SP-1200, vol. 1, equation 1.5.11)."""


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Galactic longitude (0 to 360) and latitude of ICRS positions, all in degrees and of shape (n,)."""
    ra, dec = np.deg2rad(np.asarray(ra, np.float64)), np.deg2rad(np.asarray(dec, np.float64))
    direction = (np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec))
    x, y, z = (sum(a * d for a, d in zip(row, direction, strict=True)) for row in ICRS_TO_GALACTIC)
    return np.rad2deg(np.arctan2(y, x)) % 360.0, np.rad2deg(np.arcsin(np.clip(z, -1.0, 1.0)))
