"""The robust scatter that the stored numbers hold: 1.4826 times the median absolute deviation from the median."""

from __future__ import annotations

import numpy as np

from vacframe.astro.robust import MAD_TO_SIGMA, nan_median

ROUNDED = 1.4826 / MAD_TO_SIGMA
"""The products state 1.4826, which `mad_sigma` has with all its digits."""


def robust_scatter(values: np.ndarray) -> float:
    """Return 1.4826 times the median absolute deviation from the median; NaN where there is no value."""
    middle = nan_median(values)
    return float(1.4826 * nan_median(np.abs(values - middle)))
