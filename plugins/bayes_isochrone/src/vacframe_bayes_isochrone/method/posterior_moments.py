"""Moments and percentiles from the shares of the model points; compiled. See `posterior_sum`."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone.method import candidate_points, exponential, sightline_integral
from vacframe_bayes_isochrone.method.sightline_integral import LN10, TINY

MASS_FIRST, MASS_STEP, MASS_BINS = -1.4, 0.004, 800
"""Histogram of log10 mass, for the percentiles."""
LEAST = 1e-6
"""Points with a smaller share of the posterior than this times the largest do not enter the moments."""
# Columns of the result.
(
    TOTAL, CHI2, EFFECTIVE, DISTANCE, DISTANCE_SD, DISTANCE_P, AV, AV_SD, AV_P, MASS, MASS_SD, MASS_P, AGE, AGE_SD,
    AGE_P, SHARE, MH_LOW, MH_HIGH, AGE_LOW, AGE_HIGH, AGES, POINTS, WIDTH,
) = (0, 1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 15, 18, 19, 20, 23, 26, 27, 28, 29, 30, 31, 32)  # fmt: skip


@compiled
def percentile(weights: np.ndarray, edges: np.ndarray, fraction: float) -> float:
    """Return where a cumulated histogram reaches a fraction of its sum.

    Within a bin it is cubic, with the density at each edge that of the two bins beside it together.
    """
    n = len(weights)
    wanted = fraction * np.sum(weights)
    summed, k = 0.0, 0
    while k < n - 1 and (weights[k] <= 0 or summed + weights[k] < wanted):
        summed += weights[k]
        k += 1
    width, w = edges[k + 1] - edges[k], weights[k]
    before = (weights[k - 1] + w) / (edges[k + 1] - edges[k - 1]) if k > 0 else w / width
    after = (w + weights[k + 1]) / (edges[k + 2] - edges[k]) if k < n - 1 else w / width
    first, last = min(before * width, 3.0 * w), min(after * width, 3.0 * w)  # so that it rises throughout
    low, high = 0.0, 1.0
    for _ in range(30):
        x = 0.5 * (low + high)
        reached = x * (first + x * (3.0 * w - 2.0 * first - last + x * (first + last - 2.0 * w)))
        low, high = (x, high) if summed + reached < wanted else (low, x)
    return edges[k] + width * 0.5 * (low + high)


@compiled
def _spread(out: np.ndarray, column: int, total: float, first: float, second: float) -> None:
    """Write mean and standard deviation from the first two moments."""
    out[column] = first / total
    out[column + 1] = np.sqrt(max(second / total - (first / total) ** 2, 0.0))


@compiled
def deposit_weights(found: Any, places: np.ndarray, weight: np.ndarray, frame: Any, deposit: np.ndarray) -> None:
    """Put the weight of each point on the table's nodes about its centre: the transpose of `look_up`."""
    single = np.float32
    t_first, t_inverse = single(frame[0]), single(1.0 / frame[1])
    a_first, a_inverse = single(frame[2]), single(1.0 / frame[3])
    components, n_a, n_t = deposit.shape
    flat = deposit.reshape(components, n_a * n_t)
    for i in places:
        k = np.uint64(found[3][i])
        x, y = (found[0][i] - t_first) * t_inverse, (found[1][i] - a_first) * a_inverse
        n, m = np.int32(x), np.int32(y)
        u, v = x - np.float32(n), y - np.float32(m)
        node = np.uint64(m * np.int32(n_t) + n)
        above = node + np.uint64(n_t)
        e = found[2][i]
        low, high = e * (np.float32(1) - v), e * v
        for c in range(components):
            w = weight[c, k]
            flat[c, node] += w * (low - low * u)
            flat[c, node + np.uint64(1)] += w * (low * u)
            flat[c, above] += w * (high - high * u)
            flat[c, above + np.uint64(1)] += w * (high * u)


