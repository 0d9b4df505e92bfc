"""Rest-frame spectra over their pseudo-continuum: shift, running median and polynomial, many spectra at once.

All kernels are compiled by numba at the first call and cached on disk. They live in one module because numba
notices a changed source file only for the module of the function that is called. Every spectrum is computed by
itself in a fixed order of operations, so that its numbers depend on no other spectrum and on no thread count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled, compiled_parallel

_SMALLEST_PIVOT = 1e-9
"""Smallest Cholesky pivot (1 where no pixel lacks a median) at which a polynomial counts as determined."""


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

    The pseudo-continuum is the least-squares polynomial through the running median of the shifted window
    (Wang et al. 2022, ApJS 259, 51, section 2.2). A pixel is bad where `mask` is not 0, the flux is not
    finite or the inverse variance is not positive and finite; the values of bad pixels are never used.

    Output pixel i of a window takes the flux at input pixel i + shift: four-point Lagrange interpolation
    where the four pixels around it are good, linear interpolation where only the inner two are, bad
    otherwise. Variances are propagated (correlations between neighbours are not kept). A whole shift copies.

    The running median is over the good pixels within ``median_pixels // 2`` of the pixel and inside the
    window; at the window's ends it is over those pixels that there are. Pixels without any do not enter the
    fit.

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
    _check_width(median_pixels)
    starts = np.array([w.start for w in windows], dtype=np.int64)
    ends = np.cumsum([0, *(len(w) for w in windows)])
    basis = np.concatenate([polynomial_basis(wavelength[w.start : w.stop], degree) for w in windows], axis=1)
    n, npix = len(flux), int(ends[-1])
    made = Normalised(
        np.empty((n, npix), dtype=np.float32),
        np.empty((n, npix), dtype=np.float32),
        np.empty((n, len(windows))),
        np.empty((n, len(windows))),
    )
    given = (_frozen(flux, np.float32), _frozen(ivar, np.float32), _frozen(mask, np.uint8), _frozen(shift, np.float64))
    _normalise(*given, starts, ends, basis, median_pixels, made.flux, made.ivar, made.bad_fraction, made.lowest)
    return made


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
    _check_width(width)
    out = np.empty(np.shape(values))
    _running_medians(_frozen(values, np.float32), _frozen(good, np.bool_), width, out)
    return out


def polynomial_basis(x: np.ndarray, degree: int) -> np.ndarray:
    """Return orthonormal polynomials on `x`, shape (degree + 1, pixels): one projection fits every spectrum.

    Legendre polynomials, orthogonalised twice by modified Gram–Schmidt; no LAPACK, whose last bit may depend
    on the number of threads.

    Parameters
    ----------
    x : ndarray, shape (pixels,)
        Abscissae, any unit.
    degree : int
        Highest degree.

    Raises
    ------
    ValueError
        If there are not more abscissae than `degree`.
    """
    if len(x) <= degree:
        raise ValueError(f"{len(x)} pixels do not determine a polynomial of degree {degree}")
    low, high = np.min(x), np.max(x)
    basis = np.polynomial.legendre.legvander((2 * x - low - high) / max(high - low, 1e-300), degree).T.copy()
    for _ in range(2):
        for k, row in enumerate(basis):
            for other in basis[:k]:
                row -= (row * other).sum() * other
            row /= np.sqrt((row * row).sum())
    return basis


def fit_polynomials(values: np.ndarray, known: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return the least-squares polynomial through each row's known values.

    Parameters
    ----------
    values : ndarray of float64, shape (n, pixels)
        What is fitted.
    known : ndarray of bool, shape (n, pixels)
        Values that enter; the others are never looked at.
    basis : ndarray of float64, shape (degree + 1, pixels)
        From `polynomial_basis`.

    Returns
    -------
    ndarray of float64, shape (n, pixels)
        The polynomial at every pixel; NaN in rows whose known values do not determine it.
    """
    out = np.empty(np.shape(values))
    _fit_polynomials(_frozen(values, np.float64), _frozen(known, np.bool_), basis, out)
    return out


def _check_width(width: int) -> None:
    if width < 1 or width % 2 == 0:
        raise ValueError(f"the running median needs an odd number of pixels, not {width}")


def _frozen(values: np.ndarray, dtype: type) -> np.ndarray:
    """Return a contiguous read-only view, so that numba compiles one version only."""
    view: np.ndarray = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


