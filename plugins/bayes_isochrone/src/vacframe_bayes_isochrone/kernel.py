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

One star at a time: nothing here depends on which stars are in the same call.
"""

from __future__ import annotations

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
REACH = 6.0
"""Tables reach this many standard deviations."""
LN10 = 2.302585092994046
# Columns of the result.
(
    TOTAL, CHI2, EFFECTIVE, DISTANCE, DISTANCE_SD, DISTANCE_P, AV, AV_SD, AV_P, MASS, MASS_SD, MASS_P, AGE, AGE_SD,
    AGE_P, SHARE, MH_LOW, MH_HIGH, AGE_LOW, AGE_HIGH, POINTS, WIDTH,
) = (0, 1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 15, 18, 19, 20, 23, 26, 27, 28, 29, 30, 31)  # fmt: skip


@compiled
def photometry(magnitudes, errors, extinction):  # type: ignore[no-untyped-def]
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
def _chi2(magnitudes, phot, teff, logg, points, star, offset, helper, t, a, chi2):  # type: ignore[no-untyped-def]
    """First pass over a chunk: chi2 and centre of each point."""
    weight, to_t, to_a, relative = phot
    n, shift = len(teff), helper[2]
    for j in range(n):
        t[j] = np.float32(0.0)
        a[j] = shift
        x = (teff[j] - star[0]) * star[1]
        y = (logg[j] - star[2]) * star[3]
        chi2[j] = offset + x * x + y * y
    for b in range(len(weight)):
        if weight[b] > 0:
            row, m, ct, ca = points[b], magnitudes[b], to_t[b], to_a[b]
            for j in range(n):
                r = m - row[j]
                t[j] += ct * r
                a[j] += ca * r
    for b in range(len(weight)):
        if weight[b] > 0:
            row, m, w, k = points[b], magnitudes[b], weight[b], relative[b]
            for j in range(n):
                r = m - row[j] - t[j] - k * a[j]
                chi2[j] += w * r * r
    if helper[0] > 0:
        for j in range(n):
            chi2[j] += helper[0] * (a[j] - helper[1]) ** 2


@compiled
def find_points(  # type: ignore[no-untyped-def]
    labels, errors, magnitudes, phot, helper, window, grid, index, slab_of, centre_t, centre_a, chi2
):
    """Find the model points in the window, with their chi2 and centres; return how many, and the smallest chi2.

    The window is a box of `window` standard deviations in [M/H], Teff and log g; within it, points with a chi2
    (of labels and colours) larger than the smallest plus 2 window^2 are left out.
    """
    teff, logg, points, start, edges, mh = grid
    chunk_t, chunk_a, chunk_c = np.empty(CHUNK, np.float32), np.empty(CHUNK, np.float32), np.empty(CHUNK, np.float32)
    inverse = np.zeros(3)
    for k in range(3):
        if np.isfinite(labels[k]) and np.isfinite(errors[k]) and errors[k] > 0:
            inverse[k] = 1.0 / errors[k]
    star = np.zeros(4, np.float32)
    for k in range(2):
        if inverse[k] > 0:
            star[2 * k], star[2 * k + 1] = labels[k], inverse[k]
    found, best = 0, np.inf
    span = 2.0 * window**2
    for slab in range(len(mh)):
        distance = (mh[slab] - labels[2]) * inverse[2] if inverse[2] > 0 else 0.0
        if abs(distance) > window:
            continue
        offset = np.float32(distance**2)
        for part in range(edges.shape[1] - 1):
            low, high = edges[slab, part], edges[slab, part + 1]
            if inverse[0] > 0 and (high < labels[0] - window / inverse[0] or low > labels[0] + window / inverse[0]):
                continue
            first, last = start[slab, part], start[slab, part + 1]
            if inverse[1] > 0:
                inside = logg[first:last]
                top = np.float32(labels[1] + window / inverse[1])
                last = first + np.searchsorted(inside, top, side="right")
                first = first + np.searchsorted(inside, np.float32(labels[1] - window / inverse[1]))
            for here in range(first, last, CHUNK):
                n = min(CHUNK, last - here)
                _chi2(
                    magnitudes, phot, teff[here : here + n], logg[here : here + n], points[:, here : here + n], star,
                    offset, helper, chunk_t, chunk_a, chunk_c,
                )  # fmt: skip
                for j in range(n):
                    c = chunk_c[j]
                    best = min(best, c)
                    index[found], slab_of[found] = here + j, slab
                    centre_t[found], centre_a[found], chi2[found] = chunk_t[j], chunk_a[j], c
                    found += c <= best + span
    kept = 0
    for i in range(found):
        if chi2[i] <= best + span:
            index[kept], slab_of[kept], chi2[kept] = index[i], slab_of[i], chi2[i]
            centre_t[kept], centre_a[kept] = centre_t[i], centre_a[i]
            kept += 1
    return kept, best


@compiled
def _extinctions(first, last, sigma, lognormal, nodes, widths):  # type: ignore[no-untyped-def]
    """Fill the quadrature nodes in A and their widths; return how many.

    Under a lognormal prior steps are equal in ln A at first, then equal in A, where they match sigma.
    """
    step = 0.4 * sigma
    n = 0
    value = 0.0
    if lognormal > 0:
        ratio = np.exp(0.32 * lognormal)
        value = min(first, 0.5 * last)
        while value * (ratio - 1.0) < step and value < last and n < Q_MAX // 2:
            nodes[n] = value
            value *= ratio
            n += 1
    step = max(step, (last - value) / (Q_MAX - n - 2))
    while n < Q_MAX and value < last + 0.5 * step:
        nodes[n] = value
        value += step
        n += 1
    for j in range(n):
        widths[j] = 0.5 * (nodes[min(j + 1, n - 1)] - nodes[max(j - 1, 0)])
    return n


@compiled
def _lines(mu_first, mu_step, n, parallax, sigma, gaussian, density, dust, out):  # type: ignore[no-untyped-def]
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
def _integrand(t_first, t_step, n_t, nodes, widths, n_q, phot, gaussian, mu_first, mu_step, n_mu, lines, dust, f, mu):  # type: ignore[no-untyped-def]
    """Fill the prior times likelihood at the quadrature points: f (2, n_component, n_t, n_q) and mu (2, n_t, n_q).

    At each t and A the narrow Gaussian in mu is integrated by two-point Gauss-Hermite.
    """
    kappa, variance, helper, centre = phot
    components = f.shape[1]
    inverse = gaussian[1]
    spread = 1.0 / (1.0 / variance + inverse)
    total = variance + (1.0 / inverse if inverse > 0 else 0.0)
    for n in range(n_t):
        for j in range(n_q):
            plain = t_first + n * t_step - kappa * nodes[j]
            centre_mu = spread * (plain / variance + gaussian[0] * inverse)
            value = 0.5 * widths[j] * np.exp(0.5 * helper * (nodes[j] - centre) ** 2)
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


@compiled
def _smear(f, kernel, n_t, n_q, n_a, table):  # type: ignore[no-untyped-def]
    """Fill the table (n_t, n_a, n_component): the integrand summed over mu and smeared in A by `kernel` (n_q, n_a)."""
    components = f.shape[1]
    row = np.zeros((components, n_a), np.float32)
    for n in range(n_t):
        row[:] = 0.0
        for c in range(components):
            for j in range(n_q):
                value = np.float32(f[0, c, n, j] + f[1, c, n, j])
                if value > 0:
                    for m in range(n_a):
                        row[c, m] += value * kernel[j, m]
        for m in range(n_a):
            for c in range(components):
                table[n, m, c] = row[c, m]


@compiled
def _look_up(index, centre_t, centre_a, chi2, best, weight, frame, table, chance):  # type: ignore[no-untyped-def]
    """Fill each point's share of the posterior; return the sum of shares, of squares, and the largest one's place."""
    t_first, t_step, a_first, a_step = frame
    n_t, n_a, components = table.shape
    total = squares = 0.0
    top, place = 0.0, -1
    for i in range(len(index)):
        x = (centre_t[i] - t_first) / t_step
        y = (centre_a[i] - a_first) / a_step
        chance[i] = 0.0
        if x < 0 or y < 0 or x >= n_t - 1 or y >= n_a - 1:
            continue
        n, m = int(x), int(y)
        u, v = x - n, y - m
        value = 0.0
        for c in range(components):
            low = table[n, m, c] * (1.0 - v) + table[n, m + 1, c] * v
            high = table[n + 1, m, c] * (1.0 - v) + table[n + 1, m + 1, c] * v
            value += weight[c, index[i]] * (low * (1.0 - u) + high * u)
        value *= np.exp(-0.5 * (chi2[i] - best))
        chance[i] = value
        total += value
        squares += value * value
        if value > top:
            top, place = value, i
    return total, squares, place


@compiled
def _frames(kept, centre_t, centre_a, kappa, sigma_t, sigma_a, parallax, error, av_max):  # type: ignore[no-untyped-def]
    """Return the table's frame in t and a, its numbers of nodes, and the largest A; no nodes where nothing fits."""
    t_low, t_high = np.min(centre_t[:kept]), np.max(centre_t[:kept])
    a_low, a_high = np.min(centre_a[:kept]), np.max(centre_a[:kept])
    last = min(av_max, max(a_high + REACH * sigma_a, 2.0 * sigma_a))
    width = 0.3
    if error > 0:
        near, far = parallax + REACH * error, parallax - REACH * error
        if near > 0:
            t_low = max(t_low, 10.0 - 5.0 * np.log10(near) - REACH * sigma_t)
        if far > 0:
            t_high = min(t_high, 10.0 - 5.0 * np.log10(far) + kappa * last + REACH * sigma_t)
        if parallax > 2.0 * error:
            width = min(width, 5.0 / LN10 * error / parallax)
    a_low, a_high = max(a_low, -REACH * sigma_a), min(a_high, last + REACH * sigma_a)
    if t_low > t_high or a_low > a_high:
        return (0.0, 1.0, 0.0, 1.0), 0, 0, last
    t_step = max(min(0.4 * np.hypot(sigma_t, width), 2.0 * sigma_t), (t_high - t_low) / (T_MAX - 4))
    a_step = max(0.4 * sigma_a, (a_high - a_low) / (A_MAX - 4))
    n_t, n_a = int((t_high - t_low) / t_step) + 4, int((a_high - a_low) / a_step) + 4
    return (t_low - t_step, t_step, a_low - a_step, a_step), n_t, n_a, last


