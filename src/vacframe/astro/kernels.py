"""Compiled kernels of the normalisation of spectra; use them through the modules named after what they do.

They share one module (`vacframe.astro.cholesky` apart) because numba's cache notices a changed source file only for
the module of the function that is called. Every spectrum is computed by itself in a fixed order of operations, so that
its numbers depend on no other spectrum and on no thread count.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from vacframe.astro import cholesky
from vacframe.astro.jit import compiled, compiled_parallel, compiled_with

_LANES = 64
"""Spectra that are worked on together: the running medians of a block slide side by side in the vector unit."""
_WHOLE = 1e-9
"""Pixels: a shift this close to a whole number is one."""
_SMALLEST_PIVOT = 1e-9
"""Smallest Cholesky pivot (1 where every value is known) at which a polynomial counts as determined."""


@compiled_with(cholesky, parallel=True)
def normalise_rows(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    bases: np.ndarray,
    terms: int,
    width: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
    bad_fraction: np.ndarray,
    lowest: np.ndarray,
) -> None:
    """Fill the four outputs.

    Window w begins at input pixel starts[w] and takes output pixels ends[w] to ends[w + 1]; `bases` holds the
    polynomials of each window, flattened, one window after the other.
    """
    for block in prange((len(flux) + _LANES - 1) // _LANES):
        first = block * _LANES
        stop = min(len(flux), first + _LANES)
        for w in range(len(starts)):
            begin, end = ends[w], ends[w + 1]
            basis = bases[terms * begin : terms * end].reshape((terms, end - begin))
            _normalise_block(
                flux[first:stop],
                ivar[first:stop],
                mask[first:stop],
                shift[first:stop],
                starts[w],
                basis,
                width,
                out_flux[first:stop, begin:end],
                out_ivar[first:stop, begin:end],
                bad_fraction[first:stop, w],
                lowest[first:stop, w],
            )


@compiled_with(cholesky)
def _normalise_block(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: np.ndarray,
    start: int,
    basis: np.ndarray,
    width: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
    bad_fraction: np.ndarray,
    lowest: np.ndarray,
) -> None:
    """Normalise one window of at most `_LANES` spectra; the work is done in contiguous arrays."""
    count, size = out_flux.shape
    moved, weight = np.empty((count, size), np.float32), np.empty((count, size), np.float32)
    for row in range(count):
        _shift_row(flux[row], ivar[row], mask[row], shift[row], start, moved[row], weight[row])
    smooth = np.empty((count, size))
    _median_block(moved, weight > 0, width, smooth)
    for row in range(count):
        continuum = smooth[row]
        _fit_row(continuum, np.isfinite(continuum), basis, continuum)
        lowest[row] = _lowest(continuum)
        bad_fraction[row] = (weight[row] == 0).sum() / size
        _divide_row(continuum, moved[row], weight[row])
    out_flux[:] = moved
    out_ivar[:] = weight


@compiled_parallel
def shift_rows(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: np.ndarray,
    start: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
) -> None:
    """Fill the outputs with the shifted spectra."""
    for row in prange(len(flux)):
        _shift_row(flux[row], ivar[row], mask[row], shift[row], start, out_flux[row], out_ivar[row])


@compiled
def _shift_row(
    flux: np.ndarray,
    ivar: np.ndarray,
    mask: np.ndarray,
    shift: float,
    start: int,
    out_flux: np.ndarray,
    out_ivar: np.ndarray,
) -> None:
    """Write the shifted flux and inverse variance, both 0 at bad pixels.

    The pixels needed are first brought into a form in which bad ones have flux 0 and infinite variance, so
    that the sums below are free of branches.
    """
    size = len(out_flux)
    out_flux[:] = 0
    out_ivar[:] = 0
    if not abs(shift) < len(flux):
        return
    nearest = math.floor(shift + 0.5)
    if abs(shift - nearest) < _WHOLE:
        shift = nearest
    whole = math.floor(shift)
    t = shift - whole
    first = start + int(whole) - 1
    value, variance = np.zeros(size + 3), np.full(size + 3, np.inf)
    begin = max(0, -first)
    end = max(begin, min(size + 3, len(flux) - first))
    part = slice(first + begin, first + end)
    given, weights, flags = flux[part], ivar[part], mask[part]
    usable, spread = value[begin:end], variance[begin:end]
    for j in range(len(given)):
        weight = np.float64(weights[j])
        good = (flags[j] == 0) & (weight > 0) & (weight < np.inf) & (abs(given[j]) < np.inf)
        usable[j] = given[j] if good else 0.0
        spread[j] = 1 / weight if good else np.inf
    if t == 0:
        for i in range(size):
            out_flux[i] = value[i + 1]
            out_ivar[i] = 1 / variance[i + 1]
        return
    a, b = -t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2
    c, d = -(t + 1) * t * (t - 2) / 2, (t + 1) * t * (t - 1) / 6
    near, far = 1 - t, t
    for i in range(size):
        cubic = a * value[i] + b * value[i + 1] + c * value[i + 2] + d * value[i + 3]
        linear = near * value[i + 1] + far * value[i + 2]
        inner = near * near * variance[i + 1] + far * far * variance[i + 2]
        outer = a * a * variance[i] + b * b * variance[i + 1] + c * c * variance[i + 2] + d * d * variance[i + 3]
        chosen = outer if outer < np.inf else inner
        flux_chosen = cubic if outer < np.inf else linear
        out_flux[i] = flux_chosen if inner < np.inf else 0.0
        out_ivar[i] = 1 / chosen


@compiled_parallel
def median_rows(values: np.ndarray, good: np.ndarray, width: int, out: np.ndarray) -> None:
    """Fill `out` with running medians."""
    count = len(values)
    for block in prange((count + _LANES - 1) // _LANES):
        first, stop = block * _LANES, min(count, (block + 1) * _LANES)
        _median_block(values[first:stop], good[first:stop], width, out[first:stop])


@compiled
def _median_block(values: np.ndarray, good: np.ndarray, width: int, medians: np.ndarray) -> None:
    """Write the running medians of at most `_LANES` rows; NaN where no good pixel is near.

    Row r of the input is column r here. `ordered` holds the values in each column's window in ascending order,
    infinity standing for a bad pixel or one beyond the end; every step takes a value out and puts one in.
    """
    count, size = values.shape
    half = width // 2
    incoming = np.full((size + 2 * half, _LANES), np.inf, dtype=np.float32)
    for lane in range(count):
        for i in range(size):
            if good[lane, i]:
                incoming[half + i, lane] = values[lane, i]
    ordered = np.full((width + 1, _LANES), np.inf, dtype=np.float32)
    kept = np.full((width + 1, _LANES), -np.inf, dtype=np.float32)
    nothing = np.full(_LANES, np.inf, dtype=np.float32)
    number = np.zeros(_LANES, dtype=np.int64)
    for j in range(half, size + 2 * half):
        leaves = incoming[j - width] if j >= width else nothing
        enters = incoming[j]
        _exchange(ordered, kept, leaves, enters)
        for lane in range(_LANES):
            number[lane] += np.int64(enters[lane] < np.inf) - np.int64(leaves[lane] < np.inf)
        if j >= 2 * half:
            for lane in range(count):
                some = number[lane]
                low = np.float64(ordered[max(some - 1, 0) // 2, lane])
                high = np.float64(ordered[some // 2, lane])
                medians[lane, j - 2 * half] = (low + high) / 2 if some else np.nan


@compiled
def _exchange(ordered: np.ndarray, kept: np.ndarray, leaves: np.ndarray, enters: np.ndarray) -> None:
    """Take `leaves` out of the ordered values and put `enters` in, in every column.

    The last row of `ordered` stays infinite. `kept` takes the values after the removal from its second row
    on; its first stays minus infinity.
    """
    for slot in range(len(ordered) - 1):
        here, after, result = ordered[slot], ordered[slot + 1], kept[slot + 1]
        for lane in range(_LANES):
            result[lane] = here[lane] if here[lane] < leaves[lane] else after[lane]
    for slot in range(len(ordered) - 1):
        before, here, result = kept[slot], kept[slot + 1], ordered[slot]
        for lane in range(_LANES):
            larger = before[lane] if before[lane] > enters[lane] else enters[lane]
            result[lane] = larger if larger < here[lane] else here[lane]


@compiled_with(cholesky, parallel=True)
def fit_rows(values: np.ndarray, known: np.ndarray, basis: np.ndarray, out: np.ndarray) -> None:
    """Fill `out` with least-squares polynomials."""
    for row in prange(len(values)):
        _fit_row(values[row], known[row], basis, out[row])


@compiled_with(cholesky)
def _fit_row(values: np.ndarray, known: np.ndarray, basis: np.ndarray, out: np.ndarray) -> None:
    """Write the least-squares polynomial through the known values; NaN where they do not determine it.

    With every value known they are the projections on the orthonormal basis. Otherwise the normal equations
    (1 - U) c = projections are solved, where U sums the outer products of the basis at the unknown pixels.
    """
    terms, size = basis.shape
    coefficients = np.empty(terms)
    filled = np.empty(size)
    unknown = 0
    for i in range(size):
        filled[i] = values[i] if known[i] else 0.0
        unknown += not known[i]
    for k in range(terms):
        coefficients[k] = _dot(basis[k], filled)
    if unknown:
        matrix = np.eye(terms)
        for i in range(size):
            if not known[i]:
                for p in range(terms):
                    for q in range(p + 1):
                        matrix[p, q] -= basis[p, i] * basis[q, i]
        _solve(matrix, coefficients)
    out[:] = 0
    for k in range(terms):
        factor, polynomial = coefficients[k], basis[k]
        for i in range(size):
            out[i] += factor * polynomial[i]


@compiled
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Return the inner product, in eight partial sums of fixed order."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = len(a) - len(a) % 8
    for i in range(0, whole, 8):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
    for i in range(whole, len(a)):
        s0 += a[i] * b[i]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@compiled_with(cholesky)
def _solve(matrix: np.ndarray, vector: np.ndarray) -> None:
    """Solve in place by Cholesky's method (lower triangle); `vector` becomes NaN where a pivot vanishes."""
    if cholesky.factorise(matrix, np.full(len(vector), _SMALLEST_PIVOT)):
        cholesky.substitute(matrix, vector)
    else:
        vector[:] = np.nan


@compiled
def _lowest(values: np.ndarray) -> float:
    """Return the smallest value; NaN where the first is NaN (numba's parallel ``min`` passes over NaN)."""
    low = values[0]
    for value in values:
        if value < low:
            low = value
    return low


@compiled
def _divide_row(continuum: np.ndarray, flux: np.ndarray, ivar: np.ndarray) -> None:
    """Divide in place; fill bad pixels (ivar 0) between good ones linearly, 1 outside them."""
    last = -1
    for i in range(len(flux)):
        if ivar[i] > 0:
            flux[i] = flux[i] / continuum[i]
            ivar[i] = ivar[i] * continuum[i] * continuum[i]
            for j in range(last + 1, i):
                share = (j - last) / (i - last)
                flux[j] = 1.0 if last < 0 else (1 - share) * flux[last] + share * flux[i]
            last = i
    flux[last + 1 :] = 1.0