@compiled_with(candidate_points)
def collect(
    slabs: np.ndarray, found: Any, chance: np.ndarray, least: np.float32, model: Any, percentiles: bool,
    places: np.ndarray, out: np.ndarray,
) -> tuple[Any, ...]:  # fmt: skip
    """Write what concerns mass, age and metallicity.

    Returns
    -------
    tuple
        Number of points that count, whose places in `found` are then in `places`, and that of the largest share.
    """
    mass, log_mass, age, ages, age_edges, age_ends = model
    by_age, by_slab, by_mass = np.zeros(len(ages)), np.zeros(len(slabs)), np.zeros(MASS_BINS)
    count = candidate_points.choose(chance, least, np.float32(np.inf), places)
    m1 = m2 = largest = 0.0
    winner = 0
    for i in places[:count]:
        p, k = np.float64(chance[i]), np.uint64(found[3][i])
        winner = i if p > largest else winner
        largest = max(p, largest)
        m = np.float64(mass[k])
        m1 += p * m
        m2 += p * m * m
        by_age[np.uint64(age[k])] += p
    for slab in range(len(slabs)):
        by_slab[slab] = np.sum(chance[slabs[slab, 0] : slabs[slab, 1]])
    total = np.sum(by_age)
    _spread(out, MASS, total, m1, m2)
    within = np.diff(age_edges) ** 2 / 12.0  # a model stands for its cell of age
    _spread(out, AGE, total, np.sum(by_age * ages), np.sum(by_age * (ages**2 + within)))
    out[AGES] = total**2 / np.sum(by_age**2)
    out[AGE_LOW], out[AGE_HIGH] = by_age[age_ends[0]] / total, by_age[age_ends[1]] / total
    out[MH_LOW], out[MH_HIGH] = by_slab[0] / total, by_slab[-1] / total
    if percentiles:
        for i in places[:count]:
            x = (log_mass[np.uint64(found[3][i])] - np.float32(MASS_FIRST)) * np.float32(1.0 / MASS_STEP)
            by_mass[min(max(int(x), 0), MASS_BINS - 1)] += np.float64(chance[i])
        mass_edges = MASS_FIRST + MASS_STEP * np.arange(MASS_BINS + 1)
        for place in range(3):
            fraction = (0.16, 0.5, 0.84)[place]
            out[MASS_P + place] = 10.0 ** percentile(by_mass, mass_edges, fraction)
            out[AGE_P + place] = percentile(by_age, age_edges, fraction)
    return count, winner


@compiled
def _at_each_t(
    shares: np.ndarray, f: np.ndarray, shrink: np.ndarray, nodes: np.ndarray, both: np.ndarray, sums: np.ndarray
) -> None:
    """Fill the posterior both (n_q, n_t) and sums (2, 5, n_t) of 1, d, d^2, A, A^2 over it, d but for a factor at t."""
    _, components, n_q, n_t = f.shape
    row = np.empty(n_t, np.float32)
    both[:], sums[:] = np.float32(0), 0.0
    for g in range(2):
        for j in range(n_q):
            row[:] = np.float32(0)
            for c in range(components):
                for n in range(n_t):
                    row[n] += shares[c, j, n] * f[g, c, j, n]
            d, a = shrink[j], nodes[j]
            for n in range(n_t):
                p = np.float64(row[n])
                both[j, n] += row[n]
                sums[g, 0, n] += p
                sums[g, 1, n] += p * d
                sums[g, 2, n] += p * (d * d)
                sums[g, 3, n] += p * a
                sums[g, 4, n] += p * (a * a)


@compiled_with(candidate_points, exponential, sightline_integral)
def _shape(both: np.ndarray, line: Any, shift: np.ndarray) -> tuple[Any, ...]:
    """Return a histogram of distance modulus and its bins' edges: the right shape, but not quite mean and width.

    `shift` (n_q,) is the place along the line of sight of the first t at each extinction.
    """
    n_q, n_t = both.shape
    step = line[3] * line[1]
    scatter = max(line[5], 0.5 * step)  # with less, the nodes would show
    width = max(step, scatter) / 3.0
    low = line[3] * line[0] + line[4] - 4.0 * scatter - width
    narrow = np.zeros(int((step * line[2] + 8.0 * scatter) / width) + 4)
    for j in range(n_q):
        start, each = (line[3] * (line[0] + shift[j] * line[1]) + line[4] - low) / width, step / width
        for n in range(n_t):
            x = start + n * each
            k = np.uint64(x)
            p, above = np.float64(both[j, n]), x - np.float64(k)
            narrow[k] += p * (1.0 - above)
            narrow[k + np.uint64(1)] += p * above
    wide = np.zeros(len(narrow))
    reach = int(4.0 * scatter / width)
    for away in range(-reach, reach + 1):
        share = np.exp(-0.5 * (away * width / scatter) ** 2)
        wide[reach : len(wide) - reach] += share * narrow[reach + away : len(wide) - reach + away]
    # It is wider than it should be, and sharpened by as much.
    excess = (scatter**2 - line[5] ** 2) / width**2 + 1.0 / 6.0
    curved = wide[2:] - 2.0 * wide[1:-1] + wide[:-2]
    wide[1:-1] = np.maximum(wide[1:-1] - 0.5 * excess * curved, 0.0)
    return wide, low + width * (np.arange(len(wide) + 1) - 0.5)


