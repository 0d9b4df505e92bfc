"""Linear algebra of small matrices whose bits do not depend on the number of threads, as LAPACK's may.

The mock's own: it shares nothing with code that infers.
"""

from __future__ import annotations

import math

import numba
import numpy as np


@numba.njit(cache=True)
def inverse_factor(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse M of the Cholesky factor of a positive definite matrix A: Mᵀ M = A⁻¹.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)

    Returns
    -------
    ndarray, shape (n, n)
        Lower triangular. Independent standard normal numbers x have the covariance A⁻¹ as Mᵀ x.
    """
    n = len(matrix)
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = math.sqrt(total) if i == j else total / factor[j, j]
    out = np.zeros((n, n))
    for j in range(n):
        out[j, j] = 1.0 / factor[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= factor[i, k] * out[k, j]
            out[i, j] = total / factor[i, i]
    return out
