"""Spectral energy distributions of the mock's stars from 323 to 1052 nm."""

from __future__ import annotations

import numpy as np

from vacframe_mock_survey.atmosphere import STEP, continuum_flux
from vacframe_mock_survey.spectrograph import extinction_curve
from vacframe_mock_survey.synthesis import normalised
from vacframe_mock_survey.tables import BROAD_FIRST, BROAD_PIXELS, broad_tables

WAVELENGTH = 10.0 ** (BROAD_FIRST + STEP * np.arange(BROAD_PIXELS))
"""Vacuum wavelengths, Å, of the pixels."""
_NODES = WAVELENGTH[:: BROAD_PIXELS // 170]
"""Wavelengths, Å, at which the continuum is computed: closer than the low-dispersion spectra resolve."""


def flux_densities(labels: dict[str, np.ndarray], ebv: np.ndarray) -> np.ndarray:
    """Return reddened flux densities per wavelength, any unit, shape (n, BROAD_PIXELS).

    Parameters
    ----------
    labels : dict of ndarray, shape (n,)
        ``teff`` (K), ``logg``, ``feh``, ``alpha_m``, ``c_fe``, ``n_fe``.
    ebv : ndarray, shape (n,)
        E(B−V), SFD scale, magnitudes.
    """
    names = ("teff", "logg", "feh", "alpha_m", "c_fe", "n_fe")
    columns = [np.asarray(labels[name], dtype=float) for name in names]
    out = normalised(*columns, np.zeros(len(ebv)), broad_tables()).astype(float)
    curve, table = extinction_curve(WAVELENGTH), broad_tables()
    level = np.empty(len(_NODES))
    for row, spectrum in enumerate(out):
        continuum_flux(*(column[row] for column in columns[:4]), _NODES, table, level)
        spectrum *= np.interp(WAVELENGTH, _NODES, level) * 10.0 ** (-0.4 * curve * float(ebv[row]))
    return out
