"""Intrinsic colours and reddening of stars from control stars of nearly equal labels; compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled, compiled_parallel, read_only

UNKNOWNS = 4
"""Of a local fit: the intrinsic colour at the star's own labels, and its slope in each of the three."""


@dataclass(frozen=True)
class PairLimits:
    """How far apart the labels of a pair may be, all exclusive, and how many pairs a fit needs.

    Temperatures may differ by ``teff (teff_width teff)^2`` of the star whose reddening is wanted, K.
    """

    teff_width: float
    logg_width: float
    feh_width: float
    minimum_pairs: int


@dataclass(frozen=True)
class Controls:
    """Control stars sorted into cells of log g and [Fe/H], by temperature within each.

    Attributes
    ----------
    labels : ndarray, shape (m, 3)
        Temperature, log g, [Fe/H].
    source_id : ndarray of int64, shape (m,)
    colours, variances : ndarray, shape (m, k)
        Intrinsic colours and the squares of their errors; NaN where a star lacks one.
    starts : ndarray of int64, shape (cells of log g, cells of [Fe/H] + 1)
        First star of each cell.
    origin : ndarray, shape (2,)
        log g and [Fe/H], in widths of cells, of the first cell.
    """

    labels: np.ndarray
    source_id: np.ndarray
    colours: np.ndarray
    variances: np.ndarray
    starts: np.ndarray
    origin: np.ndarray

    @classmethod
    def of(
        cls, labels: np.ndarray, source_id: np.ndarray, colours: np.ndarray, errors: np.ndarray, limits: PairLimits
    ) -> Controls:
        """Sort control stars; their labels are finite."""
        width = np.array([limits.logg_width, limits.feh_width])
        cell = np.floor(labels[:, 1:] / width)
        origin = cell.min(axis=0) if len(cell) else np.zeros(2)
        place = (cell - origin).astype(np.int64)
        shape = place.max(axis=0) + 1 if len(place) else np.ones(2, dtype=np.int64)
        number = place[:, 0] * shape[1] + place[:, 1]
        order = np.lexsort((source_id, labels[:, 0], number))
        ends = np.searchsorted(number[order], np.arange(shape[0] * shape[1] + 1))
        starts = np.stack([ends[i * shape[1] : (i + 1) * shape[1] + 1] for i in range(shape[0])])
        return cls(
            read_only(labels[order], np.float64),
            read_only(source_id[order], np.int64),
            read_only(colours[order], np.float64),
            read_only(errors[order] ** 2, np.float64),
            read_only(starts, np.int64),
            read_only(origin, np.float64),
        )


@dataclass(frozen=True)
class Reddening:
    """E(B-V) of n stars and its error, mag (NaN where there is none), pairs and colours behind it."""

    ebv: np.ndarray
    error: np.ndarray
    pairs: np.ndarray
    colours: np.ndarray


def pair_reddening(
    labels: np.ndarray,
    source_id: np.ndarray,
    colours: np.ndarray,
    errors: np.ndarray,
    controls: Controls,
    coefficients: np.ndarray,
    limits: PairLimits,
) -> Reddening:
    """Return E(B-V) of n stars by the star-pair method.

    The intrinsic colour is a linear function of the three labels, fitted to the star's pairs by least squares. Each
    colour's excess over its coefficient is an estimate of E(B-V); they are averaged with the inverse squares of their
    errors as weights. The error of an excess holds the scatter of the pairs about the fit without their own
    photometric errors (which is due to errors of labels, those of the star too, and to binaries), the star's
    photometric error, and that of the fit; the scatter that colours have in common counts.

    Parameters
    ----------
    labels : ndarray, shape (n, 3)
        Temperature, log g, [Fe/H]; a star that lacks one has no reddening.
    source_id : ndarray of int64, shape (n,)
        No star pairs with itself.
    colours, errors : ndarray, shape (n, k)
        Observed colours and their errors, mag; NaN where there is none.
    controls : Controls
    coefficients : ndarray, shape (k,)
        E(colour) / E(B-V).
    limits : PairLimits
    """
    count = len(labels)
    ebv, error = np.full(count, np.nan), np.full(count, np.nan)
    pairs, used = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    _reddening(
        read_only(labels, np.float64), read_only(source_id, np.int64),
        read_only(colours, np.float64), read_only(errors, np.float64),
        controls.labels, controls.source_id, controls.colours, controls.variances, controls.starts, controls.origin,
        read_only(coefficients, np.float64), limits.teff_width, limits.logg_width, limits.feh_width,
        limits.minimum_pairs, ebv, error, pairs, used,
    )  # fmt: skip
    return Reddening(ebv, error, pairs, used)


