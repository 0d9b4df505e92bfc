"""Standardisation: zero mean and unit variance, by the scale of a training set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of each column, shape (p,), float64."""

    mean: np.ndarray
    std: np.ndarray

    def standardise(self, values: np.ndarray, clip: float = np.inf) -> np.ndarray:
        """Return ``(values - mean) / std``, float32, shape (n, p).

        A value that is not finite becomes 0 (the mean); the others are limited to ±`clip`.
        """
        scaled = (values - self.mean) / self.std
        return np.clip(np.where(np.isfinite(scaled), scaled, 0.0), -clip, clip).astype(np.float32)

    def restore(self, scaled: np.ndarray) -> np.ndarray:
        """Return values in the original units, float64, shape (n, p)."""
        return np.asarray(scaled, dtype=np.float64) * self.std + self.mean


def scale_of(values: np.ndarray) -> Scale:
    """Return the scale of the finite values of each column.

    Parameters
    ----------
    values : ndarray, shape (n, p)

    Returns
    -------
    Scale
        A column that is constant (to float32 precision) or has no finite value gets a standard deviation of 1, so
        that it standardises to 0 on the training set.
    """
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=0), 1)
    mean = np.where(finite, values, 0.0).sum(axis=0, dtype=np.float64) / count
    square = np.where(finite, values - mean, 0.0) ** 2
    std = np.sqrt(square.sum(axis=0, dtype=np.float64) / count)
    constant = std <= np.finfo(np.float32).eps * np.abs(mean)
    return Scale(mean, np.where(constant, 1.0, std))
