"""What the Earth's atmosphere leaves in the spectra."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH

BANDS = (
    (6278.0, 6310.0, 0.10, 0.6), (6868.5, 6940.0, 0.45, 0.03), (7595.0, 7680.0, 1.50, 0.0),
    (7170.0, 7340.0, 0.15, 0.05), (8140.0, 8340.0, 0.20, 0.05), (8940.0, 9090.0, 0.60, 0.25),
)  # fmt: skip
"""Bands of oxygen (gamma, B, A), then of water: head and end, vacuum Å, optical depth at the head at the survey's
resolution, and the share of it that the survey's correction leaves on average. Places after Kirkpatrick et al. (1991,
ApJS 77, 417, table 4), depths and shares rounded from the ratio of 80 real F and G stars to mock ones."""
OXYGEN = 3
"""Number of bands of oxygen."""
WATER = np.array(
    [
        (8946.0, 0.00), (8950.0, 0.00), (8958.0, 0.20), (8962.0, 0.20), (8966.0, 0.40), (8970.0, 0.15), (8974.0, 0.30),
        (8978.0, 0.10), (8983.0, 0.25), (8987.0, 0.25), (8991.0, 1.00), (8995.0, 0.55), (8999.0, -0.10), (9003.0, 0.60),
        (9007.0, 0.40), (9012.0, 0.25), (9016.0, 0.25), (9020.0, 0.45), (9024.0, 0.20), (9028.0, 0.35), (9032.0, -0.10),
        (9036.0, -0.30), (9060.0, -0.20), (9066.0, 0.00),
    ]
)  # fmt: skip
"""Shape of the last band's remains: vacuum Å, relative to the deepest. The median ratio of 348 real LAMOST DR10 stars
of 4500 to 7000 K to mock ones, rounded; where it is negative the survey takes away more than there was."""


@lru_cache(maxsize=1)
def optical_depths() -> tuple[slice, np.ndarray]:
    """Return the pixels that the bands reach, and the optical depth of each band there, shape (n_band, n_pixel)."""
    inside = slice(*np.searchsorted(WAVELENGTH, [BANDS[0][0] - 20.0, WAVELENGTH[-1] + 1.0]))
    x = WAVELENGTH[inside][None, :]
    head, end, depth, _ = (np.array(column)[:, None] for column in zip(*BANDS, strict=True))
    # Oxygen: a sharp head, then the P branch's slow decline; water: a hump, or what was measured.
    u = (x - head) / (end - head)
    decline = np.where(u > 0, np.exp(-2.0 * u) * (1.0 - 0.5 * np.exp(-(((u - 0.25) / 0.08) ** 2))), 0.0)
    hump = np.exp(-(((u - 0.5) / 0.35) ** 2)) * (np.abs(u - 0.5) < 1.0)
    shapes = np.where(np.arange(len(BANDS))[:, None] < OXYGEN, decline, hump)
    shapes[-1] = np.interp(x[0], *WATER.T)
    return inside, depth * shapes


def multiply(model: np.ndarray, residual: float, rng: Any) -> None:
    """Multiply the transmission that the survey's correction leaves into spectra of shape (n, PIXELS), in place.

    Each species is corrected too much or too little by a share of its depth of rms `residual`, and each band by half
    of that again. The Earth's motion, a third of a pixel at most, is left out.
    """
    noise = rng.normal(2 + len(BANDS))
    species = noise[:, [0] * OXYGEN + [1] * (len(BANDS) - OXYGEN)]
    share = np.array([band[3] for band in BANDS]) + residual * (species + 0.5 * noise[:, 2:])
    inside, depth = optical_depths()
    total = np.zeros((len(model), depth.shape[1]))
    for k in range(len(BANDS)):
        total += share[:, k : k + 1] * depth[k]
    model[:, inside] *= np.exp(-total)