@compiled_parallel
def _reddening(
    labels: np.ndarray, source_id: np.ndarray, colours: np.ndarray, errors: np.ndarray,
    near: np.ndarray, near_id: np.ndarray, near_colours: np.ndarray, near_variances: np.ndarray,
    starts: np.ndarray, origin: np.ndarray, coefficients: np.ndarray,
    teff_width: float, logg_width: float, feh_width: float, minimum: int,
    ebv: np.ndarray, error: np.ndarray, pairs: np.ndarray, used: np.ndarray,
) -> None:  # fmt: skip
    for i in prange(len(labels)):
        teff, logg, feh = labels[i]
        if not (math.isfinite(teff) and math.isfinite(logg) and math.isfinite(feh)):
            continue
        widths = np.array([teff * (teff_width * teff) ** 2, logg_width, feh_width])
        rows = _find_pairs(labels[i], source_id[i], widths, near, near_id, starts, origin)
        if len(rows) < minimum:
            continue
        # Offsets from the star in widths: the first unknown of a fit is then the colour at the star's own labels.
        design = np.ones((len(rows), UNKNOWNS))
        for p in range(len(rows)):
            for j in range(3):
                design[p, j + 1] = (near[rows[p], j] - labels[i, j]) / widths[j]
        ebv[i], error[i], pairs[i], used[i] = _mean_excess(
            colours[i], errors[i], rows, design, near_colours, near_variances, coefficients, minimum
        )


