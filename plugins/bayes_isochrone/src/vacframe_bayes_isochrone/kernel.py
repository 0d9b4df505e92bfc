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

One star at a time: nothing here depends on which stars are in the same call. All is in one module, since numba's
cache notices a changed source file only for the module of the function that is called.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from vacframe.astro.jit import compiled, compiled_parallel

CHUNK = 512
MU_FIRST, MU_STEP, MU_NODES = -5.0, 0.2, 126
"""Distance moduli at which the caller gives the density and the dust: 1 pc to 100 kpc."""
T_MAX, A_MAX, Q_MAX = 320, 160, 192
"""Largest numbers of table nodes in t and a, and of quadrature nodes in A."""
MASS_FIRST, MASS_STEP, MASS_BINS = -1.4, 0.004, 800
"""Histogram of log10 mass, for the percentiles."""
LEAST = 1e-6
"""Points with a smaller share of the posterior than this times the largest do not enter the moments."""
TINY = 1e-14
"""Smaller elements of a table, of 1 where everything agrees, are 0: arithmetic with denormal numbers is slow."""
FAINTEST = 1e-30
"""A star all of whose points have shares below this (of 1 where everything agrees) has no solution."""
NEARLY_GAUSSIAN = 0.005
"""Below this relative error a parallax is as good as Gaussian in distance modulus: the mean moves by less than 1 % of
its error."""
STEP = 0.55
"""Step of tables and quadratures, in standard deviations of the Gaussian that is tabulated or integrated."""
REACH = 6.0
"""Tables reach this many standard deviations."""
LN10 = 2.302585092994046
# Columns of the result.
(
    TOTAL, CHI2, EFFECTIVE, DISTANCE, DISTANCE_SD, DISTANCE_P, AV, AV_SD, AV_P, MASS, MASS_SD, MASS_P, AGE, AGE_SD,
    AGE_P, SHARE, MH_LOW, MH_HIGH, AGE_LOW, AGE_HIGH, POINTS, WIDTH,
) = (0, 1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 15, 18, 19, 20, 23, 26, 27, 28, 29, 30, 31)  # fmt: skip


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
def _extent(values: np.ndarray) -> tuple[Any, ...]:
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


@compiled
def _extinctions(
    first: float, last: float, sigma: float, lognormal: float, nodes: np.ndarray, widths: np.ndarray
) -> int:
    """Fill the quadrature nodes in A and their weights; return how many.

    Under a lognormal prior the nodes are equal steps in x = ln A + A / turn: in ln A at first, in A later, where the
    steps match sigma. Under a uniform one they are equal steps in A, with Gregory's corrections at the ends.
    """
    step = STEP * sigma
    if lognormal > 0:
        delta = 0.75 * STEP * lognormal
        turn = step / delta
        value = min(first, 0.5 * last)
        span = np.log(last / value) + (last - value) / turn
        n = min(int(span / delta) + 2, Q_MAX)
        delta = span / (n - 1)
        x = np.log(value) + value / turn
        for j in range(n):
            nodes[j], widths[j] = value, delta * value * turn / (value + turn)
            x += delta
            value += widths[j]
            for _ in range(5):
                value = max(value - (np.log(value) + value / turn - x) * value * turn / (value + turn), 0.5 * nodes[j])
        widths[0] *= 0.5
        widths[n - 1] *= 0.5
        return n
    n = min(max(int(last / step) + 2, 7), Q_MAX)
    step = last / (n - 1)
    for j in range(n):
        nodes[j], widths[j] = j * step, step
    for j in range(3):
        widths[j] *= (3.0 / 8.0, 7.0 / 6.0, 23.0 / 24.0)[j]
        widths[n - 1 - j] *= (3.0 / 8.0, 7.0 / 6.0, 23.0 / 24.0)[j]
    return n