@compiled_parallel
def _normalise(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    basis: np.ndarray,
    width: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
    bad_fraction: np.ndarray,
    lowest: np.ndarray,
) -> None:
    """Fill the four outputs, one spectrum per iteration; window w takes output pixels ends[w] to ends[w + 1]."""
    for row in prange(len(flux)):
        for w in range(len(starts)):
            pixels = slice(ends[w], ends[w + 1])
            shifted, weight = out_flux[row, pixels], out_ivar[row, pixels]
            bad = _shift_row(flux[row], ivar[row], mask[row], shift[row], starts[w], shifted, weight)
            bad_fraction[row, w] = bad / len(shifted)
            good = weight > 0
            smooth = np.empty(len(shifted))
            _running_median_row(shifted, good, width, smooth)
            polynomials = basis[:, pixels]
            coefficients = _fit_row(smooth, np.isfinite(smooth), polynomials)
            _evaluate_row(coefficients, polynomials, smooth)
            lowest[row, w] = _lowest(smooth)
            _divide_row(smooth, shifted, weight)


@compiled_parallel
def _running_medians(values: np.ndarray, good: np.ndarray, width: int, out: np.ndarray) -> None:
    for row in prange(len(values)):
        _running_median_row(values[row], good[row], width, out[row])


@compiled_parallel
def _fit_polynomials(values: np.ndarray, known: np.ndarray, basis: np.ndarray, out: np.ndarray) -> None:
    for row in prange(len(values)):
        _evaluate_row(_fit_row(values[row], known[row], basis), basis, out[row])


@compiled
def _is_good(flux: float, ivar: float, mask: int) -> bool:
    return mask == 0 and ivar > 0 and math.isfinite(ivar) and math.isfinite(flux)


@compiled
def _shift_row(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: float,
    start: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
) -> int:
    """Write the shifted flux and inverse variance (both 0 at bad pixels); return the number of bad pixels."""
    size = len(out_flux)
    out_flux[:] = 0
    out_ivar[:] = 0
    if not abs(shift) < len(flux):
        return size
    whole = math.floor(shift)
    t = shift - whole
    first = start + int(whole) - 1
    good = np.zeros(size + 3, dtype=np.bool_)
    for j in range(max(0, -first), min(size + 3, len(flux) - first)):
        good[j] = _is_good(flux[first + j], ivar[first + j], mask[first + j])
    a, b = -t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2
    c, d = -(t + 1) * t * (t - 2) / 2, (t + 1) * t * (t - 1) / 6
    bad = 0
    for i in range(size):
        k = first + i
        if not good[i + 1] or (t > 0 and not good[i + 2]):
            bad += 1
        elif t == 0:
            out_flux[i] = flux[k + 1]
            out_ivar[i] = ivar[k + 1]
        elif good[i] and good[i + 3]:
            out_flux[i] = a * flux[k] + b * flux[k + 1] + c * flux[k + 2] + d * flux[k + 3]
            variance = a * a / ivar[k] + b * b / ivar[k + 1] + c * c / ivar[k + 2] + d * d / ivar[k + 3]
            out_ivar[i] = 1 / variance
        else:
            out_flux[i] = (1 - t) * flux[k + 1] + t * flux[k + 2]
            out_ivar[i] = 1 / ((1 - t) * (1 - t) / ivar[k + 1] + t * t / ivar[k + 2])
    return bad


@compiled
def _running_median_row(values: np.ndarray, good: np.ndarray, width: int, out: np.ndarray) -> None:
    """Slide a window over the pixels and keep its good values in order."""
    size, half = len(values), width // 2
    ordered = np.empty(width, dtype=values.dtype)
    count = 0
    for j in range(min(half, size)):
        if good[j]:
            _insert(ordered, count, values[j])
            count += 1
    for i in range(size):
        leaves = i - half - 1 >= 0 and good[i - half - 1]
        enters = i + half < size and good[i + half]
        if leaves and enters:
            _replace(ordered, count, values[i - half - 1], values[i + half])
        elif leaves:
            _remove(ordered, count, values[i - half - 1])
            count -= 1
        elif enters:
            _insert(ordered, count, values[i + half])
            count += 1
        middle = count // 2
        if count == 0:
            out[i] = np.nan
        elif count % 2:
            out[i] = ordered[middle]
        else:
            out[i] = (np.float64(ordered[middle - 1]) + np.float64(ordered[middle])) / 2


