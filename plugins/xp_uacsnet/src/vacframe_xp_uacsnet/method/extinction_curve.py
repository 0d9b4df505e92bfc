"""The extinction curve of Zhang et al. (2024), from the data of the package XP_Extinction_Toolkit."""

from __future__ import annotations

from functools import cache

import numpy as np

from vacframe import distribution_file
from vacframe_xp_uacsnet.xp_pixels import WAVELENGTHS

DISTRIBUTION = "XP_Extinction_Toolkit"
CURVE_FILE = "XP_extinction_curve.csv"


@cache
def extinction_curve() -> np.ndarray:
    """Return E(λ-55) / E(44-55) on the grid of sampled spectra, shape (343,).

    Raises
    ------
    PluginError
        If the distribution is not installed.
    """
    table = np.loadtxt(
        distribution_file(DISTRIBUTION, CURVE_FILE, "xp_features"), delimiter=",", skiprows=1, usecols=(1, 2)
    )
    return np.interp(WAVELENGTHS, table[:, 0], table[:, 1])
