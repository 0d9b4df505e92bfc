"""Normalised spectra at the survey's resolution."""

from __future__ import annotations

import numpy as np

from vacframe_mock_survey.atmosphere import PIXELS, star_spectrum
from vacframe_mock_survey.tables import tables


def normalised(
    teff: np.ndarray, logg: np.ndarray, metals: np.ndarray, alpha: np.ndarray, velocity: np.ndarray
) -> np.ndarray:
    """Return normalised spectra, shape (n, PIXELS), float32.

    Parameters
    ----------
    teff, logg : ndarray, shape (n,)
        K and dex.
    metals, alpha : ndarray, shape (n,)
        [X/H] of the non-alpha elements ([Fe/H]), and what alpha elements have beyond it, dex.
    velocity : ndarray, shape (n,)
        Radial velocity, km/s.
    """
    table = tables()
    out = np.ones((len(teff), PIXELS), dtype=np.float32)
    labels = np.stack([teff, logg, metals, alpha, velocity], axis=1).astype(float)
    for row, spectrum in zip(labels.tolist(), out, strict=True):
        star_spectrum(*row, table, spectrum)
    return out
