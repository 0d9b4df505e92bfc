"""Least-squares polynomials through many spectra at once: one orthonormal basis for all of them."""

from __future__ import annotations

import numpy as np

from vacframe.astro.jit import read_only
from vacframe.astro.kernels import fit_rows


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
    fit_rows(read_only(values, np.float64), read_only(known, np.bool_), basis, out)
    return out
