"""The sum over model points, compiled.

For a star's photometric errors the likelihood of the magnitudes at every model point is a Gaussian in (distance
modulus mu, extinction A) with the *same* precision matrix; only its centre moves. So the integral of that Gaussian
times parallax likelihood, density and dust prior is one smooth function of the centre, made once per star and
component on a small table and looked up at each point's centre. The centre is (t, a): a is the best A and
t = mu + kappa a, the modulus that the magnitudes would give without extinction; t and a are independent.

The lookup is bilinear, hence a sum of hat functions over the table's nodes. Its transpose, depositing each point's
weight on the same nodes, yields the posterior of distance and extinction without a second integral, exactly
consistent with the lookup. A hat of width h adds h^2 / 6 to a variance; the table's Gaussians are made narrower by
as much.

`candidates` finds the points and their centres, `integral` makes the table, `lookup` looks it up; here are the moments
and the loop over stars. One star at a time: nothing depends on which stars are in the same call.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone import candidates, integral, lookup
from vacframe_bayes_isochrone.candidates import CHUNK
from vacframe_bayes_isochrone.integral import A_MAX, LN10, Q_MAX, T_MAX

MASS_FIRST, MASS_STEP, MASS_BINS = -1.4, 0.004, 800
"""Histogram of log10 mass, for the percentiles."""
LEAST = 1e-6
"""Points with a smaller share of the posterior than this times the largest do not enter the moments."""
FAINTEST = 1e-30
"""A star all of whose points have shares below this (of 1 where everything agrees) has no solution."""
# Columns of the result.
(
    TOTAL, CHI2, EFFECTIVE, DISTANCE, DISTANCE_SD, DISTANCE_P, AV, AV_SD, AV_P, MASS, MASS_SD, MASS_P, AGE, AGE_SD,
    AGE_P, SHARE, MH_LOW, MH_HIGH, AGE_LOW, AGE_HIGH, POINTS, WIDTH,
) = (0, 1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 15, 18, 19, 20, 23, 26, 27, 28, 29, 30, 31)  # fmt: skip


@compiled
def percentile(weights: np.ndarray, edges: np.ndarray, fraction: float) -> float:
    """Return where the cumulated histogram reaches a fraction of its sum, linear within a bin."""
    wanted = fraction * np.sum(weights)
    summed = 0.0
    for k in range(len(weights)):
        if weights[k] > 0 and summed + weights[k] >= wanted:
            return edges[k] + (edges[k + 1] - edges[k]) * (wanted - summed) / weights[k]
        summed += weights[k]
    return edges[len(weights)]


@compiled
def _spread(out: np.ndarray, column: int, total: float, first: float, second: float) -> None:
    """Write mean and standard deviation from the first two moments."""
    out[column] = first / total
    out[column + 1] = np.sqrt(max(second / total - (first / total) ** 2, 0.0))


@compiled_with(candidates, integral)
def _place_moments(
    deposit: np.ndarray,
    transposed: np.ndarray,
    f: np.ndarray,
    mu: np.ndarray,
    nodes: np.ndarray,
    n_q: int,
    out: np.ndarray,
) -> None:
    """Write the moments and percentiles of distance and extinction: the transpose of the table's smearing."""
    components, n_t, n_a = deposit.shape
    bins = 4 * n_t + 2
    low, high = np.min(mu[:, :n_t, :n_q]), np.max(mu[:, :n_t, :n_q])
    step = (high - low) / (bins - 2)
    by_mu, by_a = np.zeros(bins), np.zeros(n_q)
    total = d1 = d2 = a1 = a2 = 0.0
    share = np.empty(n_q)
    for n in range(n_t):
        for c in range(components):
            share[:] = 0.0
            for m in range(n_a):
                if deposit[c, n, m] > 0:
                    integral.add(share, deposit[c, n, m], transposed[m, :n_q])
            for j in range(n_q):
                if share[j] == 0.0:
                    continue
                for g in range(2):
                    p = share[j] * f[g, c, n, j]
                    d = np.exp((mu[g, n, j] - 10.0) * (0.2 * LN10))
                    total += p
                    d1 += p * d
                    d2 += p * d * d
                    a1 += p * nodes[j]
                    a2 += p * nodes[j] ** 2
                    by_a[j] += p
                    x = (mu[g, n, j] - low) / step
                    k = min(int(x), bins - 2)
                    by_mu[k] += p * (1.0 - (x - k))
                    by_mu[k + 1] += p * (x - k)
    _spread(out, DISTANCE, total, d1, d2)
    _spread(out, AV, total, a1, a2)
    mu_edges = low + step * (np.arange(bins + 1) - 0.5)
    a_edges = np.empty(n_q + 1)
    a_edges[0], a_edges[n_q] = nodes[0], nodes[n_q - 1]
    for j in range(1, n_q):
        a_edges[j] = 0.5 * (nodes[j - 1] + nodes[j])
    for k in range(3):
        fraction = (0.16, 0.5, 0.84)[k]
        out[DISTANCE_P + k] = np.exp((percentile(by_mu, mu_edges, fraction) - 10.0) * (0.2 * LN10))
        out[AV_P + k] = percentile(by_a, a_edges, fraction)


