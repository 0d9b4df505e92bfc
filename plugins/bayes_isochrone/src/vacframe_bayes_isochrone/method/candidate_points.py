"""The model points that can matter to a star, found by its labels, colours and parallax; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled

CHUNK = 512
"""Points are worked on in pieces of at most this many."""
BLOCK = 32
"""So many neighbouring model points are taken or left together before any of them is looked at."""
LANES = 16
"""Running extremes are kept this many at a time: a single one would not vectorise."""


def blocks_of(start: np.ndarray, teff: np.ndarray, logg: np.ndarray, magnitudes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Cut the bins of temperature into blocks; return what `find_points` must know of them.

    Parameters
    ----------
    start : ndarray of int, shape (n_mh, bins + 1)
        First point of each bin.
    teff, logg : ndarray of float32, shape (n,)
    magnitudes : ndarray of float32, shape (n_band, n)

    Returns
    -------
    tuple of ndarray
        First point of each block and the number of points, shape (n_block + 1,); first block of each bin, shape
        (n_mh, bins + 1); smallest and largest Teff, then log g, shape (4, n_block); smallest, then largest magnitudes,
        each of shape (n_band, n_block).
    """
    per_bin = -(-np.diff(start, axis=1) // BLOCK)
    counts = per_bin.ravel()
    before = np.cumsum(counts) - counts
    first = np.repeat(start[:, :-1].ravel(), counts) + BLOCK * (np.arange(counts.sum()) - np.repeat(before, counts))
    labels = [extreme.reduceat(values, first) for values in (teff, logg) for extreme in (np.minimum, np.maximum)]
    brightest, faintest = (extreme.reduceat(magnitudes, first, axis=1) for extreme in (np.minimum, np.maximum))
    bins = before.reshape(per_bin.shape)
    bins = np.concatenate([bins, bins[:, -1:] + per_bin[:, -1:]], axis=1)
    return np.append(first, len(teff)), bins, np.stack(labels), brightest, faintest


@compiled
def photometry(magnitudes: np.ndarray, errors: np.ndarray, extinction: np.ndarray) -> tuple[Any, ...]:
    """Return what is the same for every model point.

    Returns
    -------
    tuple
        Weights of the bands, coefficients of t and of a, extinction relative to kappa (n_band each, float32); kappa;
        sigma of t and of a; 1 / variance and mean of the Gaussian in A that is put in where the colours say next to
        nothing of A, and its share of a (it is divided out of the prior again), else zeros, and 1 / variance of a
        (float32).
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
    return (
        bands,
        kappa,
        sigma_t,
        sigma_a,
        np.array([helper, centre, helper * centre * sigma_a**2, sigma_a**-2]).astype(single),
    )


@compiled
def extent(values: np.ndarray) -> tuple[Any, ...]:
    """Return the smallest and the largest of the values."""
    low, high = np.full(LANES, values[0]), np.full(LANES, values[0])
    whole = len(values) // LANES
    for row in range(whole):
        for lane in range(LANES):
            value = values[row * LANES + lane]
            low[lane] = value if value < low[lane] else low[lane]
            high[lane] = value if value > high[lane] else high[lane]
    for j in range(whole * LANES, len(values)):
        low[0], high[0] = min(low[0], values[j]), max(high[0], values[j])
    return np.min(low), np.max(high)


@compiled
def _near(first: int, star: Any, left: np.float32, seen: Any, reach: Any, bounds: Any, spare: Any) -> None:
    """Mark in `spare` the blocks from `first` on that may hold points whose labels and t are within the limits."""
    magnitudes, (_, to_t, _, _) = seen
    labels, brightest, faintest = bounds
    low, high, near = spare
    zero, last = np.float32(0), first + len(low)
    low[:], high[:] = zero, zero
    for b in range(len(to_t)):
        m, share, dim, bright = magnitudes[b], to_t[b], faintest[b, first:last], brightest[b, first:last]
        if share > zero:
            for j in range(len(low)):
                low[j] += share * (m - dim[j])
                high[j] += share * (m - bright[j])
    coolest, hottest, lowest, highest = (
        labels[0, first:last], labels[1, first:last], labels[2, first:last], labels[3, first:last]
    )  # fmt: skip
    for j in range(len(low)):
        x = max(max(coolest[j] - star[0], star[0] - hottest[j]), zero) * star[1]
        y = max(max(lowest[j] - star[2], star[2] - highest[j]), zero) * star[3]
        near[j] = (x * x + y * y <= left) & (high[j] >= reach[0]) & (low[j] <= reach[1])


@compiled
def _runs(starts: np.ndarray, near: np.ndarray, runs: np.ndarray) -> int:
    """Fill first and last + 1 point of the runs of marked blocks, CHUNK points at most; return how many runs."""
    j = count = 0
    while j < len(near):
        if near[j]:
            begin = j
            while j < len(near) and near[j]:
                j += 1
            for here in range(starts[begin], starts[j], CHUNK):
                runs[count, 0], runs[count, 1] = here, min(here + CHUNK, starts[j])
                count += 1
        j += 1
    return count


@compiled
def _centres(rows: Any, to_t: Any, to_a: Any, start: Any, t: np.ndarray, a: np.ndarray) -> None:
    """Write `start` less what three bands make of t and a."""
    p, q, r = rows
    for j in range(len(t)):
        t[j] = start[0] - (to_t[0] * p[j] + to_t[1] * q[j] + to_t[2] * r[j])
        a[j] = start[1] - (to_a[0] * p[j] + to_a[1] * q[j] + to_a[2] * r[j])


@compiled
def _more_centres(rows: Any, to_t: Any, to_a: Any, t: np.ndarray, a: np.ndarray) -> None:
    """Subtract what three further bands make of t and a."""
    p, q, r = rows
    for j in range(len(t)):
        t[j] -= to_t[0] * p[j] + to_t[1] * q[j] + to_t[2] * r[j]
        a[j] -= to_a[0] * p[j] + to_a[1] * q[j] + to_a[2] * r[j]


@compiled
def _label_chi2(
    labels: Any, star: np.ndarray, helper: np.ndarray, here: int, a: np.ndarray, chi2: np.ndarray, index: np.ndarray
) -> None:
    """Write places in the grid, and the chi2 of the labels, of the Gaussian put in, and of a < 0, where A is 0."""
    teff, logg = labels
    t0, t1, g0, g1, away, h0, h1, i2 = star[0], star[1], star[2], star[3], star[4], helper[0], helper[1], helper[3]
    for j in range(len(a)):
        x, y, z, below = (teff[j] - t0) * t1, (logg[j] - g0) * g1, a[j] - h1, min(a[j], np.float32(0))
        chi2[j] = away + (x * x + y * y + h0 * z * z + i2 * below * below)
        index[j] = np.int32(here + j)


@compiled
def _colour_chi2(rows: Any, m: Any, w: Any, k: Any, reach: Any, t: np.ndarray, a: np.ndarray, chi2: np.ndarray) -> None:
    """Add the chi2 of three bands; make it infinite where t or a are beyond reach."""
    p, q, r = rows
    for j in range(len(t)):
        x = m[0] - p[j] - t[j] - k[0] * a[j]
        y = m[1] - q[j] - t[j] - k[1] * a[j]
        z = m[2] - r[j] - t[j] - k[2] * a[j]
        inside = (t[j] >= reach[0]) & (t[j] <= reach[1]) & (a[j] >= reach[2]) & (a[j] <= reach[3])
        total = chi2[j] + (w[0] * x * x + w[1] * y * y + w[2] * z * z)
        chi2[j] = total if inside else np.float32(np.inf)


@compiled
def _three(values: np.ndarray, first: int) -> tuple[Any, ...]:
    """Return three values, 0 where there are no more."""
    n, zero = len(values), np.float32(0)
    return (
        values[first], values[first + 1] if first + 1 < n else zero, values[first + 2] if first + 2 < n else zero
    )  # fmt: skip


@compiled
def _evaluate(
    here: int,
    stop: int,
    star: np.ndarray,
    seen: Any,
    helper: np.ndarray,
    reach: Any,
    points: Any,
    found: Any,
    place: int,
) -> None:
    """Write t, a, chi2 and places in the grid of the points from `here` to `stop`, from `place` on."""
    magnitudes, (weight, to_t, to_a, relative) = seen
    teff, logg, bands = points
    end, last = place + stop - here, len(magnitudes) - 1
    t, a, chi2, index = found[0][place:end], found[1][place:end], found[2][place:end], found[3][place:end]
    for b in range(0, len(magnitudes), 3):
        rows = (bands[b, here:stop], bands[min(b + 1, last), here:stop], bands[min(b + 2, last), here:stop])
        if b == 0:
            _centres(rows, _three(to_t, b), _three(to_a, b), (star[5], star[6]), t, a)
        else:
            _more_centres(rows, _three(to_t, b), _three(to_a, b), t, a)
    _label_chi2((teff[here:stop], logg[here:stop]), star, helper, here, a, chi2, index)
    for b in range(0, len(magnitudes), 3):
        rows = (bands[b, here:stop], bands[min(b + 1, last), here:stop], bands[min(b + 2, last), here:stop])
        _colour_chi2(rows, _three(magnitudes, b), _three(weight, b), _three(relative, b), reach, t, a, chi2)


@compiled
def choose(values: np.ndarray, low: np.float32, high: np.float32, places: np.ndarray) -> np.int64:
    """Fill the places of the values from low to high; return how many there are."""
    count = np.uint64(0)
    for j in range(len(values)):
        places[count] = j
        count += np.uint64((values[j] >= low) & (values[j] <= high))
    return np.int64(count)


@compiled
def _labels_of(labels: np.ndarray, errors: np.ndarray, seen: Any, helper: np.ndarray) -> tuple[Any, ...]:
    """Return the inverse errors of the labels, 0 where missing, and what `_evaluate` takes as star (float32).

    That is Teff and its inverse error, log g and its, chi2 of [M/H], and t and a at absolute magnitudes of 0.
    """
    inverse, star = np.zeros(3), np.zeros(7, np.float32)
    for k in range(3):
        if np.isfinite(labels[k]) and np.isfinite(errors[k]) and errors[k] > 0:
            inverse[k] = 1.0 / errors[k]
            if k < 2:
                star[2 * k], star[2 * k + 1] = labels[k], inverse[k]
    magnitudes, (_, to_t, to_a, _) = seen
    star[5], star[6] = np.sum(to_t * magnitudes), np.sum(to_a * magnitudes) + helper[2]
    return inverse, star


@compiled
def find_points(
    labels: np.ndarray, errors: np.ndarray, seen: Any, helper: Any, window: float, reach: Any, grid: Any, found: Any,
    slabs: np.ndarray, spare: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Find the model points that can matter to a star, with their centres and chi2.

    They are those whose chi2 of labels and colours at A >= 0 is at most window^2 larger than the smallest. (For the
    search that smallest counts as at most window^2: where even the best point is farther off, some of those as bad are
    missed.)

    Parameters
    ----------
    labels, errors : ndarray, shape (3,)
        Teff, log g, [M/H] and their errors.
    seen : tuple
        Magnitudes, 0 where missing, and the first of what `photometry` returns.
    reach : tuple of float
        Range of t and of a outside which no point matters.
    grid : tuple of ndarray
        Teff, log g and magnitudes of the points, [M/H] of the slabs, edges of their bins of temperature, and what
        `blocks_of` returns.
    found : tuple of ndarray
        Filled: t, a, chi2 (float32) and place in the grid (int32) of the points.
    slabs : ndarray of int64, shape (n_mh, 2)
        Filled: first and last + 1 place in `found` for each metallicity.
    spare : tuple of ndarray
        Room for `_near`, `_runs` and `choose`.

    Returns
    -------
    tuple
        Number of points and the smallest chi2 found.
    """
    teff, logg, magnitudes, mh, edges, starts, bins, label_bounds, brightest, faintest = grid
    low, high, near, runs, places = spare
    inverse, star = _labels_of(labels, errors, seen, helper)
    away = (mh - labels[2]) * inverse[2] if inverse[2] > 0 else np.zeros(len(mh))
    single = np.float32
    limits = (single(reach[0]), single(reach[1]), single(reach[2]), single(reach[3]))
    best, squared = single(np.inf), single(window**2)
    # First the nearest metallicity that has any such points, for an upper limit of the smallest chi2.
    for final in range(2):
        radius = single(squared + min(best, squared)) if final else squared
        filled = 0
        for slab in np.arange(len(mh)) if final else np.argsort(np.abs(away)):
            slabs[slab] = filled
            left = single(radius - away[slab] ** 2)
            if left < 0:
                continue
            first, last = bins[slab, 0], bins[slab, -1]
            if inverse[0] > 0:
                span = np.sqrt(left) / inverse[0]
                first = bins[slab, max(np.searchsorted(edges[slab], labels[0] - span) - 1, 0)]
                last = bins[slab, min(np.searchsorted(edges[slab], labels[0] + span, side="right"), bins.shape[1] - 1)]
            n = max(last - first, 0)
            _near(first, star, left, seen, limits, (label_bounds, brightest, faintest), (low[:n], high[:n], near[:n]))
            star[4] = away[slab] ** 2
            for run in range(_runs(starts[first : first + n + 1], near[:n], runs)):
                here, stop = runs[run]
                _evaluate(here, stop, star, seen, helper, limits, (teff, logg, magnitudes), found, filled)
                filled += stop - here
            slabs[slab, 1] = filled
            if not final and filled > 0:
                best = extent(found[2][:filled])[0]
                if best < np.inf:
                    break
        if not best < np.inf:
            return 0, best
    best = extent(found[2][:filled])[0]
    kept = choose(found[2][:filled], single(-np.inf), best + squared, places)
    t, a, chi2, index = found
    for i in range(kept):
        j = places[i]
        t[i], a[i], chi2[i], index[i] = t[j], a[j], chi2[j], index[j]
    slabs[:] = np.searchsorted(places[:kept], slabs.ravel()).reshape(slabs.shape)
    return kept, best
