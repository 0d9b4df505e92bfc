"""The extinction curve of Zhang et al. (2024), from the data of the package XP_Extinction_Toolkit."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

from vacframe.core.errors import PluginError
from vacframe_xp_uacsnet.grid import WAVELENGTHS

DISTRIBUTION = "XP_Extinction_Toolkit"
CURVE_FILE = "XP_extinction_curve.csv"


def curve_path() -> Path:
    """Return the file of the curve, without importing the package.

    Raises
    ------
    PluginError
        If the distribution is not installed or has no such file.
    """
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == CURVE_FILE:
            return Path(str(file.locate()))
    raise PluginError(f"xp_features: {CURVE_FILE} of the package {DISTRIBUTION} not found; pip install {DISTRIBUTION}")


@cache
def extinction_curve() -> np.ndarray:
    """Return E(λ-55) / E(44-55) on the grid of sampled spectra, shape (343,)."""
    table = np.loadtxt(curve_path(), delimiter=",", skiprows=1, usecols=(1, 2))
    return np.interp(WAVELENGTHS, table[:, 0], table[:, 1])