@compiled
def _collect(
    slabs: np.ndarray,
    found: Any,
    weight: np.ndarray,
    frame: Any,
    chance: np.ndarray,
    least: float,
    model: Any,
    deposit: np.ndarray,
    out: np.ndarray,
) -> int:
    """Gather the points that count: mass and age moments into `out`, weights on the table's nodes into `deposit`.

    The weight of each point goes to the nodes about its centre, the transpose of `look_up`. Returns the place in
    `found` and in the grid of the point with the largest share.
    """
    mass, log_mass, age, ages, age_edges = model
    t_first, t_inverse, a_first, a_inverse = frame[0], 1.0 / frame[1], frame[2], 1.0 / frame[3]
    _, n_t, n_a = deposit.shape
    by_age, by_slab, by_mass = np.zeros(len(ages)), np.zeros(len(slabs)), np.zeros(MASS_BINS)
    total = m1 = m2 = largest = 0.0
    winner = 0
    for slab in range(len(slabs)):
        for i in range(slabs[slab, 0], slabs[slab, 1]):
            if chance[i] < least:
                continue
            p, k = np.float64(chance[i]), found[3][i]
            if p > largest:
                largest, winner = p, i
            m = np.float64(mass[k])
            total += p
            m1 += p * m
            m2 += p * m * m
            by_age[age[k]] += p
            by_slab[slab] += p
            by_mass[min(max(int((log_mass[k] - MASS_FIRST) / MASS_STEP), 0), MASS_BINS - 1)] += p
            x, y = (found[0][i] - t_first) * t_inverse, (found[1][i] - a_first) * a_inverse
            t, a = min(int(x), n_t - 2), min(int(y), n_a - 2)
            u, v = x - t, y - a
            e = found[2][i]
            for c in range(len(weight)):
                w = e * weight[c, k]
                deposit[c, t, a] += w * (1.0 - u) * (1.0 - v)
                deposit[c, t, a + 1] += w * (1.0 - u) * v
                deposit[c, t + 1, a] += w * u * (1.0 - v)
                deposit[c, t + 1, a + 1] += w * u * v
    _spread(out, MASS, total, m1, m2)
    _spread(out, AGE, total, np.sum(by_age * ages), np.sum(by_age * ages**2))
    mass_edges = MASS_FIRST + MASS_STEP * np.arange(MASS_BINS + 1)
    for k in range(3):
        fraction = (0.16, 0.5, 0.84)[k]
        out[MASS_P + k] = 10.0 ** percentile(by_mass, mass_edges, fraction)
        out[AGE_P + k] = percentile(by_age, age_edges, fraction)
    out[AGE_LOW], out[AGE_HIGH] = by_age[0] / total, by_age[-1] / total
    out[MH_LOW], out[MH_HIGH] = by_slab[0] / total, by_slab[-1] / total
    return winner


@compiled
def _best_chi2(
    chi2: float, t: float, a: float, kappa: float, sigma_t: float, sigma_a: float, parallax: float, error: float
) -> float:
    """Return the chi2 of one point at its best distance and extinction, A >= 0, the parallax's share included."""
    at = max(a, 0.0)
    if not error > 0:
        return chi2 + ((at - a) / sigma_a) ** 2
    for _ in range(3):
        expected = np.exp((10.0 - (t - kappa * at)) * (0.2 * LN10))
        slope = 0.2 * LN10 * expected * kappa
        variance = error**2 + (0.2 * LN10 * expected * sigma_t) ** 2
        miss = parallax - expected
        at = max(at + (slope * miss / variance + (a - at) / sigma_a**2) / (slope**2 / variance + 1 / sigma_a**2), 0.0)
    expected = np.exp((10.0 - (t - kappa * at)) * (0.2 * LN10))
    variance = error**2 + (0.2 * LN10 * expected * sigma_t) ** 2
    return chi2 + ((at - a) / sigma_a) ** 2 + (parallax - expected) ** 2 / variance


@compiled_with(candidates, integral)
def workspace(points: int, slabs: int, components: int) -> tuple[Any, ...]:
    """Return the arrays that a star's sum is made in: metallicities, points, shares, and those for the table."""
    single = np.float32
    size = points + CHUNK
    found = (np.empty(size, single), np.empty(size, single), np.empty(size, single), np.empty(size, np.int32))
    tables = (
        np.empty(Q_MAX), np.empty(Q_MAX), np.empty((components + 1, 1500)), np.empty((2, components, T_MAX, Q_MAX)),
        np.empty((2, T_MAX, Q_MAX)), np.empty((Q_MAX, A_MAX), single), np.empty((A_MAX, Q_MAX), single),
        np.empty((components, T_MAX, A_MAX), single),
    )  # fmt: skip
    return np.empty((slabs, 2), np.int64), found, np.empty(size, single), tables


