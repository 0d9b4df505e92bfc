"""Smooth random functions of the direction on the sky."""

from __future__ import annotations

import numpy as np

from vacframe import RowRandom, text_seed

_MODES = 64
"""Number of waves that a field is made of."""


class SkyField:
    """A random field on the sky with mean 0 and rms about 1: plane waves cut by the unit sphere.

    Parameters
    ----------
    seed : int
        Seed of the build.
    name : str
        Name of the field; each has its own waves.
    largest, smallest : float
        Range of the wavelengths, degrees; amplitudes are equal per octave.
    """

    def __init__(self, seed: int, name: str, largest: float, smallest: float) -> None:
        rng = RowRandom(np.arange(_MODES), text_seed(seed, "mock_survey field", name))
        direction = rng.normal(3)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        u = rng.uniform(2)
        wavelength = np.radians(largest) * (smallest / largest) ** u[:, 0]
        self._waves = 2.0 * np.pi * direction / wavelength[:, None]
        self._phase = 2.0 * np.pi * u[:, 1]
        number = 2.0 * np.pi / wavelength
        self._mean = float((np.cos(self._phase) * np.sin(number) / number).sum())

    def __call__(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return the field at positions in degrees, shape (n,)."""
        a, d = np.radians(ra), np.radians(dec)
        x, y, z = np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)
        total = np.full(len(x), -self._mean)
        # One wave at a time: the result then depends on no other row, and the memory is that of one column.
        for (kx, ky, kz), phase in zip(self._waves.tolist(), self._phase.tolist(), strict=True):
            total += np.cos(kx * x + ky * y + kz * z + phase)
        return total * np.sqrt(2.0 / _MODES)