@compiled
def percentile(weights, edges, fraction):  # type: ignore[no-untyped-def]
    """Return where the cumulated histogram reaches a fraction of its sum, linear within a bin."""
    wanted = fraction * np.sum(weights)
    summed = 0.0
    for k in range(len(weights)):
        if weights[k] > 0 and summed + weights[k] >= wanted:
            return edges[k] + (edges[k + 1] - edges[k]) * (wanted - summed) / weights[k]
        summed += weights[k]
    return edges[len(weights)]


@compiled
def _spread(out, column, total, first, second):  # type: ignore[no-untyped-def]
    """Write mean and standard deviation from the first two moments."""
    out[column] = first / total
    out[column + 1] = np.sqrt(max(second / total - (first / total) ** 2, 0.0))


@compiled
def _points_moments(index, slab_of, chance, total, mass, age, ages, age_edges, slabs, out):  # type: ignore[no-untyped-def]
    """Write the moments and percentiles of mass and age, and the shares at the grid's edges."""
    by_age, by_slab, by_mass = np.zeros(len(ages)), np.zeros(slabs), np.zeros(MASS_BINS)
    m1 = m2 = 0.0
    for i in range(len(index)):
        p = chance[i]
        if p > 0:
            m = np.float64(mass[index[i]])
            m1 += p * m
            m2 += p * m * m
            by_age[age[index[i]]] += p
            by_slab[slab_of[i]] += p
            by_mass[min(max(int((np.log10(m) - MASS_FIRST) / MASS_STEP), 0), MASS_BINS - 1)] += p
    _spread(out, MASS, total, m1, m2)
    _spread(out, AGE, total, np.sum(by_age * ages), np.sum(by_age * ages**2))
    mass_edges = MASS_FIRST + MASS_STEP * np.arange(MASS_BINS + 1)
    for k in range(3):
        fraction = (0.16, 0.5, 0.84)[k]
        out[MASS_P + k] = 10.0 ** percentile(by_mass, mass_edges, fraction)
        out[AGE_P + k] = percentile(by_age, age_edges, fraction)
    out[AGE_LOW], out[AGE_HIGH] = by_age[0] / total, by_age[-1] / total
    out[MH_LOW], out[MH_HIGH] = by_slab[0] / total, by_slab[-1] / total


