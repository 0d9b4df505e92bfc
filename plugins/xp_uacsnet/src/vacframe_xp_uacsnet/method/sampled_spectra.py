"""Sampling of basis function coefficients on the wavelength grid, with the design matrices that GaiaXPy ships.

A spectrum is linear in its coefficients: one matrix product per batch. The variance of a sample, the quadratic form
``d C d`` of the covariance matrix C of the coefficients with a column d of the design matrix, is linear in the
elements of C: one matrix product too, with the products of pairs of basis functions as a matrix.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vacframe import Batch, PluginError, distribution_file
from vacframe.schemas.gaia import XP_BASES, XP_CORRELATIONS
from vacframe_xp_uacsnet.xp_pixels import SAMPLES, WAVELENGTHS

DISTRIBUTION = "GaiaXPy"
FILTER_FILE = "XpFilter_v375wiv142r.xml"
"""Default models of GaiaXPy 2.1 for BP and RP: design matrices on the default grid, and weights of the bands."""
BLOCK = 256
"""Rows per matrix product; every product is padded to it, so that a row's numbers do not depend on its company."""
PAIRS = XP_CORRELATIONS
BANDS = ("bp", "rp")


@dataclass(frozen=True)
class Design:
    """One band's basis functions on the samples that it reaches.

    Attributes
    ----------
    span : slice
        The samples, m of them.
    flux : ndarray, shape (55, m)
        Design matrix, W / (nm m2) per unit of coefficient.
    pairs : ndarray, shape (1540, m)
        Products of two basis functions: first the 1485 pairs i < j in the archive's order of correlations,
        doubled, then the 55 squares.
    weight : ndarray, shape (m,)
        Share of the band in the merged spectrum.
    """

    span: slice
    flux: np.ndarray
    pairs: np.ndarray
    weight: np.ndarray


def _numbers(root: ElementTree.Element, path: str) -> np.ndarray:
    node = root.find(path)
    if node is None:
        raise PluginError(f"xp_sampled: {FILTER_FILE} of {DISTRIBUTION} has no {path}; another version?")
    return np.array([float(cell.text or "nan") for cell in node])


@cache
def designs() -> tuple[Design, Design]:
    """Return the designs of BP and RP.

    Raises
    ------
    PluginError
        If GaiaXPy is not installed, or has another grid.
    """
    root = ElementTree.parse(distribution_file(DISTRIBUTION, FILTER_FILE, "xp_sampled")).getroot()
    if not np.array_equal(_numbers(root, "XpMerge/sampleMeanWavelengths"), np.array(WAVELENGTHS)):
        raise PluginError(f"xp_sampled: {FILTER_FILE} of {DISTRIBUTION} has another grid than 336, 338, ... 1020 nm")
    made = []
    for band in BANDS:
        weight = _numbers(root, f"XpMerge/{band}Weights")
        matrix = _numbers(root, f"XpSampling/{band}SampledBases").reshape(SAMPLES, XP_BASES).T
        reached = np.flatnonzero(weight > 0)
        span = slice(int(reached[0]), int(reached[-1]) + 1)
        flux = np.ascontiguousarray(matrix[:, span])
        # The archive gives the correlations of (1, 0), (2, 0), (2, 1), (3, 0), ...
        high, low = np.tril_indices(XP_BASES, -1)
        pairs = np.concatenate([2.0 * flux[high] * flux[low], flux**2])
        made.append(Design(span, flux, pairs, weight[span]))
    return made[0], made[1]


@dataclass(frozen=True)
class BandRows:
    """Coefficients of one band of some rows; a row without this band has zeros and `present` False."""

    present: np.ndarray
    coefficients: np.ndarray
    errors: np.ndarray
    correlations: np.ndarray | None


def band_rows(spectra: Batch, band: str, *, truncate: bool) -> BandRows:
    """Return one band of `gaia_xp_spectra` rows.

    With `truncate`, coefficients beyond the number of relevant bases count as exactly zero. A band is present where
    all coefficients are finite. Errors that are not finite make the flux errors NaN.
    """
    values, errors = spectra[f"{band}_coefficients"], spectra[f"{band}_coefficient_errors"]
    present = np.isfinite(values).all(axis=1)
    if not present.all():
        values = np.where(present[:, None], values, 0.0)
        errors = np.where(present[:, None], errors, 0.0)
    if truncate:
        relevant = spectra[f"{band}_n_relevant_bases"]
        known = ~spectra.mask(f"{band}_n_relevant_bases") & (relevant > 0)
        kept = ~known[:, None] | (np.arange(XP_BASES) < relevant[:, None])
        values, errors = np.where(kept, values, 0.0), np.where(kept, errors, 0.0)
    name = f"{band}_coefficient_correlations"
    return BandRows(present, values, errors, spectra[name] if name in spectra.columns else None)