@compiled
def _lines(
    mu_first: float,
    mu_step: float,
    n: int,
    parallax: float,
    sigma: float,
    gaussian: np.ndarray,
    density: np.ndarray,
    dust: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill rows of `out` along the line of sight: density times parallax likelihood of each component, then ln A.

    `gaussian` holds mean and 1 / variance in mu of the Gaussian that is treated exactly elsewhere; it is divided out.
    """
    components = density.shape[0]
    top = -np.inf
    for i in range(n):
        mu = mu_first + i * mu_step
        x = (mu - MU_FIRST) / MU_STEP
        k = min(max(int(x), 0), MU_NODES - 2)
        f = min(max(x - k, 0.0), 1.0)
        value = 0.0
        if sigma > 0:
            if gaussian[1] > 0:
                limit = 8.0 / np.sqrt(gaussian[1])
                mu = gaussian[0] + min(max(mu - gaussian[0], -limit), limit)
            miss = (parallax - np.exp((10.0 - mu) * (0.2 * LN10))) / sigma
            value = -0.5 * (miss**2 - (mu - gaussian[0]) ** 2 * gaussian[1])
        if x < 0 or x > MU_NODES - 1:
            value = -np.inf
        for c in range(components):
            out[c, i] = density[c, k] * (1.0 - f) + density[c, k + 1] * f + value
            top = max(top, out[c, i])
        out[components, i] = dust[k] * (1.0 - f) + dust[k + 1] * f
    for c in range(components):
        for i in range(n):
            out[c, i] = np.exp(out[c, i] - top)


@compiled
def _integrand(
    t_first: float,
    t_step: float,
    n_t: int,
    nodes: np.ndarray,
    widths: np.ndarray,
    n_q: int,
    phot: Any,
    gaussian: np.ndarray,
    mu_first: float,
    mu_step: float,
    n_mu: int,
    lines: np.ndarray,
    dust: float,
    f: np.ndarray,
    mu: np.ndarray,
) -> None:
    """Fill the prior times likelihood at the quadrature points: f (2, n_component, n_t, n_q) and mu (2, n_t, n_q).

    At each t and A the narrow Gaussian in mu is integrated by two-point Gauss-Hermite. The largest value is 1.
    """
    kappa, variance = phot
    components = f.shape[1]
    inverse = gaussian[1]
    spread = 1.0 / (1.0 / variance + inverse)
    total = variance + (1.0 / inverse if inverse > 0 else 0.0)
    largest = 0.0
    for n in range(n_t):
        for j in range(n_q):
            plain = t_first + n * t_step - kappa * nodes[j]
            centre_mu = spread * (plain / variance + gaussian[0] * inverse)
            value = 0.5 * widths[j]
            if inverse > 0:
                value *= np.exp(-0.5 * (plain - gaussian[0]) ** 2 / total)
            for g in range(2):
                here = centre_mu + (2 * g - 1) * np.sqrt(spread)
                mu[g, n, j] = here
                x = (here - mu_first) / mu_step
                k = min(max(int(x), 0), n_mu - 2)
                w = x - k
                if x < 0 or x > n_mu - 1 or value == 0.0:
                    for c in range(components):
                        f[g, c, n, j] = 0.0
                    continue
                chance = value
                if dust > 0:
                    mean = lines[components, k] * (1.0 - w) + lines[components, k + 1] * w
                    chance *= np.exp(-0.5 * ((np.log(nodes[j]) - mean) / dust) ** 2) / nodes[j]
                for c in range(components):
                    f[g, c, n, j] = chance * (lines[c, k] * (1.0 - w) + lines[c, k + 1] * w)
                    largest = max(largest, f[g, c, n, j])
    if largest > 0:
        f[:, :, :n_t, :n_q] /= largest


@compiled
def _add(row: np.ndarray, factor: float, values: np.ndarray) -> None:
    for m in range(len(row)):
        row[m] += factor * values[m]


@compiled
def _smear(f: np.ndarray, kernel: np.ndarray, n_t: int, n_q: int, n_a: int, table: np.ndarray) -> None:
    """Fill the table (n_component, n_t, n_a): the integrand summed over mu, smeared in A by `kernel` (n_q, n_a)."""
    for c in range(f.shape[1]):
        for n in range(n_t):
            row = table[c, n, :n_a]
            row[:] = np.float32(0)
            for j in range(n_q):
                value = np.float32(f[0, c, n, j] + f[1, c, n, j])
                if value > TINY:
                    _add(row, value, kernel[j, :n_a])
            for m in range(n_a):
                row[m] = row[m] if row[m] > TINY else np.float32(0)


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


@compiled
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


@compiled
def reach_of(
    kappa: float, sigma_t: float, sigma_a: float, parallax: float, error: float, av_max: float
) -> tuple[Any, ...]:
    """Return the range of t and of a, (low, high, low, high), within which parallax and A >= 0 leave a chance."""
    t_low, t_high = -np.inf, np.inf
    if error > 0:
        near, far = parallax + REACH * error, parallax - REACH * error
        if near > 0:
            t_low = 10.0 - 5.0 * np.log10(near) - REACH * sigma_t
        if far > 0:
            t_high = 10.0 - 5.0 * np.log10(far) + kappa * av_max + REACH * sigma_t
    return t_low, t_high, -REACH * sigma_a, av_max + REACH * sigma_a


@compiled
def _frames(
    t: np.ndarray,
    a: np.ndarray,
    sigma_t: float,
    sigma_a: float,
    fine: Any,
    parallax: float,
    error: float,
    av_max: float,
) -> tuple[Any, ...]:
    """Return the table's frame in t and a, its numbers of nodes, the largest A, and the width in mu at one A.

    That width is what photometry and parallax leave.
    """
    (t_low, t_high), (a_low, a_high) = _extent(t), _extent(a)
    width = 0.3
    if error > 0 and parallax > 2.0 * error:
        width = min(width, 5.0 / LN10 * error / parallax)
    last = min(av_max, max(a_high + REACH * sigma_a, 2.0 * sigma_a))
    width = np.hypot(sigma_t, width)
    t_step = max(min(STEP * width, 2.2 * sigma_t), (t_high - t_low) / (T_MAX - 4))
    a_step = max((0.1 if fine else STEP) * sigma_a, (a_high - a_low) / (A_MAX - 4))
    n_t, n_a = int((t_high - t_low) / t_step) + 4, int((a_high - a_low) / a_step) + 4
    return (t_low - t_step, t_step, a_low - a_step, a_step), n_t, n_a, last, width


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


@compiled
def _place_moments(
    deposit: np.ndarray,
    transposed: np.ndarray,
    f: np.ndarray,
    mu: np.ndarray,
    nodes: np.ndarray,
    n_q: int,
    out: np.ndarray,
) -> None:
    """Write the moments and percentiles of distance and extinction: the transpose of `_smear`."""
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
                    _add(share, deposit[c, n, m], transposed[m, :n_q])
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


@compiled
def tabulate(
    t: np.ndarray,
    a: np.ndarray,
    phot: Any,
    star_sky: Any,
    parallax: float,
    error: float,
    dust: float,
    av_max: float,
    work: Any,
) -> tuple[Any, ...]:
    """Make the table of one star; return its frame and sizes (n_t, n_a, n_q)."""
    kappa, sigma_t, sigma_a, helper = phot
    density, mean_dust = star_sky
    nodes, widths, lines, f, mu, kernel, transposed, table = work
    frame, n_t, n_a, last, width = _frames(t, a, sigma_t, sigma_a, helper[0] > 0, parallax, error, av_max)
    first = np.exp(np.min(mean_dust) - 4.0 * dust)
    n_q = _extinctions(first, last, min(sigma_a, width / kappa), dust, nodes, widths)
    for j in range(n_q):
        widths[j] *= np.exp(0.5 * helper[0] * (nodes[j] - helper[1]) ** 2)
    variance_t = max(sigma_t**2 - frame[1] ** 2 / 6.0, 0.04 * sigma_t**2)
    variance_a = sigma_a**2 - min(frame[3] ** 2 / 6.0, 0.5 * sigma_a**2)
    for j in range(n_q):
        for m in range(n_a):
            kernel[j, m] = np.exp(-min(0.5 * (frame[2] + m * frame[3] - nodes[j]) ** 2 / variance_a, 40.0))
            transposed[m, j] = kernel[j, m]
    gaussian, remaining, finest = np.zeros(2), error, 0.02
    if error > 0 and parallax > 20.0 * error:
        gaussian[0] = 10.0 - 5.0 * np.log10(parallax)
        gaussian[1] = (0.2 * LN10 * parallax / error) ** 2
        finest = min(finest, 0.5 / np.sqrt(gaussian[1]))
        if error < NEARLY_GAUSSIAN * parallax:
            remaining, finest = 0.0, 0.02
    mu_first = frame[0] - kappa * nodes[n_q - 1] - 2.0 * sigma_t
    mu_last = frame[0] + n_t * frame[1] + 2.0 * sigma_t
    mu_step = max(finest, (mu_last - mu_first) / (lines.shape[1] - 2))
    n_mu = int((mu_last - mu_first) / mu_step) + 2
    _lines(mu_first, mu_step, n_mu, parallax, remaining, gaussian, density, mean_dust, lines)
    _integrand(
        frame[0], frame[1], n_t, nodes, widths, n_q, (kappa, variance_t), gaussian, mu_first, mu_step, n_mu, lines,
        dust, f, mu,
    )  # fmt: skip
    _smear(f, kernel, n_t, n_q, n_a, table)
    return frame, n_t, n_a, n_q


@compiled
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


@compiled
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
    reach = reach_of(kappa, sigma_t, sigma_a, parallax, error, av_max)
    kept, best = find_points(labels, label_errors, magnitudes, bands, helper, window, reach, grid, found, slabs)
    out[POINTS] = kept
    if kept == 0:
        return
    found = (found[0][:kept], found[1][:kept], found[2][:kept], found[3][:kept])
    chance = chance[:kept]
    phot = (kappa, sigma_t, sigma_a, helper)
    frame, n_t, n_a, n_q = tabulate(found[0], found[1], phot, sky, parallax, error, dust, av_max, tables)
    nodes, transposed, f, mu = tables[0], tables[6], tables[3], tables[4]
    table = tables[7][:, :n_t, :n_a].copy()
    summed, squares, top = look_up(found, best, weight, frame, table, chance)
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


@compiled_parallel
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
            phot = photometry(magnitudes[i], magnitude_errors[i], extinction)
            if not np.isfinite(phot[2]):
                continue
            _star(
                labels[i], label_errors[i], magnitudes[i].astype(np.float32), phot, (density[i], mean_dust[i]),
                parallax[i], parallax_error[i], settings, grid, model, work, out[i],
            )  # fmt: skip
    return out