@compiled_with(candidate_points, exponential, sightline_integral)
def between_nodes(by_a: np.ndarray) -> tuple[Any, ...]:
    """Return the shares of bins half as wide as the steps of the quadrature in A, and their edges in units of a step.

    The quadrature's terms are values of a smooth function in equal steps: it is interpolated half-way between them,
    and the integral over a bin is the value in its middle and 1/24 of the second difference.
    """
    n = len(by_a)
    values = np.zeros(n + 6)
    values[3 : n + 3] = by_a
    for j in range(3):
        values[n + 2 - j] /= sightline_integral.ENDS[j]
    fine = np.zeros(2 * n + 1)
    for j in range(n):
        near = values[j + 3 : j + 5], values[j + 2 : j + 6 : 3], values[j + 1 : j + 7 : 5]
        fine[2 * j + 1] = values[j + 3]
        middle = (150.0 * np.sum(near[0]) - 25.0 * np.sum(near[1]) + 3.0 * np.sum(near[2])) / 256.0
        fine[2 * j + 2] = max(middle, 0.0) if j < n - 1 else 0.0
    shares = fine[1 : 2 * n].copy()
    for k in range(2 * n - 2):
        shares[k] = max(shares[k] + (fine[k] - 2.0 * fine[k + 1] + fine[k + 2]) / 24.0, 0.0)
    shares[2 * n - 2] *= 0.5
    edges = 0.5 * np.arange(2 * n) - 0.25
    edges[2 * n - 1] = n - 1.0
    return shares, edges


@compiled_with(candidate_points, exponential, sightline_integral)
def extinction_at(nodes: np.ndarray, place: float) -> float:
    """Return A at a place between the nodes of the quadrature, cubic in ln A."""
    k = min(max(int(place), 1), len(nodes) - 3)
    w0, w1, w2, w3 = sightline_integral.cubic(place - k)
    logs = np.log(nodes[k - 1 : k + 3])
    return np.exp(w0 * logs[0] + w1 * logs[1] + w2 * logs[2] + w3 * logs[3])


@compiled_with(candidate_points, exponential, sightline_integral)
def place_moments(
    deposit: np.ndarray, line: Any, t_first: float, kappa: float, nodes: np.ndarray, kernel: np.ndarray,
    f: np.ndarray, percentiles: bool, out: np.ndarray,
) -> None:  # fmt: skip
    """Write the moments and percentiles of distance and extinction: the transpose of the table's smearing.

    Parameters
    ----------
    deposit : ndarray, shape (n_component, n_a, n_t)
        Weights of the points on the table's nodes.
    line, nodes, kernel, f
        As `sightline_integral.tabulate` returns them.
    """
    _, components, n_q, n_t = f.shape
    n_a = deposit.shape[1]
    filled = (n_a + 3) // 4 * 4
    transposed, points = np.zeros((n_q, filled), np.float32), np.zeros((filled, n_t), np.float32)
    for m in range(n_a):
        transposed[:, m] = kernel[m, :n_q]
    shares, both, sums = (
        np.empty((components, n_q, n_t), np.float32),
        np.empty((n_q, n_t), np.float32),
        np.empty((2, 5, n_t)),
    )
    scale = 1.0 / np.max(deposit)
    for c in range(components):
        for m in range(n_a):
            for n in range(n_t):
                value = np.float32(deposit[c, m, n] * scale)
                points[m, n] = value if value > np.float32(TINY) else np.float32(0)
        sightline_integral.combine(transposed, points, shares[c])
    slope, factor = line[3], 0.2 * LN10
    _at_each_t(shares, f, np.exp(-factor * slope * kappa * nodes), nodes, both, sums)
    total, means, squares = np.sum(sums[:, 0]), np.zeros(2), np.zeros(2)
    for g in range(2):
        for n in range(n_t):
            mu = slope * (t_first + n * line[1]) + line[4] + (2 * g - 1) * line[5]  # at no extinction
            d = np.exp((mu - 10.0) * factor)
            s0, s1, s2, a1, a2 = sums[g, 0, n], sums[g, 1, n], sums[g, 2, n], sums[g, 3, n], sums[g, 4, n]
            means += np.array([d * s1, mu * s0 - slope * kappa * a1])
            squares += np.array([d * d * s2, mu * mu * s0 - slope * kappa * (2.0 * mu * a1 - slope * kappa * a2)])
    _spread(out, DISTANCE, total, means[0], squares[0])
    _spread(out, AV, total, np.sum(sums[:, 3]), np.sum(sums[:, 4]))
    if not percentiles:
        return
    by_mu, mu_edges = _shape(both, line, (t_first - kappa * nodes - line[0]) / line[1])
    middles = 0.5 * (mu_edges[1:] + mu_edges[:-1])
    mean = np.sum(by_mu * middles) / np.sum(by_mu)
    stretch = np.sqrt(
        max(squares[1] / total - (means[1] / total) ** 2, 0.0) / (np.sum(by_mu * (middles - mean) ** 2) / np.sum(by_mu))
    )
    by_a = np.empty(n_q)
    for j in range(n_q):
        by_a[j] = np.sum(both[j])
    shares_of_a = between_nodes(by_a)
    for k in range(3):
        fraction = (0.16, 0.5, 0.84)[k]
        mu = means[1] / total + stretch * (percentile(by_mu, mu_edges, fraction) - mean)
        out[DISTANCE_P + k] = np.exp((mu - 10.0) * factor)
        out[AV_P + k] = extinction_at(nodes, percentile(shares_of_a[0], shares_of_a[1], fraction))
