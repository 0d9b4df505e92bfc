"""Cholesky's method for small symmetric matrices in compiled loops; the same bits on any number of threads."""

from __future__ import annotations

import math

import numpy as np

from vacframe.astro.jit import compiled


@compiled
def factorise(matrix: np.ndarray, least: np.ndarray) -> bool:
    """Replace the lower triangle of a symmetric matrix by its Cholesky factor.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)
        Only the lower triangle is read.
    least : ndarray of float64, shape (n,)
        The pivots have to be larger than these.

    Returns
    -------
    bool
        Whether they are; if not, the matrix is left half done.
    """
    for p in range(len(matrix)):
        for q in range(p + 1):
            total = matrix[p, q]
            for k in range(q):
                total -= matrix[p, k] * matrix[q, k]
            if p == q:
                if not total > least[p]:
                    return False
                matrix[p, p] = math.sqrt(total)
            else:
                matrix[p, q] = total / matrix[q, q]
    return True


@compiled
def substitute(factor: np.ndarray, vector: np.ndarray) -> None:
    """Solve A x = vector in place, with the factor of A in the lower triangle of `factor`."""
    size = len(vector)
    for p in range(size):
        for k in range(p):
            vector[p] -= factor[p, k] * vector[k]
        vector[p] /= factor[p, p]
    for p in range(size - 1, -1, -1):
        for k in range(p + 1, size):
            vector[p] -= factor[k, p] * vector[k]
        vector[p] /= factor[p, p]
