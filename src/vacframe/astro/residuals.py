"""Statistics of residuals: bias, robust scatter, outliers, and whether stated errors cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vacframe.astro.robust import mad_sigma, nan_median


@dataclass(frozen=True)
class ResidualStatistics:
    """What a group of rows says; differences are estimate minus truth, pulls are differences over stated errors.

    Attributes
    ----------
    number : int
        Rows.
    bias : float
        Median difference.
    scatter : float
        1.4826 times the median absolute deviation of the differences.
    p16, p84 : float
        16th and 84th percentile of the differences.
    outliers : float
        Fraction of the rows further than `outlier` scatters from the bias (0.0027 for a Gaussian and 3).
    pulls : int
        Rows that state an error above 0.
    pull_bias, pull_scatter : float
        Median and robust scatter of the pulls (0 and 1 where the errors are right).
    within_1, within_2 : float
        Fraction of the pulls within ±1 and ±2 (0.683 and 0.954 where the errors are right).
    """

    number: int
    bias: float
    scatter: float
    p16: float
    p84: float
    outliers: float
    pulls: int
    pull_bias: float
    pull_scatter: float
    within_1: float
    within_2: float


def residual_statistics(difference: np.ndarray, error: np.ndarray, outlier: float = 3.0) -> ResidualStatistics:
    """Return the statistics of differences and of their pulls.

    Parameters
    ----------
    difference : ndarray, shape (n,)
        Finite.
    error : ndarray, shape (n,)
        Stated errors; NaN where none is.
    outlier : float
        Number of scatters.
    """
    bias, scatter = float(nan_median(difference)), float(mad_sigma(difference))
    p16, p84 = np.quantile(difference, [0.16, 0.84]) if len(difference) else (np.nan, np.nan)
    stated = np.isfinite(error)
    pull = difference[stated] / error[stated]
    return ResidualStatistics(
        number=len(difference), bias=bias, scatter=scatter, p16=float(p16), p84=float(p84),
        outliers=_fraction(np.abs(difference - bias) > outlier * scatter),
        pulls=len(pull), pull_bias=float(nan_median(pull)), pull_scatter=float(mad_sigma(pull)),
        within_1=_fraction(np.abs(pull) <= 1), within_2=_fraction(np.abs(pull) <= 2),
    )  # fmt: skip


def _fraction(chosen: np.ndarray) -> float:
    return float(chosen.mean()) if len(chosen) else float("nan")
