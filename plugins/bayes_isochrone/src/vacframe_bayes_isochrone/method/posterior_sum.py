"""The sum over model points, compiled.

For a star's photometric errors the likelihood of the magnitudes at every model point is a Gaussian in (distance
modulus mu, extinction A) with the *same* precision matrix; only its centre moves. So the integral of that Gaussian
times parallax likelihood, density and dust prior is one smooth function of the centre, made once per star and
component on a small table and looked up at each point's centre. The centre is (t, a): a is the best A and
t = mu + kappa a, the modulus that the magnitudes would give without extinction; t and a are independent.

The lookup is bilinear, hence a sum of hat functions over the table's nodes. Its transpose, depositing each point's
weight on the same nodes, yields the posterior of distance and extinction without a second integral, exactly
consistent with the lookup. A hat of width h adds h^2 / 6 to a variance; the table's Gaussians are made narrower by
as much. Where a < 0 the tail of the Gaussian over A >= 0 would be too steep for a linear lookup: there
exp(-a^2 / 2 sigma_a^2) belongs to the likelihood of the point (`candidate_points`), and the table is left with
exp((a A - A^2 / 2) / sigma_a^2).

`candidate_points` finds the points and their centres, `sightline_integral` makes the table, `point_shares` looks it up,
`posterior_moments` sums up; here is the loop over stars. One star at a time: nothing depends on which stars are in the
same call.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone.method import (
    candidate_points,
    exponential,
    point_shares,
    posterior_moments,
    sightline_integral,
)
from vacframe_bayes_isochrone.method.posterior_moments import CHI2, EFFECTIVE, LEAST, POINTS, SHARE, TOTAL, WIDTH
from vacframe_bayes_isochrone.method.sightline_integral import LN10

FAINTEST = 1e-30
"""A star all of whose points have shares below this (of 1 where everything agrees) has no solution."""


@compiled
def _best_chi2(
    chi2: float, t: float, a: float, kappa: float, sigma_t: float, sigma_a: float, parallax: float, error: float
) -> float:
    """Return the chi2 of one point at its best distance and extinction, A >= 0, the parallax's share included."""
    at = max(a, 0.0)
    chi2 -= (min(a, 0.0) / sigma_a) ** 2
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


@compiled_with(candidate_points, sightline_integral)
def workspace(grid: Any, components: int) -> tuple[Any, ...]:
    """Return the arrays that a star's sum is made in: metallicities, points, shares, those of search and of tables."""
    single, size = np.float32, len(grid[0])
    found = (np.empty(size, single), np.empty(size, single), np.empty(size, single), np.empty(size, np.int32))
    blocks = len(grid[5])
    search = (
        np.empty(blocks, single), np.empty(blocks, single), np.empty(blocks, np.bool_),
        np.empty((blocks, 2), np.int32), np.empty(size, np.int32),
    )  # fmt: skip
    return (
        np.empty((len(grid[3]), 2), np.int64),
        found,
        np.empty(size, single),
        search,
        sightline_integral.room(components),
    )


@compiled_with(candidate_points, exponential, sightline_integral)
def find(star: Any, phot: Any, settings: Any, grid: Any, work: Any) -> tuple[Any, ...]:
    """Find the points that can matter to a star; return how many, and the smallest chi2.

    Parameters
    ----------
    star : tuple
        Labels and their errors (3,), magnitudes (n_band,), parallax and its error.
    phot : tuple
        What `candidate_points.photometry` returns.
    """
    labels, label_errors, magnitudes, parallax, error = star
    window, _, av_max, _ = settings
    bands, kappa, sigma_t, sigma_a, helper = phot
    slabs, found, _, search, _ = work
    reach = sightline_integral.reach_of(kappa, sigma_t, sigma_a, parallax, error, av_max)
    seen = (np.where(bands[0] > 0, magnitudes, 0.0).astype(np.float32), bands)
    return candidate_points.find_points(labels, label_errors, seen, helper, window, reach, grid, found, slabs, search)


@compiled_with(candidate_points, exponential, sightline_integral, point_shares)
def weigh(
    near: int, best: float, star: Any, phot: Any, sky: Any, settings: Any, weight: np.ndarray, work: Any
) -> tuple[Any, ...]:
    """Fill the shares of the points found; return what `look_up` and `tabulate` return."""
    _, dust, av_max, _ = settings
    found = (work[1][0][:near], work[1][1][:near], work[1][2][:near], work[1][3][:near])
    _, kappa, sigma_t, sigma_a, helper = phot
    tabulated = sightline_integral.tabulate(
        found[0], found[1], (kappa, sigma_t, sigma_a, helper), sky, star[3], star[4], dust, av_max, work[4]
    )
    return point_shares.look_up(found, best, weight, tabulated[0], tabulated[5], work[2][:near]), tabulated


@compiled_with(candidate_points, exponential, sightline_integral, point_shares, posterior_moments)
def _star(star: Any, phot: Any, sky: Any, settings: Any, grid: Any, model: Any, work: Any, out: np.ndarray) -> None:
    """Write everything about one star."""
    slabs, found, chance, search, _ = work
    weight, percentiles = model[0], settings[3]
    near, best = find(star, phot, settings, grid, work)
    out[POINTS] = near
    if near == 0:
        return
    (summed, squares, top), (frame, line, nodes, gauss, f, table) = weigh(
        near, best, star, phot, sky, settings, weight, work
    )
    if not top > FAINTEST:
        return
    out[TOTAL], out[EFFECTIVE] = np.log(summed), summed**2 / squares
    places = search[4]
    count, i = posterior_moments.collect(
        slabs, found, chance[:near], np.float32(LEAST * top), model[1:], percentiles, places, out
    )
    _, kappa, sigma_t, sigma_a, _ = phot
    out[CHI2] = _best_chi2(
        best - 2.0 * np.log(found[2][i]), found[0][i], found[1][i], kappa, sigma_t, sigma_a, star[3], star[4]
    )
    deposit = np.zeros(table.shape)
    posterior_moments.deposit_weights(found, places[:count], weight, frame, deposit)
    for c in range(len(weight)):
        out[SHARE + c] = np.sum(deposit[c] * table[c]) / summed
    posterior_moments.place_moments(deposit, line, frame[0], kappa, nodes, gauss, f, percentiles, out)


@compiled_with(candidate_points, exponential, sightline_integral, point_shares, posterior_moments, parallel=True)
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
    settings : tuple
        Window in standard deviations; dispersion of ln A_V, 0 for a uniform prior; largest A_V; whether percentiles
        are wanted.
    grid : tuple
        What `candidate_points.find_points` takes.
    model : tuple of ndarray
        ``weight``, ``mass``, log10 ``mass``, ``age``, ``age_nodes`` of `isochrone_grid`, the edges of the age cells,
        and the first and the last node of age that any model has.
    blocks : int
        Stars are dealt to this many threads.
    """
    n = len(parallax)
    out = np.full((n, WIDTH), np.nan)
    for block in numba.prange(blocks):
        work = workspace(grid, model[0].shape[0])
        for i in range(block, n, blocks):
            phot = candidate_points.photometry(magnitudes[i], magnitude_errors[i], extinction)
            if np.isfinite(phot[2]):
                star = (labels[i], label_errors[i], magnitudes[i], parallax[i], parallax_error[i])
                _star(star, phot, (density[i], mean_dust[i]), settings, grid, model, work, out[i])
    return out
