"""Intrinsic colours and reddening of stars from control stars of nearly equal labels; compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.cholesky import factorise, substitute
from vacframe.astro.jit import compiled, compiled_parallel, read_only

UNKNOWNS = 4
"""Of a local fit: the intrinsic colour at the star's own labels, and its slope in each of the three."""
LEAST_PIVOT = 1e-6
"""Smallest pivot of a fit in units of the normal matrix's diagonal: pairs whose labels hardly differ give no slope."""


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

    A fit needs only sums over a star's pairs of the products of two of 1, the labels and the colours; the products
    are made here, once, with labels and colours relative to `centre` and in units of `unit`.

    Attributes
    ----------
    labels : ndarray, shape (m, 3)
        Temperature, log g, [Fe/H].
    source_id : ndarray of int64, shape (m,)
    products : ndarray, shape (m, (k + 4) (k + 5) / 2 + k)
        Products of the k + 4 quantities, the lower triangle row by row, then the squares of the colours' errors; 0
        where a star lacks a colour.
    pattern : ndarray of int64, shape (m,)
        Bit c is set where the star has colour c.
    starts : ndarray of int64, shape (cells of log g, cells of [Fe/H] + 1)
        First star of each cell.
    origin : ndarray, shape (2,)
        log g and [Fe/H], in widths of cells, of the first cell.
    centre, unit : ndarray, shape (3 + k,)
        Of the labels and colours.
    """

    labels: np.ndarray
    source_id: np.ndarray
    products: np.ndarray
    pattern: np.ndarray
    starts: np.ndarray
    origin: np.ndarray
    centre: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(
        cls, labels: np.ndarray, source_id: np.ndarray, colours: np.ndarray, errors: np.ndarray, limits: PairLimits
    ) -> Controls:
        """Sort control stars; their labels are finite, a colour that a star lacks is NaN."""
        width = np.array([limits.logg_width, limits.feh_width])
        cell = np.floor(labels[:, 1:] / width)
        origin = cell.min(axis=0) if len(cell) else np.zeros(2)
        place = (cell - origin).astype(np.int64)
        shape = place.max(axis=0) + 1 if len(place) else np.ones(2, dtype=np.int64)
        number = place[:, 0] * shape[1] + place[:, 1]
        order = np.lexsort((source_id, labels[:, 0], number))
        ends = np.searchsorted(number[order], np.arange(shape[0] * shape[1] + 1))
        starts = np.stack([ends[i * shape[1] : (i + 1) * shape[1] + 1] for i in range(shape[0])])
        labels, colours = labels[order], colours[order]
        known = np.isfinite(colours)
        number_known = np.maximum(known.sum(axis=0), 1)
        centre = np.append(
            labels.sum(axis=0) / max(len(labels), 1), np.where(known, colours, 0.0).sum(axis=0) / number_known
        )
        unit = np.array([100.0, *width, *np.ones(colours.shape[1])])
        values = (np.concatenate([labels, np.where(known, colours, centre[3:])], axis=1) - centre) / unit
        values = np.concatenate([np.ones((len(order), 1)), values], axis=1)
        rows, columns = np.tril_indices(values.shape[1])
        products = np.concatenate(
            [values[:, rows] * values[:, columns], np.where(known, errors[order] ** 2, 0.0)], axis=1
        )
        pattern = (known * (1 << np.arange(colours.shape[1]))).sum(axis=1)
        return cls(
            read_only(labels, np.float64), read_only(source_id[order], np.int64), read_only(products, np.float64),
            read_only(pattern, np.int64), read_only(starts, np.int64), read_only(origin, np.float64),
            read_only(centre, np.float64), read_only(unit, np.float64),
        )  # fmt: skip


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
    photometric error, and that of the fit; scatter that colours have in common counts where it is positive.

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
    # Stars of like labels one after the other, so that their pairs are still in the processor's cache.
    cell = np.nan_to_num(np.floor(labels[:, 1:] / [limits.logg_width, limits.feh_width]))
    order = np.lexsort((labels[:, 0], cell[:, 1], cell[:, 0]))
    _reddening(
        read_only(order, np.int64), read_only(labels, np.float64), read_only(source_id, np.int64),
        read_only(colours, np.float64), read_only(errors, np.float64),
        controls.labels, controls.source_id, controls.products, controls.pattern, controls.starts, controls.origin,
        controls.centre, controls.unit, read_only(coefficients, np.float64),
        limits.teff_width, limits.logg_width, limits.feh_width, limits.minimum_pairs, ebv, error, pairs, used,
    )  # fmt: skip
    return Reddening(ebv, error, pairs, used)


@compiled_parallel
def _reddening(
    order: np.ndarray, labels: np.ndarray, source_id: np.ndarray, colours: np.ndarray, errors: np.ndarray,
    near: np.ndarray, near_id: np.ndarray, products: np.ndarray, pattern: np.ndarray,
    starts: np.ndarray, origin: np.ndarray, centre: np.ndarray, unit: np.ndarray, coefficients: np.ndarray,
    teff_width: float, logg_width: float, feh_width: float, minimum: int,
    ebv: np.ndarray, error: np.ndarray, pairs: np.ndarray, used: np.ndarray,
) -> None:  # fmt: skip
    for turn in prange(len(order)):
        i = order[turn]
        teff, logg, feh = labels[i]
        if not (math.isfinite(teff) and math.isfinite(logg) and math.isfinite(feh)):
            continue
        widths = np.array([teff * (teff_width * teff) ** 2, logg_width, feh_width])
        sums = np.zeros((1 << len(coefficients), products.shape[1]))
        _add_pairs(labels[i], source_id[i], widths, near, near_id, products, pattern, starts, origin, sums)
        ebv[i], error[i], pairs[i], used[i] = _mean_excess(
            (labels[i] - centre[:3]) / unit[:3], colours[i] - centre[3:], errors[i], sums, coefficients, minimum
        )


@compiled
def _add_pairs(
    star: np.ndarray, star_id: int, widths: np.ndarray, near: np.ndarray, near_id: np.ndarray,
    products: np.ndarray, pattern: np.ndarray, starts: np.ndarray, origin: np.ndarray, sums: np.ndarray,
) -> None:  # fmt: skip
    """Add the products of the star's pairs, by pattern; a star lies at most one cell from any of its pairs."""
    i = int(math.floor(star[1] / widths[1]) - origin[0])
    j = int(math.floor(star[2] / widths[2]) - origin[1])
    for a in range(max(i - 1, 0), min(i + 2, starts.shape[0])):
        for b in range(max(j - 1, 0), min(j + 2, starts.shape[1] - 1)):
            row, stop = starts[a, b], starts[a, b + 1]
            row += np.searchsorted(near[row:stop, 0], star[0] - widths[0], side="right")
            while row < stop and near[row, 0] - star[0] < widths[0]:
                close = abs(near[row, 1] - star[1]) < widths[1] and abs(near[row, 2] - star[2]) < widths[2]
                if close and near_id[row] != star_id:
                    kind = pattern[row]
                    for m in range(products.shape[1]):
                        sums[kind, m] += products[row, m]
                row += 1


