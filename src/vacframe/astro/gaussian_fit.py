"""Robust Gaussian fits to the values of many groups, all groups at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, prange

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
    runs = max(1, min(get_num_threads(), len(values) // max(count, 1)))
    _sort_into_groups(values, groups, np.zeros((runs, count), dtype=np.int64), numbers, ordered)
    inside = math.erf(clip / math.sqrt(2.0))
    shrink = 1.0 - 2.0 * clip * math.exp(-0.5 * clip * clip) / math.sqrt(2.0 * math.pi) / inside
    mean, sigma, used = np.empty(count), np.empty(count), np.empty(count, dtype=np.int64)
    _fit_groups(ordered, numbers, clip, shrink, iterations, mean, sigma, used)
    return GaussianFits(numbers, mean, sigma, used)


@compiled_parallel
def _sort_into_groups(
    values: np.ndarray, groups: np.ndarray, place: np.ndarray, numbers: np.ndarray, ordered: np.ndarray
) -> None:
    """Count the values of each group and put them side by side, group after group, in their order.

    A counting sort; `place`, zeros of shape (runs, groups), says in how many runs of the values it is done at once.
    """
    n, (runs, count) = len(values), place.shape
    for r in prange(runs):
        own = place[r]
        for i in range(n * r // runs, n * (r + 1) // runs):
            if 0 <= groups[i] < count and not math.isnan(values[i]):
                own[groups[i]] += 1
    end = 0
    for g in range(count):
        start = end
        for r in range(runs):
            number = place[r, g]
            place[r, g] = end
            end += number
        numbers[g] = end - start
    for r in prange(runs):
        own = place[r]
        for i in range(n * r // runs, n * (r + 1) // runs):
            if 0 <= groups[i] < count and not math.isnan(values[i]):
                ordered[own[groups[i]]] = values[i]
                own[groups[i]] += 1


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
    low = high = part[0]
    for k in range(1, len(part)):
        low, high = min(low, part[k]), max(high, part[k])
    centre = low + _median_distance(part, low, high - low)
    mean, sigma = 0.0, MAD_TO_SIGMA * _median_distance(part, centre, max(high - centre, centre - low))
    used, last = 0, np.inf
    for _ in range(iterations):
        count, total, squares = _sums_within(part, centre, mean - clip * sigma, mean + clip * sigma)
        if count == 0 or (count == used and total == last):
            break
        used, last = count, total
        mean = total / count
        sigma = math.sqrt(max(squares / count - mean * mean, 0.0) / shrink)
        if count == len(part) and max(high - centre - mean, mean - (low - centre)) <= clip * sigma:
            break  # all values are within the limits, and would be in the next step
    return centre + mean, sigma, used


@compiled
def _median_distance(values: np.ndarray, point: float, farthest: float) -> float:
    """Return the median of |values - point|, to within 1/64 of the values; counting beats sorting."""
    low, high = 0.0, farthest
    below_low, below_high = 0, len(values)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = 0
        for k in range(len(values)):
            below += abs(values[k] - point) < middle
        if 2 * below < len(values):
            low, below_low = middle, below
        else:
            high, below_high = middle, below
        if below_high - below_low <= 1 + len(values) // 64:
            break
    return 0.5 * (low + high)


@compiled
def _sums_within(values: np.ndarray, point: float, low: float, high: float) -> tuple[int, float, float]:
    """Return number, sum and sum of squares of the values - point between two limits.

    Four sums side by side, always added alike: the processor adds them at once, and the result is the same everywhere.
    """
    count, whole = 0, len(values) // 4 * 4
    a = b = c = d = aa = bb = cc = dd = 0.0
    for k in range(0, whole, 4):
        n0, v0 = _inside(values[k] - point, low, high)
        n1, v1 = _inside(values[k + 1] - point, low, high)
        n2, v2 = _inside(values[k + 2] - point, low, high)
        n3, v3 = _inside(values[k + 3] - point, low, high)
        count += n0 + n1 + n2 + n3
        a, b, c, d = a + v0, b + v1, c + v2, d + v3
        aa, bb, cc, dd = aa + v0 * v0, bb + v1 * v1, cc + v2 * v2, dd + v3 * v3
    for k in range(whole, len(values)):
        n0, v0 = _inside(values[k] - point, low, high)
        count, a, aa = count + n0, a + v0, aa + v0 * v0
    return count, (a + b) + (c + d), (aa + bb) + (cc + dd)


@compiled
def _inside(value: float, low: float, high: float) -> tuple[int, float]:
    inside = (value >= low) & (value <= high)
    return int(inside), value if inside else 0.0
