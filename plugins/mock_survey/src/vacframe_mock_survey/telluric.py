"""What the Earth's atmosphere leaves in the spectra."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from vacframe_mock_survey.spectrograph import WAVELENGTH

BANDS = (
    (6278.0, 6310.0, 0.10, 0.6), (6868.5, 6940.0, 0.45, 0.03), (7595.0, 7680.0, 1.50, 0.0),
    (7170.0, 7340.0, 0.15, 0.05), (8140.0, 8340.0, 0.20, 0.05), (8940.0, 9090.0, 0.60, 0.25),
)  # fmt: skip
"""Bands of oxygen (gamma, B, A), then of water: head and end, vacuum Å, optical depth at the head at the survey's
resolution, and the share of it that the survey's correction leaves on average. Places after Kirkpatrick et al. (1991,
ApJS 77, 417, table 4), depths and shares rounded from the ratio of 80 real F and G stars to mock ones."""
OXYGEN = 3
"""Number of bands of oxygen."""


@lru_cache(maxsize=1)
def optical_depths() -> tuple[slice, np.ndarray]:
    """Return the pixels that the bands reach, and the optical depth of each band there, shape (n_band, n_pixel)."""
    inside = slice(*np.searchsorted(WAVELENGTH, [BANDS[0][0] - 20.0, WAVELENGTH[-1] + 1.0]))
    x = WAVELENGTH[inside][None, :]
    head, end, depth, _ = (np.array(column)[:, None] for column in zip(*BANDS, strict=True))
    # Oxygen: a sharp head, then the P branch's slow decline; water: a hump.
    u = (x - head) / (end - head)
    decline = np.where(u > 0, np.exp(-2.0 * u) * (1.0 - 0.5 * np.exp(-(((u - 0.25) / 0.08) ** 2))), 0.0)
    hump = np.exp(-(((u - 0.5) / 0.35) ** 2)) * (1.0 + 0.3 * np.sin(x * 0.5)) * (np.abs(u - 0.5) < 1.0)
    return inside, depth * np.where(np.arange(len(BANDS))[:, None] < OXYGEN, decline, hump)


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