@compiled
def _mean_excess(
    star: np.ndarray, colour: np.ndarray, error: np.ndarray, sums: np.ndarray, coefficients: np.ndarray, minimum: int
) -> tuple[float, float, int, int]:
    """Return E(B-V), its error, the most pairs behind a colour, and the number of colours."""
    k = len(colour)
    numbers, leverage, photometric = np.zeros(k), np.zeros(k), np.zeros(k)
    planes, covariance = np.zeros((k, UNKNOWNS)), np.zeros((k, k))
    for c in range(k):
        if math.isfinite(colour[c]) and math.isfinite(error[c]):
            common = _common(sums, 1 << c)
            if common[0] >= minimum:
                numbers[c], leverage[c] = _fit(common, star, c, planes[c])
                photometric[c] = common[len(common) - k + c] / common[0]
    weights, total = np.zeros(k), 0.0
    for c in range(k):
        if numbers[c] == 0.0:
            continue
        for d in range(c + 1):
            if numbers[d] > 0.0:
                product = _residual(_common(sums, (1 << c) | (1 << d)), star, c, d, planes)
                if d < c:
                    # Errors of labels move colours together; fewer common pairs make it look otherwise.
                    product = max(product, 0.0) * (1.0 + math.sqrt(leverage[c] * leverage[d]))
                covariance[c, d] = covariance[d, c] = product
        scatter = covariance[c, c]
        covariance[c, c] = max(scatter - photometric[c], 0.0) + error[c] ** 2 + leverage[c] * scatter
        weights[c] = coefficients[c] ** 2 / covariance[c, c] if covariance[c, c] > 0.0 else 0.0
        total += weights[c]
    if not total > 0.0:
        return np.nan, np.nan, 0, 0
    mean, variance, most, count = 0.0, 0.0, 0.0, 0
    for c in range(k):
        if weights[c] > 0.0:
            share = weights[c] / (total * coefficients[c])
            mean += share * (colour[c] - planes[c, 0])
            most, count = max(most, numbers[c]), count + 1
            for d in range(k):
                variance += share * weights[d] / (total * coefficients[d]) * covariance[c, d]
    return mean, math.sqrt(max(variance, 0.0)), int(most), count


