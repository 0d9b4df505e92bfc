"""Which stars a second training keeps, after section 3.3 of Wang et al. (2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vacframe_nn_labels.method.scatter import robust_scatter

if TYPE_CHECKING:
    from vacframe_nn_labels.config import Refit


def fitting_stars(label: np.ndarray, estimate: np.ndarray, options: Refit) -> np.ndarray:
    """Return which of n stars are kept: no likely binaries, and no outliers but among the faintest.

    Parameters
    ----------
    label, estimate : ndarray, shape (n,)
        Absolute magnitude from photometry and distance, and from the spectrum by the first training.
    options : Refit

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    excess = label - estimate
    outlier = np.abs(excess - np.median(excess)) > options.sigma * robust_scatter(excess)
    binary = excess < -options.brighter
    return ~(binary | (outlier & (label <= options.keep_above)))
