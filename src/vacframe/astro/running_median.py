"""Running medians of many spectra at once, over their good pixels."""

from __future__ import annotations

import numpy as np

from vacframe.astro.jit import read_only
from vacframe.astro.kernels import median_rows


def running_median(values: np.ndarray, good: np.ndarray, width: int) -> np.ndarray:
    """Return the running median over good pixels.

    Parameters
    ----------
    values : ndarray, shape (n, pixels)
        Used as float32.
    good : ndarray of bool, shape (n, pixels)
        Values of other pixels are never looked at.
    width : int
        Odd number of pixels. At the ends the window holds those pixels that there are.

    Returns
    -------
    ndarray of float64, shape (n, pixels)
        The mean of the middle two for an even number of good pixels; NaN where there is none. Equal to
        ``pandas.Series.rolling(width, center=True, min_periods=1).median()``.
    """
    check_width(width)
    out = np.empty(np.shape(values))
    median_rows(read_only(values, np.float32), read_only(good, np.bool_), width, out)
    return out


def check_width(width: int) -> None:
    """Raise ValueError unless `width` is a positive odd number."""
    if width < 1 or width % 2 == 0:
        raise ValueError(f"the running median needs an odd number of pixels, not {width}")
