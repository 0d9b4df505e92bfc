"""The integral over distance and extinction of a star's likelihood times prior, tabulated over t and a; compiled.

See `posterior_sum`. At one extinction A_j the distance modulus enters through s = t - kappa A_j only,
so that everything along the line of sight is one row over s, in steps of the table's t: for each A_j the same row,
shifted, which is interpolated at the same place between all its nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone.method import candidate_points, exponential

MU_FIRST, MU_STEP, MU_NODES = -5.0, 0.2, 126
"""Distance moduli at which the caller gives the density and the dust: 1 pc to 100 kpc."""
T_MAX, A_MAX, Q_MAX, S_MAX = 320, 160, 192, 4096
"""Largest numbers of table nodes in t and a, of quadrature nodes in A, and of nodes along the line of sight."""
LANES = 16
"""Tables have a multiple of so many nodes in t, so that loops over them have no remainder."""
TINY = 1e-14
"""Smaller elements of a table, of 1 for the largest, are 0: arithmetic with denormal numbers is slow."""
NEARLY_GAUSSIAN = 0.005
"""Below this relative error a parallax is as good as Gaussian in distance modulus: the mean moves by less than 1 % of
its error."""
STEP = 0.5
"""Step of tables in t and of quadratures, in standard deviations of the Gaussian that is tabulated or integrated."""
T_STEP, LEAST_T = 1.5, 64
"""Tables step in t by at most so many standard deviations of t, and make at least so many steps, if of half a standard
deviation each: percentiles of distance need that where the posterior is hardly wider than that of a single point."""
A_STEP = 0.35
"""Step of tables in a, in standard deviations. Points of nearly one colour, as in the red clump, lie at one place
between two nodes, where the table's error does not average out: at 0.55 a star moved by 2 % of its width."""
UNIFORM_STEP, UNIFORM_FIRST = 0.7, 0.001
"""Under a uniform prior: step of quadratures in ln A, near A = 0, and the first A in standard deviations."""
ENDS = (3.0 / 8.0, 7.0 / 6.0, 23.0 / 24.0)
"""Weights of the last nodes in A, the last one first: Gregory's end correction, since the prior may end there."""
REACH = 6.0
"""Tables reach this many standard deviations."""
LN10 = 2.302585092994046


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
def extinctions(
    first: float, last: float, sigma: float, lognormal: float, nodes: np.ndarray, widths: np.ndarray
) -> int:
    """Fill the quadrature nodes in A and their weights; return how many.

    The nodes are equal steps in x = ln A + A / turn: in ln A at first, in A later, where the steps match sigma. In x
    the integrand falls smoothly to nothing towards A = 0, however steep it is there, so that the sum converges as fast
    as that of a Gaussian. Under a uniform prior it falls as A does, and the first node stands for all below it too.
    """
    delta = 0.75 * STEP * lognormal if lognormal > 0 else UNIFORM_STEP
    turn = STEP * sigma / delta
    value = min(first, 0.5 * last)
    span = np.log(last / value) + (last - value) / turn
    n = min(max(int(span / delta) + 2, 7), Q_MAX)
    delta = span / (n - 1)
    x = np.log(value) + value / turn
    for j in range(n):
        nodes[j], widths[j] = value, delta * value * turn / (value + turn)
        x += delta
        value += widths[j]
        for _ in range(5):
            value = max(value - (np.log(value) + value / turn - x) * value * turn / (value + turn), 0.5 * nodes[j])
    if not lognormal > 0:
        widths[0] /= 1.0 - np.exp(-delta)
    for j in range(3):
        widths[n - 1 - j] *= ENDS[j]
    return n


@compiled
def moduli(line: Any, i: float, g: float) -> float:
    """Return the distance modulus of quadrature point g (0 or 1) at place i of the line of sight."""
    first, step, _, slope, offset, scatter = line
    return slope * (first + i * step) + offset + (2 * g - 1) * scatter


