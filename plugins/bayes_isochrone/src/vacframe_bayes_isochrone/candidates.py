"""The model points that can matter to a star, found by its labels and colours; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled

CHUNK = 512
"""Points are worked on in pieces of this many."""


@compiled
def photometry(magnitudes: np.ndarray, errors: np.ndarray, extinction: np.ndarray) -> tuple[Any, ...]:
    """Return what is the same for every model point.

    Returns
    -------
    tuple
        Weights of the bands, coefficients of t and of a, extinction relative to kappa (n_band each, float32); kappa;
        sigma of t and of a; 1 / variance and mean of the Gaussian in A that is put in where the colours say next to
        nothing of A, and its share of a (float32; it is divided out of the prior again), else zeros.
    """
    n = len(magnitudes)
    weight = np.zeros(n)
    s0 = s1 = s2 = 0.0
    for b in range(n):
        if np.isfinite(magnitudes[b]) and np.isfinite(errors[b]) and errors[b] > 0:
            weight[b] = 1.0 / errors[b] ** 2
            s0 += weight[b]
            s1 += weight[b] * extinction[b]
            s2 += weight[b] * extinction[b] ** 2
    kappa = s1 / s0 if s0 > 0 else 0.0
    information = s2 - s0 * kappa**2 if s0 > 0 else 0.0
    helper = 0.25 if information < 0.25 else 0.0
    sigma_a = 1.0 / np.sqrt(information + helper)
    centre = 1.0 if helper > 0 else 0.0
    to_t, to_a, relative = np.zeros(n), np.zeros(n), np.zeros(n)
    for b in range(n):
        if weight[b] > 0:
            relative[b] = extinction[b] - kappa
            to_t[b] = weight[b] / s0
            to_a[b] = weight[b] * relative[b] * sigma_a**2
    sigma_t = 1.0 / np.sqrt(s0) if s0 > 0 else np.inf
    single = np.float32
    bands = (weight.astype(single), to_t.astype(single), to_a.astype(single), relative.astype(single))
    return bands, kappa, sigma_t, sigma_a, np.array([helper, centre, helper * centre * sigma_a**2]).astype(single)


@compiled
def _centres(m: float, to_t: float, to_a: float, row: np.ndarray, t: np.ndarray, a: np.ndarray) -> None:
    for j in range(len(t)):
        r = m - row[j]
        t[j] += to_t * r
        a[j] += to_a * r


@compiled
def _label_chi2(teff: np.ndarray, logg: np.ndarray, star: np.ndarray, offset: float, chi2: np.ndarray) -> None:
    for j in range(len(chi2)):
        x = (teff[j] - star[0]) * star[1]
        y = (logg[j] - star[2]) * star[3]
        chi2[j] = offset + x * x + y * y


@compiled
def _colour_chi2(m: float, w: float, k: float, row: np.ndarray, t: np.ndarray, a: np.ndarray, chi2: np.ndarray) -> None:
    for j in range(len(chi2)):
        r = m - row[j] - t[j] - k * a[j]
        chi2[j] += w * r * r


@compiled
def _helper_chi2(helper: Any, a: np.ndarray, chi2: np.ndarray) -> None:
    for j in range(len(chi2)):
        chi2[j] += helper[0] * (a[j] - helper[1]) ** 2


@compiled
def _lower(values: np.ndarray, least: np.ndarray) -> None:
    """Lower `least`, shape (CHUNK,), element by element: unlike one running minimum this vectorises."""
    for j in range(len(values)):
        least[j] = values[j] if values[j] < least[j] else least[j]


@compiled
def extent(values: np.ndarray) -> tuple[Any, ...]:
    """Return the smallest and the largest of the values."""
    low, high = np.full(CHUNK, values[0]), np.full(CHUNK, -values[0])
    for first in range(0, len(values), CHUNK):
        part = values[first : first + CHUNK]
        _lower(part, low)
        _lower(-part, high)
    return np.float64(np.min(low)), -np.float64(np.min(high))


@compiled
def _keep(t: np.ndarray, a: np.ndarray, chi2: np.ndarray, first: float, limits: Any, found: Any, kept: int) -> int:
    """Append the points of a chunk that are within the limits of t, a and chi2; return how many there are then."""
    for j in range(len(t)):
        found[0][kept], found[1][kept], found[2][kept], found[3][kept] = t[j], a[j], chi2[j], first + j
        kept += (
            (chi2[j] <= limits[0])
            & (t[j] >= limits[1])
            & (t[j] <= limits[2])
            & (a[j] >= limits[3])
            & (a[j] <= limits[4])
        )
    return kept


@compiled
def find_points(
    labels: np.ndarray,
    errors: np.ndarray,
    magnitudes: np.ndarray,
    bands: Any,
    helper: Any,
    window: float,
    reach: Any,
    grid: Any,
    found: Any,
    slabs: np.ndarray,
) -> tuple[Any, ...]:
    """Find the model points that can matter to a star, with their centres and chi2.

    They lie within `window` standard deviations in [M/H], Teff and log g together, and their chi2 of labels and
    colours is at most window^2 larger than the smallest.

    Parameters
    ----------
    reach : tuple of float
        Range of t and of a outside which no point matters.
    found : tuple of ndarray
        Filled: t, a, chi2 (float32) and place in the grid (int32) of the points.
    slabs : ndarray of int64, shape (n_mh, 2)
        Filled: first and last + 1 place in `found` for each metallicity.

    Returns
    -------
    tuple
        Number of points and the smallest chi2 found.
    """
    teff, logg, points, start, edges, mh = grid
    single = np.float32
    t, a, chi2 = np.empty(CHUNK, single), np.empty(CHUNK, single), np.empty(CHUNK, single)
    least = np.full(CHUNK, single(np.inf))
    inverse, star = np.zeros(3), np.zeros(4, single)
    for k in range(3):
        if np.isfinite(labels[k]) and np.isfinite(errors[k]) and errors[k] > 0:
            inverse[k] = 1.0 / errors[k]
            if k < 2:
                star[2 * k], star[2 * k + 1] = labels[k], inverse[k]
    limits = (single(np.inf), single(reach[0]), single(reach[1]), single(reach[2]), single(reach[3]))
    kept, best = 0, single(np.inf)
    slabs[:] = 0
    away = (mh - labels[2]) * inverse[2] if inverse[2] > 0 else np.zeros(len(mh))
    for slab in np.argsort(np.abs(away)):
        slabs[slab] = kept
        if abs(away[slab]) > window:
            continue
        for part in range(edges.shape[1] - 1):
            off = max(edges[slab, part] - labels[0], labels[0] - edges[slab, part + 1], 0.0) if inverse[0] > 0 else 0.0
            left = window**2 - away[slab] ** 2 - (off * inverse[0]) ** 2
            if left < 0:
                continue
            first, last = start[slab, part], start[slab, part + 1]
            if inverse[1] > 0:
                inside, span = logg[first:last], np.sqrt(left) / inverse[1]
                last = first + np.searchsorted(inside, single(labels[1] + span), side="right")
                first = first + np.searchsorted(inside, single(labels[1] - span))
            for here in range(first, last, CHUNK):
                n = min(CHUNK, last - here)
                tn, an, cn = t[:n], a[:n], chi2[:n]
                tn[:], an[:] = single(0), helper[2]
                for b in range(len(magnitudes)):
                    if bands[0][b] > 0:
                        _centres(magnitudes[b], bands[1][b], bands[2][b], points[b, here : here + n], tn, an)
                _label_chi2(teff[here : here + n], logg[here : here + n], star, single(away[slab] ** 2), cn)
                for b in range(len(magnitudes)):
                    if bands[0][b] > 0:
                        _colour_chi2(magnitudes[b], bands[0][b], bands[3][b], points[b, here : here + n], tn, an, cn)
                if helper[0] > 0:
                    _helper_chi2(helper, an, cn)
                _lower(cn, least)
                kept = _keep(tn, an, cn, here, limits, found, kept)
        slabs[slab, 1] = kept
        best = np.min(least)
        limits = (single(best + window**2), limits[1], limits[2], limits[3], limits[4])
    return kept, best
