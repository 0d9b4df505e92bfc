"""The mock's Gaia BP and RP spectra: coefficients, errors and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.columns import COMPANION, SPECTRAL_LABELS
from vacframe_mock_survey.method.gaia.cholesky import inverse_factor
from vacframe_mock_survey.method.gaia.xp_instruments import PIXEL_WAVELENGTH, Instrument, instruments, zero_points
from vacframe_mock_survey.method.spectra.sed import flux_densities

BASES = 55
NOISE = {"bp": (0.09, 2.6e-3, 6.5e-4), "rp": (0.085, 1.2e-3, 2.2e-4)}
"""Error e of the first coefficient c at `TYPICAL` measurements: e² = background + photons c + (calibration c)². Fitted
by eye to the medians of 2,000 real sources of DR3."""
TYPICAL = {"bp": 700.0, "rp": 900.0}
"""Number of measurements behind a typical spectrum."""
SCATTER = 0.35
"""Scatter of the natural logarithm of the number of measurements over the sky."""
PEAK = 0.5
"""Rough ratio of a spectrum, e-/s/sample, to its first coefficient."""
_TILT = (PIXEL_WAVELENGTH - 650.0) / 300.0
"""A gentle change of colour."""
_LOWER = np.tril_indices(BASES, -1)
"""The archive's order of correlations: (1, 0), (2, 0), (2, 1), (3, 0) ..."""


def spectra(stars: Any, config: Any, random: Any) -> dict[str, Any]:
    """Return the columns of `gaia_xp_spectra` of the stars that are bright enough; of no magnitude counts as faint.

    Parameters
    ----------
    stars : mapping of str to ndarray of shape (n,)
        Columns of `mock_truth`.
    config : MockSurveyConfig
    random : callable
        ``random(keys, stream)`` returns a `RowRandom`.
    """
    bright = np.asarray(stars["mag_g"], dtype=float) < config.xp_faintest
    names = ("source_id", *SPECTRAL_LABELS, *COMPANION, "ebv", "mag_g", "mag_bp", "mag_rp")
    star = {name: np.asarray(stars[name])[bright] for name in names}
    ids = star["source_id"]
    noise, u = random(ids, "xp").normal(2 * BASES + 2), random(ids, "xp_missing").uniform(2)
    out: dict[str, Any] = {"source_id": ids, **_empty(len(ids))}
    light = flux_densities(star)
    for row in range(len(ids)):
        magnitudes = np.array([star[f"mag_{band}"][row] for band in ("g", "bp", "rp")], dtype=float)
        true = coefficients(light[row], magnitudes)
        for k, band in enumerate(true):
            lost = u[row, 0] < config.xp_missing_band_fraction and (u[row, 1] < 0.5) == (k == 0)
            number = TYPICAL[band] * np.exp(SCATTER * (noise[row, -1] + 0.2 * noise[row, -2] * (2 * k - 1)))
            if not lost and np.isfinite(true[band]).all():
                part = noise[row, k * BASES : (k + 1) * BASES]
                for name, value in _measure(band, true[band], np.floor(number), part).items():
                    out[f"{band}_{name}"][row] = value
    return out


def coefficients(light: np.ndarray, magnitudes: np.ndarray) -> dict[str, np.ndarray]:
    """Return true coefficients, shape (55,) for ``bp`` and ``rp``, of one star.

    The spectrum is scaled to the star's G, and tilted by a gentle function of wavelength to its BP − RP, as GaiaXPy's
    synthetic photometry measures them.

    Parameters
    ----------
    light : ndarray, shape (BROAD_PIXELS,)
        Flux density per wavelength, any unit.
    magnitudes : ndarray, shape (3,)
        G, BP, RP.
    """
    tilt = 0.0
    parts = project(light)
    for _ in range(2):
        # The tilt moves BP - RP by about half a magnitude per unit: solve from the measured slope.
        here, there = synthetic(parts), synthetic(project(light * np.exp((tilt + 0.1) * _TILT)))
        slope = ((there[1] - there[2]) - (here[1] - here[2])) / 0.1
        tilt += ((magnitudes[1] - magnitudes[2]) - (here[1] - here[2])) / slope
        parts = project(light * np.exp(tilt * _TILT))
    scale = 10.0 ** (-0.4 * (magnitudes[0] - synthetic(parts)[0]))
    return {band: scale * values for band, values in parts.items()}


def covariance_factor(band: str, true: np.ndarray, number: float) -> np.ndarray:
    """Return a factor M, shape (55, 55), of the covariance Mᵀ M of coefficients `true` from a number of measurements.

    The covariance is that of a least-squares fit of the bases to samples with photon noise, a background and errors
    of the calibration, scaled so that the error of the first coefficient is that of real sources as bright (`NOISE`).
    """
    background, photons, calibration = NOISE[band]
    bases = instruments()[band].internal
    level = np.maximum(np.einsum("k,ku->u", true, bases), 0.0) / PEAK
    variance = background + photons * level + (calibration * level) ** 2
    factor = inverse_factor(np.einsum("iu,ju->ij", bases / variance, bases))
    first = background + photons * true[0] + (calibration * true[0]) ** 2
    return np.asarray(factor * np.sqrt(first / np.sum(factor[:, 0] ** 2) * TYPICAL[band] / number))


def project(light: np.ndarray) -> dict[str, np.ndarray]:
    """Return the coefficients, shape (55,) for ``bp`` and ``rp``, of a flux density of shape (BROAD_PIXELS,)."""
    # einsum, not a BLAS product: the same bits for any number of threads.
    return {band: np.einsum("kp,p->k", instrument.project, light) for band, instrument in instruments().items()}


def synthetic(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Return GaiaXPy's synthetic G, BP, RP of coefficients, shape (3,)."""
    each: dict[str, Instrument] = instruments()
    flux = sum(np.einsum("k,km->m", values, each[band].photometry) for band, values in parts.items())
    return np.asarray(-2.5 * np.log10(flux) + zero_points())


def _measure(band: str, true: np.ndarray, number: float, normal: np.ndarray) -> dict[str, Any]:
    """Return what the archive would hold of one band."""
    factor = covariance_factor(band, true, number)
    matrix = np.einsum("ki,kj->ij", factor, factor)
    error = np.sqrt(np.diag(matrix))
    values = true + np.einsum("ki,k->i", factor, normal)
    relevant = int(np.flatnonzero(np.abs(values) > 3.0 * error)[-1]) + 1
    return {
        "coefficients": values,
        "coefficient_errors": error,
        "coefficient_correlations": (matrix / np.outer(error, error))[_LOWER],
        "n_relevant_bases": relevant,
        "relative_shrinking": np.sqrt(np.sum(values[:relevant] ** 2) / np.sum(values**2)),
        "standard_deviation": 1.05,
        "n_measurements": number,
    }


def _empty(count: int) -> dict[str, np.ndarray]:
    """Return columns without a measurement; integers as masked arrays."""
    out: dict[str, Any] = {}
    for band in ("bp", "rp"):
        for name, shape in (("coefficients", BASES), ("coefficient_errors", BASES), ("coefficient_correlations", 1485)):
            out[f"{band}_{name}"] = np.full((count, shape), np.nan, dtype="f8" if name == "coefficients" else "f4")
        for name in ("relative_shrinking", "standard_deviation"):
            out[f"{band}_{name}"] = np.full(count, np.nan, dtype="f4")
        for name in ("n_relevant_bases", "n_measurements"):
            out[f"{band}_{name}"] = np.ma.masked_all(count, dtype="i2")
    return out