@compiled
def _find_pairs(
    star: np.ndarray, star_id: int, widths: np.ndarray,
    near: np.ndarray, near_id: np.ndarray, starts: np.ndarray, origin: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the control stars within the widths; a star lies at most one cell from any of its pairs."""
    i = int(math.floor(star[1] / widths[1]) - origin[0])
    j = int(math.floor(star[2] / widths[2]) - origin[1])
    first, last = max(i - 1, 0), min(i + 1, starts.shape[0] - 1)
    left, right = max(j - 1, 0), min(j + 1, starts.shape[1] - 2)
    found = np.empty(0, dtype=np.int64)
    for turn in range(2):
        count = 0
        for a in range(first, last + 1):
            for b in range(left, right + 1):
                start, stop = starts[a, b], starts[a, b + 1]
                row = start + np.searchsorted(near[start:stop, 0], star[0] - widths[0], side="right")
                while row < stop and near[row, 0] - star[0] < widths[0]:
                    if (
                        abs(near[row, 1] - star[1]) < widths[1]
                        and abs(near[row, 2] - star[2]) < widths[2]
                        and near_id[row] != star_id
                    ):
                        if turn:
                            found[count] = row
                        count += 1
                    row += 1
        if not turn:
            found = np.empty(count, dtype=np.int64)
    return found


@compiled
def _mean_excess(
    colour: np.ndarray, error: np.ndarray, rows: np.ndarray, design: np.ndarray,
    near_colours: np.ndarray, near_variances: np.ndarray, coefficients: np.ndarray, minimum: int,
) -> tuple[float, float, int, int]:  # fmt: skip
    """Return E(B-V), its error, the most pairs behind a colour, and the number of colours."""
    k = len(colour)
    intrinsic, leverage, numbers, photometric = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros(k)
    residual = np.full((len(rows), k), np.nan)
    for c in range(k):
        if math.isfinite(colour[c]) and math.isfinite(error[c]):
            fitted = _fit(rows, design, near_colours[:, c], near_variances[:, c], residual[:, c])
            numbers[c], intrinsic[c], leverage[c], photometric[c] = fitted
    covariance = np.zeros((k, k))
    weights, total = np.zeros(k), 0.0
    for c in range(k):
        if numbers[c] < minimum:
            continue
        for d in range(c + 1):
            if numbers[d] >= minimum:
                covariance[c, d] = covariance[d, c] = _common(residual[:, c], residual[:, d])
        scatter = covariance[c, c]
        spread = max(scatter - photometric[c], 0.0) + error[c] ** 2 + leverage[c] * scatter
        covariance[c, c] = spread
        weights[c] = coefficients[c] ** 2 / spread if spread > 0.0 else 0.0
        total += weights[c]
    if not total > 0.0:
        return np.nan, np.nan, 0, 0
    mean, variance = 0.0, 0.0
    for c in range(k):
        share = weights[c] / (total * coefficients[c])
        mean += share * (colour[c] - intrinsic[c]) if weights[c] > 0.0 else 0.0
        for d in range(k):
            variance += share * weights[d] / (total * coefficients[d]) * covariance[c, d]
    return mean, math.sqrt(max(variance, 0.0)), int(numbers[weights > 0.0].max()), int((weights > 0.0).sum())


@compiled
def _fit(
    rows: np.ndarray, design: np.ndarray, values: np.ndarray, variances: np.ndarray, residual: np.ndarray
) -> tuple[float, float, float, float]:
    """Fit a plane to the pairs that have a colour, leaving their residuals.

    Returns their number (0: no fit), the colour, its variance in units of the scatter's, and the mean square of the
    pairs' photometric errors.
    """
    normal, right = np.zeros((UNKNOWNS, UNKNOWNS)), np.zeros(UNKNOWNS)
    number, photometric = 0, 0.0
    for p in range(len(rows)):
        value = values[rows[p]]
        if math.isfinite(value):
            number += 1
            photometric += variances[rows[p]]
            for a in range(UNKNOWNS):
                right[a] += design[p, a] * value
                for b in range(a + 1):
                    normal[a, b] += design[p, a] * design[p, b]
    if number <= UNKNOWNS or not _factorise(normal):
        return 0.0, 0.0, 0.0, 0.0
    unit = np.zeros(UNKNOWNS)
    unit[0] = 1.0
    _substitute(normal, right)
    _substitute(normal, unit)
    for p in range(len(rows)):
        value = values[rows[p]]
        if math.isfinite(value):
            for a in range(UNKNOWNS):
                value -= design[p, a] * right[a]
            residual[p] = value
    return float(number), right[0], unit[0], photometric / number


@compiled
def _common(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean product of the residuals of two fits over the pairs that both have."""
    total, number = 0.0, 0
    for p in range(len(first)):
        product = first[p] * second[p]
        if math.isfinite(product):
            total += product
            number += 1
    return total / (number - UNKNOWNS) if number > UNKNOWNS else 0.0


@compiled
def _factorise(matrix: np.ndarray) -> bool:
    """Replace the lower triangle by its Cholesky factor; return whether the matrix is far from singular."""
    for a in range(UNKNOWNS):
        limit = 1e-6 * matrix[a, a]
        for b in range(a + 1):
            value = matrix[a, b]
            for c in range(b):
                value -= matrix[a, c] * matrix[b, c]
            if a == b:
                if not value > limit:
                    return False
                matrix[a, a] = math.sqrt(value)
            else:
                matrix[a, b] = value / matrix[b, b]
    return True


@compiled
def _substitute(factor: np.ndarray, vector: np.ndarray) -> None:
    """Solve with a Cholesky factor, in place."""
    for a in range(UNKNOWNS):
        for b in range(a):
            vector[a] -= factor[a, b] * vector[b]
        vector[a] /= factor[a, a]
    for a in range(UNKNOWNS - 1, -1, -1):
        for b in range(a + 1, UNKNOWNS):
            vector[a] -= factor[b, a] * vector[b]
        vector[a] /= factor[a, a]
