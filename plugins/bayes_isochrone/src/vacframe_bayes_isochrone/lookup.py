"""The share of every model point in the posterior: the table of the integral between its nodes; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone import candidates
from vacframe_bayes_isochrone.candidates import CHUNK


@compiled
def _cells(
    t: np.ndarray,
    a: np.ndarray,
    chi2: np.ndarray,
    best: float,
    frame: Any,
    n_t: float,
    n_a: float,
    place: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    power: np.ndarray,
    scale: np.ndarray,
) -> None:
    """Second pass: each point's cell of the table, its place in it, and exp(-chi2 / 2) as a polynomial times 2^n."""
    t_first, t_step, a_first, a_step = frame
    for j in range(len(t)):
        x, y = (t[j] - t_first) * t_step, (a[j] - a_first) * a_step
        inside = (x >= np.float32(0)) & (y >= np.float32(0)) & (x < n_t) & (y < n_a)
        x = x if inside else np.float32(0)
        y = y if inside else np.float32(0)
        n, m = np.int32(x), np.int32(y)
        u[j], v[j] = x - np.float32(n), y - np.float32(m)
        place[j] = n * (np.int32(n_a) + np.int32(1)) + m
        e = np.float32(-0.72134752) * (chi2[j] - best)
        e = e if inside & (e > np.float32(-120.0)) else np.float32(-120.0)
        whole = np.floor(e + np.float32(0.5))
        f = (e - whole) * np.float32(0.69314718)
        p = np.float32(1.0 / 720.0) * f + np.float32(1.0 / 120.0)
        p = p * f + np.float32(1.0 / 24.0)
        p = p * f + np.float32(1.0 / 6.0)
        p = p * f + np.float32(0.5)
        p = p * f + np.float32(1.0)
        power[j] = p * f + np.float32(1.0) if inside else np.float32(0)
        scale[j] = (np.int32(whole) + np.int32(127)) << np.int32(23)


@compiled
def _values(
    table: np.ndarray,
    width: int,
    place: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    weight: np.ndarray,
    index: np.ndarray,
    value: float,
) -> None:
    """Third pass, for each component: the table between its nodes times the points' prior weights."""
    one = np.float32(1)
    for j in range(len(place)):
        k = np.uint64(place[j])
        low = table[k] * (one - v[j]) + table[k + np.uint64(1)] * v[j]
        high = table[k + width] * (one - v[j]) + table[k + width + np.uint64(1)] * v[j]
        value[j] += weight[np.uint64(index[j])] * (low * (one - u[j]) + high * u[j])


@compiled
def _shares(
    value: float,
    power: np.ndarray,
    scale: np.ndarray,
    chance: np.ndarray,
    likelihood: np.ndarray,
    sums: np.ndarray,
    squares: np.ndarray,
    top: np.ndarray,
) -> None:
    for j in range(len(value)):
        likelihood[j] = power[j] * scale[j]
        p = value[j] * likelihood[j]
        chance[j] = p
        sums[j] += np.float64(p)
        squares[j] += np.float64(p) * np.float64(p)
        top[j] = p if p > top[j] else top[j]


@compiled_with(candidates)
def look_up(
    found: Any, best: float, weight: np.ndarray, frame: Any, tables: np.ndarray, chance: np.ndarray
) -> tuple[Any, ...]:
    """Fill each point's share of the posterior; return the sum of shares, of their squares, and the largest.

    Parameters
    ----------
    found : tuple of ndarray, shape (n,)
        As `find_points` fills it; chi2 is replaced by exp((best - chi2) / 2).
    tables : ndarray, shape (n_component, n_t, n_a)
    chance : ndarray of float32, shape (n,)
        Filled.
    """
    components, n_t, n_a = tables.shape
    flat = tables.reshape(components, n_t * n_a)
    single = np.float32
    inverse = (single(frame[0]), single(1 / frame[1]), single(frame[2]), single(1 / frame[3]))
    u, v, power, value = (
        np.empty(CHUNK, single),
        np.empty(CHUNK, single),
        np.empty(CHUNK, single),
        np.empty(CHUNK, single),
    )
    place, bits = np.empty(CHUNK, np.int32), np.empty(CHUNK, np.int32)
    scale = bits.view(np.float32)
    sums, squares, top = np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK, single)
    for first in range(0, len(chance), CHUNK):
        last = min(first + CHUNK, len(chance))
        n = last - first
        _cells(
            found[0][first:last], found[1][first:last], found[2][first:last], best, inverse, single(n_t - 1),
            single(n_a - 1), place[:n], u[:n], v[:n], power[:n], bits[:n],
        )  # fmt: skip
        value[:n] = single(0)
        for c in range(components):
            _values(flat[c], np.uint64(n_a), place[:n], u[:n], v[:n], weight[c], found[3][first:last], value[:n])
        _shares(
            value[:n], power[:n], scale[:n], chance[first:last], found[2][first:last], sums[:n], squares[:n], top[:n]
        )
    return np.sum(sums), np.sum(squares), np.max(top)
