"""Rest-frame spectra over their pseudo-continuum, many spectra at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vacframe.astro.jit import read_only
from vacframe.astro.kernels import normalise_rows
from vacframe.astro.polynomials import polynomial_basis
from vacframe.astro.running_median import check_width


@dataclass(frozen=True)
class Normalised:
    """Normalised spectra of m windows, npix pixels in all.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, npix)
        Flux over pseudo-continuum. A bad pixel between good ones of its window is interpolated linearly
        between them; 1 before the first and after the last good pixel of a window.
    ivar : ndarray of float32, shape (n, npix)
        Inverse variance of `flux`; 0 at bad pixels.
    bad_fraction : ndarray of float64, shape (n, m)
        Fraction of bad pixels in each window; 1 where the shift is not finite.
    lowest : ndarray of float64, shape (n, m)
        Smallest value of the pseudo-continuum in each window, in units of the input flux; NaN where no
        polynomial could be fitted. Where it is not positive the normalised spectrum has no meaning.
    """

    flux: np.ndarray
    ivar: np.ndarray
    bad_fraction: np.ndarray
    lowest: np.ndarray


def normalise(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: np.ndarray,
    wavelength: np.ndarray,
    windows: tuple[range, ...],
    *,
    median_pixels: int = 21,
    degree: int = 6,
) -> Normalised:
    """Shift spectra by fractional pixels, then divide each window by its pseudo-continuum.

    The shift is that of `vacframe.astro.shift.shift_spectra`, with its meaning of good and bad pixels. The
    pseudo-continuum is the least-squares polynomial through the running median of the shifted window (Wang
    et al. 2022, ApJS 259, 51, section 2.2). The median is over the good pixels within ``median_pixels // 2``
    of the pixel and inside the window; at the window's ends it is over those pixels that there are. Pixels
    without any do not enter the fit.

    Parameters
    ----------
    flux, ivar : ndarray of float32, shape (n, pixels)
        Spectra on a common grid, uniform in the logarithm of the wavelength.
    mask : ndarray of uint8, shape (n, pixels)
        0 at good pixels.
    shift : ndarray of float64, shape (n,)
        Pixels; log10(1 + z) over the grid's step takes a redshift out.
    wavelength : ndarray of float64, shape (pixels,)
        Of the pixels, before and after the shift; abscissa of the polynomial.
    windows : tuple of range
        Pixels of each window after the shift.
    median_pixels : int
        Width of the running median; odd.
    degree : int
        Degree of the polynomial in wavelength.

    Raises
    ------
    ValueError
        If `median_pixels` is even or a window has too few pixels.
    """
    check_width(median_pixels)
    starts = np.array([w.start for w in windows], dtype=np.int64)
    ends = np.cumsum([0, *(len(w) for w in windows)], dtype=np.int64)
    bases = [polynomial_basis(wavelength[w.start : w.stop], degree).ravel() for w in windows]
    n, npix = len(flux), int(ends[-1])
    made = Normalised(
        np.empty((n, npix), dtype=np.float32),
        np.empty((n, npix), dtype=np.float32),
        np.empty((n, len(windows))),
        np.empty((n, len(windows))),
    )
    spectra = (read_only(flux, np.float32), read_only(ivar, np.float32), read_only(mask, np.uint8))
    normalise_rows(
        *spectra,
        read_only(shift, np.float64),
        starts,
        ends,
        np.concatenate(bases),
        degree + 1,
        median_pixels,
        made.flux,
        made.ivar,
        made.bad_fraction,
        made.lowest,
    )
    return made