@compiled
def _common(sums: np.ndarray, bits: int) -> np.ndarray:
    """Return the sums over the pairs that have all colours of `bits`."""
    total = np.zeros(sums.shape[1])
    for kind in range(len(sums)):
        if kind & bits == bits:
            for m in range(len(total)):
                total[m] += sums[kind, m]
    return total


@compiled
def _place(a: int, b: int) -> int:
    """Return where the product of two quantities is: 1, the three labels, the colours."""
    return a * (a + 1) // 2 + b if a >= b else b * (b + 1) // 2 + a


@compiled
def _normal(total: np.ndarray, star: np.ndarray) -> np.ndarray:
    """Return the normal matrix of a fit with labels relative to the star."""
    normal = np.empty((UNKNOWNS, UNKNOWNS))
    for a in range(UNKNOWNS):
        for b in range(a + 1):
            value = total[_place(a, b)]
            if a > 0:
                value -= star[a - 1] * total[_place(0, b)]
            if b > 0:
                value -= star[b - 1] * total[_place(a, 0)]
            if a > 0 and b > 0:
                value += star[a - 1] * star[b - 1] * total[0]
            normal[a, b] = normal[b, a] = value
    return normal


@compiled
def _right(total: np.ndarray, star: np.ndarray, c: int) -> np.ndarray:
    """Return the right side of a fit to colour c."""
    right = np.empty(UNKNOWNS)
    for a in range(UNKNOWNS):
        right[a] = total[_place(a, UNKNOWNS + c)]
        if a > 0:
            right[a] -= star[a - 1] * total[_place(0, UNKNOWNS + c)]
    return right


@compiled
def _fit(total: np.ndarray, star: np.ndarray, c: int, plane: np.ndarray) -> tuple[float, float]:
    """Fit colour c by a plane in the labels.

    Returns the pairs (0: no fit) and the variance of the plane at the star in units of the scatter's.
    """
    normal = _normal(total, star)
    if not factorise(normal, LEAST_PIVOT * np.diag(normal)):
        return 0.0, 0.0
    plane[:] = _right(total, star, c)
    substitute(normal, plane)
    unit = np.zeros(UNKNOWNS)
    unit[0] = 1.0
    substitute(normal, unit)
    return total[0], unit[0]


@compiled
def _residual(total: np.ndarray, star: np.ndarray, c: int, d: int, planes: np.ndarray) -> float:
    """Return the mean product of the residuals of two colours over the pairs that have both."""
    if not total[0] > UNKNOWNS:
        return 0.0
    normal, first, second = _normal(total, star), _right(total, star, c), _right(total, star, d)
    value = total[_place(UNKNOWNS + c, UNKNOWNS + d)]
    for a in range(UNKNOWNS):
        value -= planes[d, a] * first[a] + planes[c, a] * second[a]
        for b in range(UNKNOWNS):
            value += planes[c, a] * normal[a, b] * planes[d, b]
    return value / (total[0] - UNKNOWNS)
