"""Robust statistics; missing values (NaN) are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAD_TO_SIGMA = 1.482602218505602
"""Standard deviation of a Gaussian over its median absolute deviation: 1 / Φ⁻¹(3/4)."""


def mad_sigma(values: np.ndarray, axis: int | None = None) -> np.ndarray | float:
    """Return the robust standard deviation, 1.4826 times the median absolute deviation from the median.

    Parameters
    ----------
    values : ndarray
        NaN is left out.
    axis : int, optional
        Axis to reduce; None is all.

    Returns
    -------
    float or ndarray
        In the unit of `values`; NaN where there is no value.
    """
    middle = nan_median(values, axis=axis, keepdims=True)
    return MAD_TO_SIGMA * nan_median(np.abs(values - middle), axis=axis)


def nan_median(values: np.ndarray, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Return the median of the values that are not NaN; NaN, without a warning, where there is none."""
    values = np.asarray(values, dtype=np.float64)
    if axis is None:
        shape, values, axis = (1,) * values.ndim, values.reshape(-1), 0
        result = nan_median(values, axis=0)
        return result.reshape(shape) if keepdims else result
    ordered = np.sort(values, axis=axis)
    count = np.sum(~np.isnan(ordered), axis=axis, keepdims=True)
    if not values.shape[axis]:
        ordered = np.full(count.shape, np.nan)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, ordered.shape[axis] - 1), axis=axis)
    middle = np.where(count > 0, 0.5 * (low + high), np.nan)
    return middle if keepdims else np.squeeze(middle, axis=axis)


@dataclass(frozen=True)
class GroupStatistics:
    """Robust statistics of g groups, each array of shape (g,).

    Attributes
    ----------
    group : ndarray
        The distinct labels, ascending.
    count : ndarray of int64
        Values that are not NaN.
    median, sigma : ndarray of float64
        Median and `mad_sigma`; NaN where a group has no value.
    """

    group: np.ndarray
    count: np.ndarray
    median: np.ndarray
    sigma: np.ndarray


def by_group(values: np.ndarray, groups: np.ndarray) -> GroupStatistics:
    """Return count, median and `mad_sigma` of the values of each group, by sorting once.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN is left out.
    groups : ndarray, shape (n,)
        Label of each value's group (a bin number, a name).
    """
    values = np.asarray(values, dtype=np.float64)
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    known = ~np.isnan(values)
    values, group = values[known], group[known]
    count = np.bincount(group, minlength=len(names))
    median = _group_medians(values, group, count)
    sigma = MAD_TO_SIGMA * _group_medians(np.abs(values - median[group]), group, count)
    return GroupStatistics(names, count, median, sigma)


def _group_medians(values: np.ndarray, group: np.ndarray, count: np.ndarray) -> np.ndarray:
    ordered = values[np.lexsort((values, group))]
    first = np.cumsum(count) - count
    median = np.full(len(count), np.nan)
    some = count > 0
    low = (first + (count - 1) // 2)[some]
    high = (first + count // 2)[some]
    median[some] = 0.5 * (ordered[low] + ordered[high])
    return median
