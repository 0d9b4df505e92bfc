"""Robust Gaussian fits to the values of many groups, all groups at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled, compiled_parallel, read_only
from vacframe.astro.robust import MAD_TO_SIGMA


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
        part = np.sort(ordered[ends[g] - numbers[g] : ends[g]])
        mean[g], sigma[g], used[g] = _fit_sorted(part, clip, shrink, iterations)


@compiled
def _fit_sorted(part: np.ndarray, clip: float, shrink: float, iterations: int) -> tuple[float, float, int]:
    """Return mean, sigma and number of values used of one group, sorted."""
    n = len(part)
    if n == 0:
        return np.nan, np.nan, 0
    mean = _median(part)
    sigma = MAD_TO_SIGMA * _median(np.sort(np.abs(part - mean)))
    first, last = 0, n
    for step in range(iterations):
        low, high = mean - clip * sigma, mean + clip * sigma
        start, stop = int(np.searchsorted(part, low)), int(np.searchsorted(part, high, side="right"))
        if stop == start or (start == first and stop == last and step > 0):
            break
        first, last = start, stop
        mean = part[first:last].mean()
        sigma = math.sqrt(((part[first:last] - mean) ** 2).mean() / shrink)
    return mean, sigma, last - first


@compiled
def _median(ordered: np.ndarray) -> float:
    n = len(ordered)
    return float(0.5 * (ordered[(n - 1) // 2] + ordered[n // 2]))
