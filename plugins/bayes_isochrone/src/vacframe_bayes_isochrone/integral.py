"""The integral over distance and extinction of a star's likelihood times prior, tabulated over t and a; compiled.

See `vacframe_bayes_isochrone.kernel`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.astro.jit import compiled, compiled_with
from vacframe_bayes_isochrone import candidates

MU_FIRST, MU_STEP, MU_NODES = -5.0, 0.2, 126
"""Distance moduli at which the caller gives the density and the dust: 1 pc to 100 kpc."""
T_MAX, A_MAX, Q_MAX = 320, 160, 192
"""Largest numbers of table nodes in t and a, and of quadrature nodes in A."""
TINY = 1e-14
"""Smaller elements of a table, of 1 where everything agrees, are 0: arithmetic with denormal numbers is slow."""
NEARLY_GAUSSIAN = 0.005
"""Below this relative error a parallax is as good as Gaussian in distance modulus: the mean moves by less than 1 % of
its error."""
STEP = 0.55
"""Step of tables and quadratures, in standard deviations of the Gaussian that is tabulated or integrated."""
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
def add(row: np.ndarray, factor: float, values: np.ndarray) -> None:
    """Add `factor` times the values to a row."""
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
                    add(row, value, kernel[j, :n_a])
            for m in range(n_a):
                row[m] = row[m] if row[m] > TINY else np.float32(0)


@compiled_with(candidates)
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
    (t_low, t_high), (a_low, a_high) = candidates.extent(t), candidates.extent(a)
    width = 0.3
    if error > 0 and parallax > 2.0 * error:
        width = min(width, 5.0 / LN10 * error / parallax)
    last = min(av_max, max(a_high + REACH * sigma_a, 2.0 * sigma_a))
    width = np.hypot(sigma_t, width)
    t_step = max(min(STEP * width, 2.2 * sigma_t), (t_high - t_low) / (T_MAX - 4))
    a_step = max((0.1 if fine else STEP) * sigma_a, (a_high - a_low) / (A_MAX - 4))
    n_t, n_a = int((t_high - t_low) / t_step) + 4, int((a_high - a_low) / a_step) + 4
    return (t_low - t_step, t_step, a_low - a_step, a_step), n_t, n_a, last, width


@compiled_with(candidates)
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
