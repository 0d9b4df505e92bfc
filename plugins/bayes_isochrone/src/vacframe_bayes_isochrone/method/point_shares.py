"""The share of every model point in the posterior: the table of the integral between its nodes; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone.method import candidate_points, exponential
from vacframe_bayes_isochrone.method.candidate_points import CHUNK


@compiled_with(exponential)
def _cells(
    t: np.ndarray, a: np.ndarray, chi2: np.ndarray, best: np.float32, frame: Any, width: np.int32, place: np.ndarray,
    u: np.ndarray, v: np.ndarray,
) -> None:  # fmt: skip
    """Write each point's cell of the table and its place in it; replace chi2 by exp((best - chi2) / 2)."""
    t_first, t_inverse, a_first, a_inverse = frame
    for j in range(len(t)):
        x, y = (t[j] - t_first) * t_inverse, (a[j] - a_first) * a_inverse
        n, m = np.int32(x), np.int32(y)
        u[j], v[j] = x - np.float32(n), y - np.float32(m)
        place[j] = m * width + n
        chi2[j] = exponential.exponential(np.float32(0.5) * (best - chi2[j]))


@compiled
def _values(
    table: np.ndarray, width: int, place: np.ndarray, u: np.ndarray, v: np.ndarray, weight: np.ndarray,
    index: np.ndarray, value: np.ndarray,
) -> None:  # fmt: skip
    """Add the table of one component between its nodes times the points' prior weights."""
    one, up = np.uint64(1), np.uint64(width)
    for j in range(len(place)):
        k = np.uint64(place[j])
        low, high = table[k], table[k + up]
        low += u[j] * (table[k + one] - low)
        high += u[j] * (table[k + up + one] - high)
        value[j] += weight[np.uint64(index[j])] * (low + v[j] * (high - low))


@compiled
def _shares(value: np.ndarray, likelihood: np.ndarray, sums: np.ndarray, squares: np.ndarray, top: np.ndarray) -> None:
    """Multiply the value by the likelihood of labels and colours; add it up, element by element."""
    for j in range(len(value)):
        p = value[j] * likelihood[j]
        value[j] = p
        sums[j] += np.float64(p)
        squares[j] += np.float64(p) * np.float64(p)
        top[j] = p if p > top[j] else top[j]


@compiled_with(candidate_points, exponential)
def look_up(
    found: Any, best: float, weight: np.ndarray, frame: Any, table: np.ndarray, chance: np.ndarray
) -> tuple[Any, ...]:
    """Fill each point's share of the posterior; return the sum of shares, of their squares, and the largest.

    Parameters
    ----------
    found : tuple of ndarray, shape (n,)
        As `find_points` fills it; all points lie within the table. chi2 is replaced by exp((best - chi2) / 2).
    table : ndarray, shape (n_component, n_a, n_t)
    chance : ndarray of float32, shape (n,)
        Filled.
    """
    components, n_a, n_t = table.shape
    flat = table.reshape(components, n_a * n_t)
    single = np.float32
    inverse = (single(frame[0]), single(1 / frame[1]), single(frame[2]), single(1 / frame[3]))
    u, v, place = np.empty(CHUNK, single), np.empty(CHUNK, single), np.empty(CHUNK, np.int32)
    sums, squares, top = np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK, single)
    chance[:] = single(0)
    for first in range(0, len(chance), CHUNK):
        last = min(first + CHUNK, len(chance))
        n = last - first
        _cells(
            found[0][first:last], found[1][first:last], found[2][first:last], single(best), inverse,
            np.int32(n_t), place[:n], u[:n], v[:n],
        )  # fmt: skip
        for c in range(components):
            _values(flat[c], n_t, place[:n], u[:n], v[:n], weight[c], found[3][first:last], chance[first:last])
        _shares(chance[first:last], found[2][first:last], sums[:n], squares[:n], top[:n])
    return np.sum(sums), np.sum(squares), np.max(top)