@compiled
def _place_moments(deposit, kernel, f, mu, nodes, n_q, out):  # type: ignore[no-untyped-def]
    """Write the moments and percentiles of distance and extinction: the transpose of `_smear`."""
    n_t, n_a, components = deposit.shape
    bins = 4 * n_t + 2
    low, high = np.min(mu[:, :n_t, :n_q]), np.max(mu[:, :n_t, :n_q])
    step = (high - low) / (bins - 2)
    by_mu, by_a = np.zeros(bins), np.zeros(n_q)
    total = d1 = d2 = a1 = a2 = 0.0
    for n in range(n_t):
        for j in range(n_q):
            for c in range(components):
                share = 0.0
                for m in range(n_a):
                    share += deposit[n, m, c] * kernel[j, m]
                if share == 0.0:
                    continue
                for g in range(2):
                    p = share * f[g, c, n, j]
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
def _deposit(index, centre_t, centre_a, chi2, best, weight, frame, chance, least, deposit):  # type: ignore[no-untyped-def]
    """Put the weight of each point that counts on the nodes about its centre: the transpose of `_look_up`."""
    components = deposit.shape[2]
    for i in range(len(index)):
        if chance[i] < least:
            chance[i] = 0.0
            continue
        x, y = (centre_t[i] - frame[0]) / frame[1], (centre_a[i] - frame[2]) / frame[3]
        n, m = int(x), int(y)
        u, v = x - n, y - m
        e = np.exp(-0.5 * (chi2[i] - best))
        for c in range(components):
            w = e * weight[c, index[i]]
            deposit[n, m, c] += w * (1.0 - u) * (1.0 - v)
            deposit[n, m + 1, c] += w * (1.0 - u) * v
            deposit[n + 1, m, c] += w * u * (1.0 - v)
            deposit[n + 1, m + 1, c] += w * u * v