def covariances(rows: BandRows, chosen: slice) -> np.ndarray:
    """Return the elements of the covariance matrices of some rows, shape (n, 1540), in the order of `Design.pairs`.

    Where a row has no correlations (NaN), they count as zero.
    """
    errors = rows.errors[chosen].astype(np.float64)
    made = np.empty((len(errors), PAIRS + XP_BASES))
    made[:, PAIRS:] = errors**2
    if rows.correlations is None:
        made[:, :PAIRS] = 0.0
        return made
    for high in range(1, XP_BASES):
        first = high * (high - 1) // 2
        np.multiply(errors[:, :high], errors[:, high : high + 1], out=made[:, first : first + high])
    made[:, :PAIRS] *= rows.correlations[chosen]
    unknown = np.isnan(made[:, :PAIRS])
    if unknown.any():
        made[:, :PAIRS][unknown] = 0.0
    return made


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return ``left @ right`` for up to BLOCK rows, computed with exactly BLOCK rows."""
    if len(left) < BLOCK:
        padded = np.zeros((BLOCK, left.shape[1]))
        padded[: len(left)] = left
        return np.asarray((padded @ right)[: len(left)])
    return np.asarray(left @ right)


def sample(spectra: Batch, *, truncate: bool, errors: bool = True) -> dict[str, Any]:
    """Return fluxes and errors of `gaia_xp_spectra` rows, as ``gaiaxpy.calibrate`` makes them.

    Parameters
    ----------
    spectra : Batch, n rows
    truncate : bool
        Whether to leave out the bases that are not significant.
    errors : bool
        Whether to compute errors.

    Returns
    -------
    dict of str to ndarray
        ``flux`` and (where wanted) ``flux_error``, shape (n, 343), W / (nm m2), float32, NaN where no band reaches;
        ``has_bp``, ``has_rp``, ``full_covariance``, shape (n,).
    """
    count = len(spectra)
    rows = [band_rows(spectra, band, truncate=truncate) for band in BANDS]
    made: dict[str, Any] = {"flux": np.empty((count, SAMPLES), np.float32)}
    if errors:
        made["flux_error"] = np.empty((count, SAMPLES), np.float32)
    for start in range(0, count, BLOCK):
        chosen = slice(start, min(start + BLOCK, count))
        _merge(made["flux"][chosen], rows, chosen, _fluxes)
        if errors:
            _merge(made["flux_error"][chosen], rows, chosen, _variances, power=2)
    made |= {"has_bp": rows[0].present, "has_rp": rows[1].present}
    return made | {"full_covariance": np.all([_correlated(r) for r in rows], axis=0)}


def _correlated(rows: BandRows) -> np.ndarray:
    """Return which rows have the correlations of this band, or lack the band."""
    if rows.correlations is None:
        return ~rows.present
    return np.isfinite(rows.correlations[:, 0]) | ~rows.present


def _fluxes(rows: BandRows, chosen: slice, design: Design) -> np.ndarray:
    return _product(rows.coefficients[chosen], design.flux)


def _variances(rows: BandRows, chosen: slice, design: Design) -> np.ndarray:
    return np.maximum(_product(covariances(rows, chosen), design.pairs), 0.0)


def _merge(out: np.ndarray, rows: list[BandRows], chosen: slice, values: Any, power: int = 1) -> None:
    """Write a block's merged spectra to `out`: fluxes (`power` 1), or errors from variances (2).

    Where both bands reach they are added by their weights; a row with one band takes it as it is there, and is NaN
    where only the other band reaches.
    """
    bp, rp = designs()
    blue, red = values(rows[0], chosen, bp), values(rows[1], chosen, rp)
    has_bp, has_rp = rows[0].present[chosen], rows[1].present[chosen]
    common = bp.span.stop - rp.span.start
    own = blue[:, -common:], red[:, :common]
    shared = own[0] * bp.weight[-common:] ** power + own[1] * rp.weight[:common] ** power
    both = has_bp & has_rp
    if not both.all():
        shared = np.where(both[:, None], shared, np.where(has_bp[:, None], own[0], own[1]))
    parts = (blue[:, :-common], shared, red[:, common:])
    edges = (slice(0, rp.span.start), slice(rp.span.start, bp.span.stop), slice(bp.span.stop, SAMPLES))
    for part, edge, present in zip(parts, edges, (has_bp, has_bp | has_rp, has_rp), strict=True):
        out[:, edge] = part if power == 1 else np.sqrt(part)
        out[~present, edge] = np.nan