@compiled
def _insert(ordered: np.ndarray, count: int, value: float) -> None:
    """Put `value` among the first `count` ordered values."""
    p = count
    while p > 0 and ordered[p - 1] > value:
        ordered[p] = ordered[p - 1]
        p -= 1
    ordered[p] = value


@compiled
def _remove(ordered: np.ndarray, count: int, value: float) -> None:
    """Take `value`, which is there, out of the first `count` ordered values."""
    p = 0
    while ordered[p] != value:
        p += 1
    for q in range(p, count - 1):
        ordered[q] = ordered[q + 1]


@compiled
def _replace(ordered: np.ndarray, count: int, old: float, new: float) -> None:
    """Put `new` in the place of `old`, which is there, and move it to where it belongs."""
    p = 0
    while ordered[p] != old:
        p += 1
    while p + 1 < count and ordered[p + 1] < new:
        ordered[p] = ordered[p + 1]
        p += 1
    while p > 0 and ordered[p - 1] > new:
        ordered[p] = ordered[p - 1]
        p -= 1
    ordered[p] = new


@compiled
def _fit_row(values: np.ndarray, known: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return the coefficients of the least-squares polynomial through the known values; NaN where undetermined.

    With every value known they are the projections on the orthonormal basis. Otherwise the normal equations
    (1 - U) c = projections are solved, where U sums the outer products of the basis at the unknown pixels.
    """
    terms, size = basis.shape
    coefficients = np.zeros(terms)
    matrix = np.eye(terms)
    for i in range(size):
        if not known[i]:
            for p in range(terms):
                for q in range(p + 1):
                    matrix[p, q] -= basis[p, i] * basis[q, i]
    filled = np.where(known, values, 0.0)
    for k in range(terms):
        coefficients[k] = _dot(basis[k], filled)
    if not known.all():
        _solve(matrix, coefficients)
    return coefficients


@compiled
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Return the inner product, in eight partial sums of fixed order."""
    sums = np.zeros(8)
    whole = len(a) - len(a) % 8
    for i in range(0, whole, 8):
        for lane in range(8):
            sums[lane] += a[i + lane] * b[i + lane]
    for i in range(whole, len(a)):
        sums[0] += a[i] * b[i]
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))


@compiled
def _solve(matrix: np.ndarray, vector: np.ndarray) -> None:
    """Solve in place by Cholesky's method (lower triangle); `vector` becomes NaN where a pivot vanishes."""
    terms = len(vector)
    for p in range(terms):
        for q in range(p + 1):
            total = matrix[p, q]
            for k in range(q):
                total -= matrix[p, k] * matrix[q, k]
            if p == q:
                if not total > _SMALLEST_PIVOT:
                    vector[:] = np.nan
                    return
                matrix[p, p] = math.sqrt(total)
            else:
                matrix[p, q] = total / matrix[q, q]
    for p in range(terms):
        for k in range(p):
            vector[p] -= matrix[p, k] * vector[k]
        vector[p] /= matrix[p, p]
    for p in range(terms - 1, -1, -1):
        for k in range(p + 1, terms):
            vector[p] -= matrix[k, p] * vector[k]
        vector[p] /= matrix[p, p]


@compiled
def _evaluate_row(coefficients: np.ndarray, basis: np.ndarray, out: np.ndarray) -> None:
    out[:] = 0
    for k in range(len(coefficients)):
        factor = coefficients[k]
        for i in range(len(out)):
            out[i] += factor * basis[k, i]


@compiled
def _lowest(values: np.ndarray) -> float:
    """Return the smallest value; NaN where the first is NaN (numba's parallel ``min`` passes over NaN)."""
    low = values[0]
    for value in values:
        if value < low:
            low = value
    return low


@compiled
def _divide_row(continuum: np.ndarray, flux: np.ndarray, ivar: np.ndarray) -> None:
    """Divide in place; fill bad pixels (ivar 0) between good ones linearly, 1 outside them."""
    last = -1
    for i in range(len(flux)):
        if ivar[i] > 0:
            flux[i] = flux[i] / continuum[i]
            ivar[i] = ivar[i] * continuum[i] * continuum[i]
            for j in range(last + 1, i):
                share = (j - last) / (i - last)
                flux[j] = 1.0 if last < 0 else (1 - share) * flux[last] + share * flux[i]
            last = i
    flux[last + 1 :] = 1.0