@compiled
def _best_chi2(chi2, t, a, kappa, sigma_t, sigma_a, parallax, error):  # type: ignore[no-untyped-def]
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
def tabulate(kept, best, centre_t, centre_a, phot, star_sky, parallax, error, dust, av_max, work):  # type: ignore[no-untyped-def]
    """Make the table of one star; return its frame and sizes (n_t, n_a, n_q), zeros where nothing fits."""
    kappa, sigma_t, sigma_a, helper = phot
    density, mean_dust = star_sky
    nodes, widths, lines, f, mu, kernel, table = work
    frame, n_t, n_a, last = _frames(kept, centre_t, centre_a, kappa, sigma_t, sigma_a, parallax, error, av_max)
    if n_t == 0:
        return frame, 0, 0, 0
    first = np.exp(np.min(mean_dust) - 4.0 * dust)
    n_q = _extinctions(first, last, sigma_a, dust, nodes, widths)
    variance_t = max(sigma_t**2 - frame[1] ** 2 / 6.0, 0.04 * sigma_t**2)
    variance_a = sigma_a**2 - min(frame[3] ** 2 / 6.0, 0.5 * sigma_a**2)
    for j in range(n_q):
        for m in range(n_a):
            kernel[j, m] = np.exp(-0.5 * (frame[2] + m * frame[3] - nodes[j]) ** 2 / variance_a)
    gaussian = np.zeros(2)
    if error > 0 and parallax > 20.0 * error:
        gaussian[0] = 10.0 - 5.0 * np.log10(parallax)
        gaussian[1] = (0.2 * LN10 * parallax / error) ** 2
    mu_first = frame[0] - kappa * nodes[n_q - 1] - 2.0 * sigma_t
    mu_last = frame[0] + n_t * frame[1] + 2.0 * sigma_t
    mu_step = max(0.02, (mu_last - mu_first) / (lines.shape[1] - 2))
    n_mu = int((mu_last - mu_first) / mu_step) + 2
    _lines(mu_first, mu_step, n_mu, parallax, error, gaussian, density, mean_dust, lines)
    _integrand(
        frame[0], frame[1], n_t, nodes, widths, n_q, (kappa, variance_t, helper[0], helper[1]), gaussian, mu_first,
        mu_step, n_mu, lines, dust, f, mu,
    )  # fmt: skip
    _smear(f, kernel, n_t, n_q, n_a, table)
    return frame, n_t, n_a, n_q