@compiled_with(candidates, integral, lookup)
def _star(
    labels: np.ndarray,
    label_errors: np.ndarray,
    magnitudes: np.ndarray,
    phot: Any,
    sky: Any,
    parallax: float,
    error: float,
    settings: Any,
    grid: Any,
    model: Any,
    work: Any,
    out: np.ndarray,
) -> None:
    """Write everything about one star."""
    window, dust, av_max = settings
    bands, kappa, sigma_t, sigma_a, helper = phot
    weight = model[0]
    slabs, found, chance, tables = work
    reach = integral.reach_of(kappa, sigma_t, sigma_a, parallax, error, av_max)
    kept, best = candidates.find_points(
        labels, label_errors, magnitudes, bands, helper, window, reach, grid, found, slabs
    )
    out[POINTS] = kept
    if kept == 0:
        return
    found = (found[0][:kept], found[1][:kept], found[2][:kept], found[3][:kept])
    chance = chance[:kept]
    phot = (kappa, sigma_t, sigma_a, helper)
    frame, n_t, n_a, n_q = integral.tabulate(found[0], found[1], phot, sky, parallax, error, dust, av_max, tables)
    nodes, transposed, f, mu = tables[0], tables[6], tables[3], tables[4]
    table = tables[7][:, :n_t, :n_a].copy()
    summed, squares, top = lookup.look_up(found, best, weight, frame, table, chance)
    if not top > FAINTEST:
        return
    out[TOTAL], out[EFFECTIVE] = np.log(summed), summed**2 / squares
    deposit = np.zeros((len(weight), n_t, n_a))
    i = _collect(slabs, found, weight, frame, chance, np.float32(LEAST * top), model[1:], deposit, out)
    out[CHI2] = _best_chi2(
        best - 2.0 * np.log(found[2][i]), found[0][i], found[1][i], kappa, sigma_t, sigma_a, parallax, error
    )
    for c in range(len(weight)):
        out[SHARE + c] = np.sum(deposit[c] * table[c]) / summed
    _place_moments(deposit, transposed, f, mu, nodes, n_q, out)


@compiled_with(candidates, integral, lookup, parallel=True)
def all_stars(
    labels: np.ndarray,
    label_errors: np.ndarray,
    magnitudes: np.ndarray,
    magnitude_errors: np.ndarray,
    extinction: np.ndarray,
    parallax: np.ndarray,
    parallax_error: np.ndarray,
    density: np.ndarray,
    mean_dust: np.ndarray,
    settings: Any,
    grid: Any,
    model: Any,
    blocks: int,
) -> np.ndarray:
    """Return the results of all stars, shape (n, WIDTH); NaN where nothing fits.

    Parameters
    ----------
    labels, label_errors : ndarray, shape (n, 3)
        Teff (K), log g, [M/H] and their errors; NaN where missing.
    magnitudes, magnitude_errors : ndarray, shape (n, n_band)
        NaN where missing.
    extinction : ndarray, shape (n_band,)
        A_band / A_V.
    parallax, parallax_error : ndarray, shape (n,)
        mas; the error is 0 where there is none.
    density : ndarray, shape (n, n_component, MU_NODES)
        ln of distance^3 times the component's density, along the line of sight.
    mean_dust : ndarray, shape (n, MU_NODES)
        ln of the mean A_V along the line of sight.
    settings : tuple of float
        Window in standard deviations; dispersion of ln A_V, 0 for a uniform prior; largest A_V.
    grid : tuple of ndarray
        ``teff``, ``logg``, ``magnitudes``, ``start``, ``teff_edges``, ``mh`` of `isochrone_grid`.
    model : tuple of ndarray
        ``weight``, ``mass``, log10 ``mass``, ``age``, ``age_nodes`` of it, and the edges of the age cells.
    blocks : int
        Stars are dealt to this many threads.
    """
    n = len(parallax)
    out = np.full((n, WIDTH), np.nan)
    for block in numba.prange(blocks):
        work = workspace(len(grid[0]), len(grid[5]), model[0].shape[0])
        for i in range(block, n, blocks):
            phot = candidates.photometry(magnitudes[i], magnitude_errors[i], extinction)
            if not np.isfinite(phot[2]):
                continue
            _star(
                labels[i], label_errors[i], magnitudes[i].astype(np.float32), phot, (density[i], mean_dust[i]),
                parallax[i], parallax_error[i], settings, grid, model, work, out[i],
            )  # fmt: skip
    return out
