"""Normalised spectra of stars."""

from __future__ import annotations

import numpy as np

from vacframe_mock_survey.method.spectra.atmosphere import star_spectrum
from vacframe_mock_survey.method.spectra.tables import Tables, tables


def normalised(
    teff: np.ndarray,
    logg: np.ndarray,
    metals: np.ndarray,
    alpha: np.ndarray,
    carbon: np.ndarray,
    nitrogen: np.ndarray,
    velocity: np.ndarray,
    table: Tables | None = None,
) -> np.ndarray:
    """Return normalised spectra, shape (n, n_pixel), float32.

    Parameters
    ----------
    teff, logg : ndarray, shape (n,)
        K and dex.
    metals : ndarray, shape (n,)
        [X/H] of the elements not named below, [Fe/H].
    alpha, carbon, nitrogen : ndarray, shape (n,)
        What the alpha elements, carbon and nitrogen have beyond it, dex.
    velocity : ndarray, shape (n,)
        Radial velocity, km/s.
    table : Tables, optional
        Grid and lines; by default those of the survey.
    """
    table = table or tables()
    out = np.ones((len(teff), table.pixel_zone.size), dtype=np.float32)
    labels = np.stack([teff, logg, metals, alpha, carbon, nitrogen, velocity], axis=1).astype(float)
    for row, spectrum in zip(labels.tolist(), out, strict=True):
        star_spectrum(*row, table, spectrum)
    return out
