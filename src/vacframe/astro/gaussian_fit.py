"""Robust Gaussian fits to the values of many groups, all groups at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled, compiled_parallel, read_only
from vacframe.astro.robust import MAD_TO_SIGMA

_HALVINGS = 60
"""Most bisections for the median that the fit starts from."""


@dataclass(frozen=True)
class GaussianFits:
    """Gaussians fitted to g groups, each array of shape (g,); NaN where a group has no value.

    Attributes
    ----------
    count : ndarray of int64
        Values of the group that are not NaN.
    mean, sigma : ndarray of float64
        Of the Gaussian.
    used : ndarray of int64
        Values within `clip` sigma of the mean, which the fit rests on.
    """

    count: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    used: np.ndarray

    @property
    def mean_error(self) -> np.ndarray:
        """Return sigma / sqrt(count)."""
        some = np.maximum(self.count, 1)
        return np.where(self.count > 0, self.sigma / np.sqrt(some), np.nan)


def fit_gaussians(
    values: np.ndarray, groups: np.ndarray, count: int, clip: float = 3.0, iterations: int = 100
) -> GaussianFits:
    """Fit a Gaussian to the core of each group's values.

    The fit is the Gaussian whose part within ±`clip` sigma has the mean and the variance of the values there: for
    Gaussian values the right one, whatever `clip`, while values further out have no weight. It is found by iteration
    from the median and the median absolute deviation.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN is left out.
    groups : ndarray of int, shape (n,)
        Group of each value, 0 … count − 1; values of other numbers are left out.
    count : int
        Number of groups.
    clip : float
        Half width of the part that is fitted, in sigma.
    iterations : int
        Most steps of one fit.

    Returns
    -------
    GaussianFits
    """
    values, groups = read_only(values, np.float64), read_only(groups, np.int64)
    numbers = np.zeros(count, dtype=np.int64)
    ordered = np.empty(len(values))
    _sort_into_groups(values, groups, numbers, ordered)
    inside = math.erf(clip / math.sqrt(2.0))
    shrink = 1.0 - 2.0 * clip * math.exp(-0.5 * clip * clip) / math.sqrt(2.0 * math.pi) / inside
    mean, sigma, used = np.empty(count), np.empty(count), np.empty(count, dtype=np.int64)
    _fit_groups(ordered, numbers, clip, shrink, iterations, mean, sigma, used)
    return GaussianFits(numbers, mean, sigma, used)


@compiled
def _sort_into_groups(values: np.ndarray, groups: np.ndarray, numbers: np.ndarray, ordered: np.ndarray) -> None:
    """Count the values of each group and put them side by side, group after group, in their order."""
    for i in range(len(values)):
        if 0 <= groups[i] < len(numbers) and not math.isnan(values[i]):
            numbers[groups[i]] += 1
    place = np.zeros(len(numbers), dtype=np.int64)
    for g in range(1, len(numbers)):
        place[g] = place[g - 1] + numbers[g - 1]
    for i in range(len(values)):
        if 0 <= groups[i] < len(numbers) and not math.isnan(values[i]):
            ordered[place[groups[i]]] = values[i]
            place[groups[i]] += 1


@compiled_parallel
def _fit_groups(
    ordered: np.ndarray,
    numbers: np.ndarray,
    clip: float,
    shrink: float,
    iterations: int,
    mean: np.ndarray,
    sigma: np.ndarray,
    used: np.ndarray,
) -> None:
    ends = np.cumsum(numbers)
    for g in prange(len(numbers)):
        part = ordered[ends[g] - numbers[g] : ends[g]]
        mean[g], sigma[g], used[g] = _fit_one(part, clip, shrink, iterations)


@compiled
def _fit_one(part: np.ndarray, clip: float, shrink: float, iterations: int) -> tuple[float, float, int]:
    """Return mean, sigma and number of values used of one group."""
    if len(part) == 0:
        return np.nan, np.nan, 0
    low, high = part.min(), part.max()
    centre = _middle(part, low, high)
    deviation = part - centre
    mean, sigma = 0.0, MAD_TO_SIGMA * _middle(np.abs(deviation), 0.0, max(high - centre, centre - low))
    used, last = 0, np.inf
    for _ in range(iterations):
        count, total, squares = _sums_within(deviation, mean - clip * sigma, mean + clip * sigma)
        if count == 0 or (count == used and total == last):
            break
        used, last = count, total
        mean = total / count
        sigma = math.sqrt(max(squares / count - mean * mean, 0.0) / shrink)
    return centre + mean, sigma, used


@compiled
def _middle(values: np.ndarray, low: float, high: float) -> float:
    """Return the median of values between two limits, to within 1/64 of the values; counting beats sorting."""
    below_low, below_high = 0, len(values)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = 0
        for k in range(len(values)):
            below += values[k] < middle
        if 2 * below < len(values):
            low, below_low = middle, below
        else:
            high, below_high = middle, below
        if below_high - below_low <= 1 + len(values) // 64:
            break
    return 0.5 * (low + high)


@compiled
def _sums_within(values: np.ndarray, low: float, high: float) -> tuple[int, float, float]:
    """Return number, sum and sum of squares of the values between two limits; four lanes, always added alike."""
    count = 0
    total, squares = np.zeros(4), np.zeros(4)
    for k in range(len(values)):
        inside = (values[k] >= low) & (values[k] <= high)
        value = values[k] if inside else 0.0
        count += inside
        total[k & 3] += value
        squares[k & 3] += value * value
    return count, total.sum(), squares.sum()
