"""Draws with the covariance of a least-squares fit, whose bits do not depend on the threads, as LAPACK's may."""

from __future__ import annotations

import numpy as np

from vacframe.astro import cholesky
from vacframe.astro.jit import compiled_with


@compiled_with(cholesky)
def inverse_factor(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse M of the Cholesky factor of a positive definite matrix A: Mᵀ M = A⁻¹.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)

    Returns
    -------
    ndarray, shape (n, n)
        Lower triangular. Independent standard normal numbers x have the covariance A⁻¹ as Mᵀ x. All NaN where A is
        not positive definite.
    """
    n = len(matrix)
    factor = matrix.copy()
    out = np.zeros((n, n))
    if not cholesky.factorise(factor, np.zeros(n)):
        out[:] = np.nan
        return out
    for j in range(n):
        out[j, j] = 1.0 / factor[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= factor[i, k] * out[k, j]
            out[i, j] = total / factor[i, i]
    return out