@compiled
def workspace(points, components):  # type: ignore[no-untyped-def]
    """Return the arrays that a star's sum is made in: those for points, and those for the table."""
    single = np.float32
    found = (
        np.empty(points + CHUNK, np.int64), np.empty(points + CHUNK, np.int16), np.empty(points + CHUNK, single),
        np.empty(points + CHUNK, single), np.empty(points + CHUNK, single),
    )  # fmt: skip
    tables = (
        np.empty(Q_MAX), np.empty(Q_MAX), np.empty((components + 1, 1500)), np.empty((2, components, T_MAX, Q_MAX)),
        np.empty((2, T_MAX, Q_MAX)), np.empty((Q_MAX, A_MAX), single), np.empty((T_MAX, A_MAX, components), single),
    )  # fmt: skip
    return found, tables


@compiled
def _star(labels, label_errors, magnitudes, phot, sky, parallax, error, settings, grid, model, found, tables, out):  # type: ignore[no-untyped-def]
    """Write everything about one star."""
    window, dust, av_max = settings
    bands, kappa, sigma_t, sigma_a, helper = phot
    mass, age, weight, ages, age_edges = model
    index, slab_of, centre_t, centre_a, chi2 = found
    kept, best = find_points(
        labels, label_errors, magnitudes, bands, helper, window, grid, index, slab_of, centre_t, centre_a, chi2
    )
    out[POINTS] = kept
    if kept == 0:
        return
    index, slab_of, centre_t, centre_a, chi2 = (
        index[:kept], slab_of[:kept], centre_t[:kept], centre_a[:kept], chi2[:kept],
    )  # fmt: skip
    frame, n_t, n_a, n_q = tabulate(
        kept, best, centre_t, centre_a, (kappa, sigma_t, sigma_a, helper), sky, parallax, error, dust, av_max, tables
    )
    if n_t == 0:
        return
    nodes, kernel, f, mu = tables[0], tables[5], tables[3], tables[4]
    table = tables[6][:n_t, :n_a]
    chance = np.empty(kept)
    total, squares, place = _look_up(index, centre_t, centre_a, chi2, best, weight, frame, table, chance)
    if not total > 0:
        return
    out[TOTAL], out[EFFECTIVE] = np.log(total), total**2 / squares
    out[CHI2] = _best_chi2(
        chi2[place], centre_t[place], centre_a[place], kappa, sigma_t, sigma_a, parallax, error
    )
    deposit = np.zeros((n_t, n_a, weight.shape[0]))
    least = 1e-8 * chance[place]
    _deposit(index, centre_t, centre_a, chi2, best, weight, frame, chance, least, deposit)
    for c in range(weight.shape[0]):
        out[SHARE + c] = np.sum(deposit[:, :, c] * table[:, :, c]) / total
    _points_moments(index, slab_of, chance, np.sum(chance), mass, age, ages, age_edges, len(grid[5]), out)
    _place_moments(deposit, kernel, f, mu, nodes, n_q, out)


@compiled_parallel
def all_stars(  # type: ignore[no-untyped-def]
    labels, label_errors, magnitudes, magnitude_errors, extinction, parallax, parallax_error, density, mean_dust,
    settings, grid, model, blocks,
):  # fmt: skip
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
        ``mass``, ``age``, ``weight``, ``age_nodes`` of it, and the edges of the age cells.
    blocks : int
        Stars are dealt to this many threads.
    """
    n = len(parallax)
    out = np.full((n, WIDTH), np.nan)
    for block in numba.prange(blocks):
        found, tables = workspace(len(grid[0]), model[2].shape[0])
        for i in range(block, n, blocks):
            phot = photometry(magnitudes[i], magnitude_errors[i], extinction)
            if not np.isfinite(phot[2]):
                continue
            _star(
                labels[i], label_errors[i], magnitudes[i].astype(np.float32), phot, (density[i], mean_dust[i]),
                parallax[i], parallax_error[i], settings, grid, model, found, tables, out[i],
            )  # fmt: skip
    return out
