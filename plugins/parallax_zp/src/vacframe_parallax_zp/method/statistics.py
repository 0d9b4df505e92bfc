"""Medians with bootstrap errors, and Gaussian fits of the offsets of a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vacframe.astro.gaussian_fit import fit_gaussians
from vacframe.astro.robust import mad_sigma

Uniform = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Offset:
    """Statistics of the offsets of n stars; NaN where there is none.

    Attributes
    ----------
    n : int
    median, median_error : float
        The error is the standard deviation of the medians of bootstrap samples.
    scatter : float
        Robust standard deviation.
    mean, mean_error, sigma : float
        Gaussian fit: mean, sigma / sqrt(n), sigma.
    """

    n: int
    median: float
    median_error: float
    scatter: float
    mean: float
    mean_error: float
    sigma: float


def describe(values: np.ndarray, fit: Any, uniform: Uniform) -> Offset:
    """Return the statistics of offsets.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN is left out.
    fit : GaussianFit
        Options of the fit.
    uniform : callable
        Returns fresh uniform random numbers in (0, 1), one for each bootstrap sample.
    """
    ordered = np.sort(values[~np.isnan(values)])
    found = fit_gaussians(ordered, np.zeros(len(ordered), dtype=np.int64), 1, fit.clip, fit.iterations)
    medians = bootstrap_medians(ordered, uniform)
    return Offset(
        n=len(ordered),
        median=float(np.median(ordered)) if len(ordered) else np.nan,
        median_error=float((medians - medians[0]).std(ddof=1)) if len(ordered) else np.nan,
        scatter=float(mad_sigma(ordered)),
        mean=float(found.mean[0]),
        mean_error=float(found.mean_error[0]),
        sigma=float(found.sigma[0]),
    )


def bootstrap_medians(ordered: np.ndarray, uniform: Uniform) -> np.ndarray:
    """Return the medians of bootstrap samples without drawing the samples.

    The m-th smallest of n draws with replacement from n sorted values is the one of rank ceil(n U), U the m-th
    smallest of n uniform numbers, which has the distribution Beta(m, n + 1 − m); given it, the next one is
    1 − (1 − U) V^(1 / (n − m)) with V uniform. So the medians have exactly the distribution of drawn ones.

    Parameters
    ----------
    ordered : ndarray, shape (n,)
        Sorted values.
    uniform : callable
        As in `describe`.

    Returns
    -------
    ndarray, shape (number of samples,)
    """
    from scipy.special import betaincinv

    n = len(ordered)
    if not n:
        return np.full(len(uniform()), np.nan)
    m = (n + 1) // 2
    low = betaincinv(m, n + 1 - m, uniform())
    first = ordered[_rank(low, n)]
    if n % 2:
        return first
    high = 1.0 - (1.0 - low) * uniform() ** (1.0 / (n - m))
    return 0.5 * (first + ordered[_rank(high, n)])


def _rank(u: np.ndarray, n: int) -> np.ndarray:
    return np.clip(np.ceil(n * u).astype(np.int64) - 1, 0, n - 1)
