"""Rotation of the mock's stars."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

PIXEL = 299792.458 * 1e-4 * math.log(10.0)
"""Width of a pixel of the survey, km/s."""
SLOWEST = 20.0
"""km/s; slower rotation does not show at the survey's resolution of 167 km/s."""
LIMB_DARKENING = 0.6
REACH = 6


def projected_velocity(teff: np.ndarray, logg: np.ndarray, rng: Any) -> np.ndarray:
    """Return v sin i, km/s, shape (n,).

    Dwarfs hotter than the Kraft break near 6200 K rotate the faster the hotter they are, about 100 km/s at 7500 K
    (Gray 2008, figure 18.21, by eye); all others a few km/s. Axes point anywhere.
    """
    u = rng.uniform(2)
    fast = 100.0 * np.clip((np.asarray(teff, dtype=float) - 6000.0) / 1500.0, 0.0, 1.5) * (np.asarray(logg) > 3.3)
    inclination = np.sqrt(1.0 - u[:, 0] ** 2)
    return np.asarray((3.0 + fast * (0.3 + 1.4 * u[:, 1])) * inclination)


@numba.njit(cache=True)
def broaden(spectrum: np.ndarray, velocity: float) -> None:
    """Broaden a spectrum of shape (n_pixel,) by a projected velocity in km/s (Gray 2008, eq. 18.14), in place."""
    if not velocity > SLOWEST:
        return
    width = min(velocity / PIXEL, REACH - 1.0)
    kernel = np.zeros(2 * REACH + 1)
    for k in range(-50, 51):
        x = k / 51.0
        square = 1.0 - x * x
        weight = 2.0 * (1.0 - LIMB_DARKENING) * math.sqrt(square) + 0.5 * math.pi * LIMB_DARKENING * square
        place = x * width + REACH
        low = int(place)
        kernel[low] += weight * (1.0 - place + low)
        kernel[low + 1] += weight * (place - low)
    kernel /= kernel.sum()
    copy = spectrum.copy()
    for j in range(REACH, spectrum.size - REACH):
        total = 0.0
        for k in range(2 * REACH + 1):
            total += kernel[k] * copy[j + k - REACH]
        spectrum[j] = total