@compiled
def _along_the_line(
    line: Any, parallax: float, sigma: float, gaussian: np.ndarray, total: float, density: np.ndarray,
    dust: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """Fill out (2, n_component + 1, n_s): ln of density times parallax likelihood, then ln A, at both points.

    `gaussian` holds mean and 1 / variance in mu of the Gaussian that the points already allow for; `total` is the
    variance of s about that mean.
    """
    first, step, n, _, _, _ = line
    components = density.shape[0]
    top = -np.inf
    limit = 8.0 / np.sqrt(gaussian[1]) if gaussian[1] > 0 else np.inf
    for g in range(2):
        for i in range(n):
            mu = moduli(line, i, g)
            x = (mu - MU_FIRST) / MU_STEP
            k = min(max(int(x), 0), MU_NODES - 2)
            f = min(max(x - k, 0.0), 1.0)
            value = -0.5 * (first + i * step - gaussian[0]) ** 2 / total if gaussian[1] > 0 else 0.0
            value -= 10.0 * abs(x - k - f)  # hardly any star beyond the ends
            if sigma > 0:
                near = gaussian[0] + min(max(mu - gaussian[0], -limit), limit)
                miss = (parallax - np.exp((10.0 - near) * (0.2 * LN10))) / sigma
                value -= 0.5 * (miss**2 - (near - gaussian[0]) ** 2 * gaussian[1])
            for c in range(components):
                out[g, c, i] = density[c, k] * (1.0 - f) + density[c, k + 1] * f + value
                top = max(top, out[g, c, i])
            out[g, components, i] = dust[k] * (1.0 - f) + dust[k + 1] * f
    for g in range(2):
        for c in range(components):
            for i in range(n):
                out[g, c, i] -= top


@compiled
def cubic(w: float) -> tuple[Any, ...]:
    """Return what four neighbouring nodes count in a cubic interpolation at w between the middle two."""
    single = np.float32
    return (
        single(-w * (w - 1.0) * (w - 2.0) / 6.0), single(0.5 * (w + 1.0) * (w - 1.0) * (w - 2.0)),
        single(-0.5 * (w + 1.0) * w * (w - 2.0)), single((w + 1.0) * w * (w - 1.0) / 6.0),
    )  # fmt: skip


@compiled
def _dust_row(
    means: np.ndarray, weights: Any, log_a: np.float32, inverse: np.float32, constant: np.float32, out: np.ndarray
) -> None:
    """Fill a row with `constant` and the exponent of the lognormal dust prior."""
    w0, w1, w2, w3 = weights
    for i in range(len(out)):
        x = (log_a - (w0 * means[i] + w1 * means[i + 1] + w2 * means[i + 2] + w3 * means[i + 3])) * inverse
        out[i] = constant - np.float32(0.5) * x * x


@compiled
def _exponents(line: np.ndarray, weights: Any, dust: np.ndarray, out: np.ndarray, top: np.ndarray) -> None:
    """Fill a row with the exponent of prior times likelihood; raise `top` to it."""
    w0, w1, w2, w3 = weights
    for i in range(len(out)):
        value = w0 * line[i] + w1 * line[i + 1] + w2 * line[i + 2] + w3 * line[i + 3] + dust[i]
        out[i] = value
        top[i] = value if value > top[i] else top[i]


@compiled_with(exponential)
def _exponentials(row: np.ndarray, top: np.float32) -> None:
    """Replace a row by exp(row - top), 0 below TINY."""
    for i in range(len(row)):
        value = exponential.exponential(row[i] - top)
        row[i] = value if value > np.float32(TINY) else np.float32(0)


@compiled
def _cut(row: np.ndarray) -> None:
    for i in range(len(row)):
        row[i] = row[i] if row[i] > np.float32(TINY) else np.float32(0)


@compiled_with(exponential)
def _integrand(
    line: Any, t_first: float, kappa: float, nodes: np.ndarray, widths: np.ndarray, lines: np.ndarray, dust: float,
    f: np.ndarray,
) -> None:  # fmt: skip
    """Fill prior times likelihood at the quadrature points, f (2, n_component, n_q, n_t); the largest value is 1."""
    _, components, n_q, n_t = f.shape
    single = np.float32
    top, row = np.full(n_t, single(-np.inf)), np.empty(n_t, single)
    inverse = single(1.0 / dust if dust > 0 else 0.0)
    for j in range(n_q):
        shift = (t_first - kappa * nodes[j] - line[0]) / line[1]
        first = int(shift)
        weights, stop, log_a = cubic(shift - first), first + n_t + 2, np.log(nodes[j] if dust > 0 else 1.0)
        constant = single(np.log(widths[j]) - log_a)
        for g in range(2):
            _dust_row(lines[g, components, first - 1 : stop], weights, single(log_a), inverse, constant, row)
            for c in range(components):
                _exponents(lines[g, c, first - 1 : stop], weights, row, f[g, c, j], top)
    _exponentials(f.ravel(), np.max(top))


@compiled
def combine(factors: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """Fill out (n, n_t) with factors (n, k) times rows (k, n_t); k a multiple of four."""
    n, n_t = out.shape
    for m in range(n):
        for i in range(n_t):
            out[m, i] = np.float32(0)
        for j in range(0, factors.shape[1], 4):
            k0, k1, k2, k3 = factors[m, j], factors[m, j + 1], factors[m, j + 2], factors[m, j + 3]
            if k0 + k1 + k2 + k3 > 0:
                for i in range(n_t):
                    out[m, i] += (k0 * rows[j, i] + k1 * rows[j + 1, i]) + (k2 * rows[j + 2, i] + k3 * rows[j + 3, i])


@compiled_with(candidate_points)
def _frames(
    t: np.ndarray, a: np.ndarray, sigma_t: float, sigma_a: float, fine: Any, kappa: float, parallax: float,
    error: float, av_max: float,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the table's frame in t and a, its numbers of nodes, the largest A, and the width in mu at one A.

    That width is what photometry and parallax leave.
    """
    (t_low, t_high), (a_low, a_high) = candidate_points.extent(t), candidate_points.extent(a)
    width = 0.3
    if error > 0 and parallax > 2.0 * error:
        width = min(width, 5.0 / LN10 * error / parallax)
    last = min(av_max, max(a_high + REACH * sigma_a, 2.0 * sigma_a))
    width = np.hypot(sigma_t, width)
    t_step = min(STEP * width, T_STEP * sigma_t, max((t_high - t_low) / LEAST_T, 0.5 * sigma_t))
    t_step = max(t_step, (t_high - t_low) / (T_MAX - LANES - 4))
    t_step = max(t_step, (t_high - t_low + kappa * last) / (S_MAX - LANES - 12))
    a_step = max((0.1 if fine else A_STEP) * sigma_a, (a_high - a_low) / (A_MAX - 4))
    n_t, n_a = int((t_high - t_low) / t_step) + 4, int((a_high - a_low) / a_step) + 4
    return (t_low - t_step, t_step, a_low - a_step, a_step), -(-n_t // LANES) * LANES, n_a, last, width


@compiled_with(candidate_points, exponential)
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
    """Make the table of one star.

    Returns
    -------
    tuple
        Frame of the table, its line of sight (as `moduli` takes it), nodes in A (n_q,), the Gaussian in a (n_a, n_q
        filled up with zeros to a multiple of four), the integrand (2, n_component, n_q, n_t) and the table
        (n_component, n_a, n_t).
    """
    kappa, sigma_t, sigma_a, helper = phot
    density, mean_dust = star_sky
    components = density.shape[0]
    nodes, widths, lines, integrand, gauss, tables = work
    frame, n_t, n_a, last, width = _frames(t, a, sigma_t, sigma_a, helper[0] > 0, kappa, parallax, error, av_max)
    sigma = min(sigma_a, width / kappa)
    first = np.exp(np.min(mean_dust) - 4.0 * dust) if dust > 0 else UNIFORM_FIRST * sigma
    n_q = extinctions(first, last, sigma, dust, nodes, widths)
    variance_t = max(sigma_t**2 - frame[1] ** 2 / 6.0, 0.04 * sigma_t**2)
    variance_a = sigma_a**2 - min(frame[3] ** 2 / 6.0, 0.5 * sigma_a**2)
    kernel = gauss[: (n_q + 3) // 4 * 4 * n_a].reshape(n_a, (n_q + 3) // 4 * 4)
    kernel[:, n_q:] = np.float32(0)
    for j in range(n_q):
        widths[j] *= np.exp(0.5 * helper[0] * (nodes[j] - helper[1]) ** 2)
        for m in range(n_a):
            at = frame[2] + m * frame[3]
            x = -0.5 * (max(at, 0.0) - nodes[j]) ** 2 / variance_a + min(at, 0.0) * nodes[j] / sigma_a**2
            kernel[m, j] = exponential.exponential(np.float32(x))
    gaussian, remaining = np.zeros(2), error
    if error > 0 and parallax > 20.0 * error:
        gaussian[0] = 10.0 - 5.0 * np.log10(parallax)
        gaussian[1] = (0.2 * LN10 * parallax / error) ** 2
        if error < NEARLY_GAUSSIAN * parallax:
            remaining = 0.0
    spread = 1.0 / (1.0 / variance_t + gaussian[1])
    total = variance_t + (1.0 / gaussian[1] if gaussian[1] > 0 else 0.0)
    n_s = n_t + int(kappa * nodes[n_q - 1] / frame[1]) + 6
    line = (
        frame[0] - kappa * nodes[n_q - 1] - 2.0 * frame[1], frame[1], n_s, spread / variance_t,
        spread * gaussian[0] * gaussian[1], np.sqrt(spread),
    )  # fmt: skip
    _along_the_line(line, parallax, remaining, gaussian, total, density, mean_dust, lines)
    f = integrand[: 2 * components * n_q * n_t].reshape(2, components, n_q, n_t)
    table = tables[: components * n_a * n_t].reshape(components, n_a, n_t)
    _integrand(line, frame[0], kappa, nodes[:n_q], widths, lines, dust, f)
    both = np.zeros((kernel.shape[1], n_t), np.float32)
    for c in range(components):
        both[:n_q] = f[0, c] + f[1, c]
        combine(kernel, both, table[c])
    for c in range(components):
        _cut(table[c].ravel())
    return frame, line, nodes[:n_q], kernel, f, table


@compiled
def room(components: int) -> tuple[Any, ...]:
    """Return the arrays that tables are made in."""
    single = np.float32
    return (
        np.empty(Q_MAX), np.empty(Q_MAX), np.empty((2, components + 1, S_MAX), single),
        np.empty(2 * components * Q_MAX * T_MAX, single), np.empty((Q_MAX + 4) * A_MAX, single),
        np.empty(components * A_MAX * T_MAX, single),
    )  # fmt: skip
