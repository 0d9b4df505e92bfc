"""Shifting spectra by fractional pixels, with their inverse variances and masks."""

from __future__ import annotations

import numpy as np

from vacframe.astro.jit import read_only
from vacframe.astro.kernels import shift_rows


def shift_spectra(
    flux: np.ndarray, ivar: np.ndarray, mask: np.ndarray, shift: np.ndarray, window: range
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of `window` of spectra shifted by fractional pixels.

    A pixel is bad where `mask` is not 0, the flux is not finite or the inverse variance is not positive and
    finite; the values of bad pixels are never used. Output pixel i takes the flux at input pixel i + shift:
    four-point Lagrange interpolation where the four pixels around it are good, linear interpolation where
    only the inner two are, bad otherwise. Variances are propagated (correlations between neighbours are not
    kept). A whole shift copies.

    Parameters
    ----------
    flux, ivar : ndarray of float32, shape (n, pixels)
        Spectra on a common grid.
    mask : ndarray of uint8, shape (n, pixels)
        0 at good pixels.
    shift : ndarray of float64, shape (n,)
        Pixels. On a grid uniform in log10 of the wavelength, log10(1 + z) over its step takes a redshift out.
    window : range
        Pixels wanted, after the shift.

    Returns
    -------
    flux, ivar : ndarray of float32, shape (n, len(window))
        Both 0 at bad pixels, at those from beyond the spectrum, and throughout where the shift is not finite.
    """
    shape = (len(flux), len(window))
    moved, weight = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    spectra = (read_only(flux, np.float32), read_only(ivar, np.float32), read_only(mask, np.uint8))
    shift_rows(*spectra, read_only(shift, np.float64), window.start, moved, weight)
    return moved, weight
