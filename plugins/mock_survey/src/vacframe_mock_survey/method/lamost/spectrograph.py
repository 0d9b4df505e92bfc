"""The spectrograph: signal-to-noise by colour, response, sky, bad pixels, spectral types."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_mock_survey.method.photometry.bands import PIVOTS
from vacframe_mock_survey.method.photometry.extinction import extinction_curve
from vacframe_mock_survey.method.spectra.constants import SECOND_RADIATION

EFFICIENCY = {"u": 0.19, "g": 1.0, "r": 1.50, "i": 1.95, "z": 1.30}
"""Signal-to-noise of a star of 5800 K relative to that in g, rounded medians of LAMOST DR10 headers."""


def planck(wavelength: np.ndarray, teff: np.ndarray) -> np.ndarray:
    """Return the Planck function per wavelength, any unit, broadcast over Å and K."""
    return (5000.0 / wavelength) ** 5 / np.expm1(SECOND_RADIATION / (wavelength * teff))


def band_snr(snr_g: np.ndarray, teff: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``snr_u`` … ``snr_z`` of stars, shape (n,) each, for snr_g and Teff (K): photon noise of their colour."""
    solar = planck(np.array(PIVOTS["g"]), np.array(5800.0))
    own = planck(np.array(PIVOTS["g"]), teff)
    out = {}
    for band, pivot in PIVOTS.items():
        colour = planck(np.array(pivot), teff) / own / (planck(np.array(pivot), np.array(5800.0)) / solar)
        out[f"snr_{band}"] = snr_g * EFFICIENCY[band] * np.sqrt(colour)
    return out


WAVELENGTH = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
"""Vacuum wavelengths of the pixels, Å."""

SKY_LINES = np.array(
    [
        (5578.89, 1.0), (6302.05, 0.5), (6365.54, 0.2), (6865.85, 0.3), (6925.13, 0.3), (7278.42, 0.5),
        (7318.30, 0.4), (7342.91, 0.5), (7573.84, 0.3), (7718.0, 0.2), (7752.77, 0.6), (7796.26, 0.6),
        (7823.65, 0.6), (7915.89, 0.7), (7966.84, 0.7), (7995.53, 0.6), (8028.02, 0.4), (8346.89, 0.8),
        (8384.69, 0.6), (8401.48, 1.0), (8417.54, 0.5), (8432.49, 1.0), (8454.57, 0.6), (8467.69, 0.7),
        (8495.72, 0.4), (8770.32, 0.5), (8780.75, 0.8), (8829.52, 0.9), (8888.29, 1.0), (8922.09, 1.0),
        (8945.86, 0.9), (8960.56, 1.0), (8990.84, 0.8), (9004.04, 0.7), (9040.54, 0.6),
    ]
)  # fmt: skip
"""Vacuum wavelength (Å) and rough strength of night-sky lines: Osterbrock et al. (1996, PASP 108, 277)."""

_RUNS, _LONGEST = 48, 5
"""Largest number of runs of bad pixels in a spectrum; pixels in the longest run."""
_ARM_EDGE = 5900.0
"""Where blue and red arm meet, Å."""


def spectral_types(teff: np.ndarray) -> np.ndarray:
    """Return types such as ``G5`` of Teff in K: dwarfs' limits after Pecaut & Mamajek (2013, ApJS 208, 9)."""
    edges = np.array([2300.0, 3850.0, 5270.0, 5930.0, 7220.0, 9700.0, 30000.0])
    letters = np.array(["M", "K", "G", "F", "A", "B"])
    kind = np.clip(np.searchsorted(edges, teff, side="right") - 1, 0, len(letters) - 1)
    place = 10.0 * (edges[kind + 1] - teff) / (edges[kind + 1] - edges[kind])
    digit = np.clip(np.nan_to_num(place), 0, 9).astype(int)
    return np.array([f"{letters[k]}{d}" for k, d in zip(kind, digit, strict=True)], dtype=object)


@lru_cache(maxsize=1)
def sky_profile() -> np.ndarray:
    """Return the night sky's line spectrum at the survey's resolution, unit peak for unit strength, shape (PIXELS,)."""
    width = WAVELENGTH / 1800.0 / 2.354820045
    offset = (WAVELENGTH[None, :] - SKY_LINES[:, :1]) / width[None, :]
    return (SKY_LINES[:, 1:] * np.exp(-0.5 * offset**2)).sum(axis=0)


def calibrated(light: np.ndarray, truth: Any, rng: Any) -> np.ndarray:
    """Return continua as the survey delivers them, shape (n, PIXELS), of continua above the dust.

    Reddened, on a scale by magnitude; the flux calibration errs by a few per cent, smoothly within each arm of the
    spectrograph and without a step between them.
    """
    terms = rng.normal(6) * np.array([0.05, 0.02, 0.01, 0.05, 0.02, 0.01])
    amounts = np.concatenate([-0.4 * np.log(10.0) * truth["ebv"].astype(float)[:, None], terms], axis=1)
    # einsum, not a BLAS product: the same bits for any number of threads.
    shape = np.exp(np.einsum("nk,kp->np", amounts, _smooth_shapes()))
    shape *= light
    shape *= 1000.0 * 10.0 ** (0.4 * (15.0 - truth["mag_r_sdss"].astype(float)[:, None]))
    return np.asarray(shape)


@lru_cache(maxsize=1)
def _smooth_shapes() -> np.ndarray:
    """Return the extinction relative to that in r, and Chebyshev polynomials in either arm, shape (7, PIXELS).

    The arms meet without a step, as the survey's pipeline joins them.
    """
    curve = extinction_curve(WAVELENGTH)
    out = [curve - curve[np.searchsorted(WAVELENGTH, PIVOTS["r"])]]
    # Each runs from -1 to 1 within its arm, and beyond it stays as it is at the edge.
    blue = np.minimum((WAVELENGTH - 4800.0) / (_ARM_EDGE - 4800.0), 1.0)
    red = np.maximum((WAVELENGTH - 7500.0) / (7500.0 - _ARM_EDGE), -1.0)
    for x in (blue, red):
        out += [x, 2 * x**2 - 1, 4 * x**3 - 3 * x]
    return np.array(out)


def pixel_snr(snr_g: np.ndarray, teff: np.ndarray) -> np.ndarray:
    """Return the signal-to-noise of the continuum in each pixel, shape (n, PIXELS); `band_snr` at the band pivots."""
    bands = band_snr(snr_g, teff)
    pivots = np.log(np.array(list(PIVOTS.values())))
    values = np.log(np.stack([bands[f"snr_{b}"] for b in PIVOTS], axis=1))
    x = np.log(WAVELENGTH)
    low = np.clip(np.searchsorted(pivots, x, side="right") - 1, 0, len(pivots) - 2)
    u = (x - pivots[low]) / (pivots[low + 1] - pivots[low])
    return np.exp(values[:, low] * (1 - u) + values[:, low + 1] * u)


def bad_pixels(rng: Any, fraction: float) -> np.ndarray:
    """Return which pixels are bad, shape (n, PIXELS): runs of one to five pixels."""
    u = rng.uniform(3 * _RUNS)
    chance = fraction * LAMOST_PIXELS / (0.5 * (1 + _LONGEST) * _RUNS)
    active = u[:, :_RUNS] < chance
    start = np.floor(u[:, _RUNS : 2 * _RUNS] * LAMOST_PIXELS).astype(int)
    length = 1 + np.floor(u[:, 2 * _RUNS :] * _LONGEST).astype(int)
    out = np.zeros((len(u), LAMOST_PIXELS), dtype=bool)
    for k in range(_LONGEST):
        row, run = np.nonzero(active & (length > k))
        out[row, np.minimum(start[row, run] + k, LAMOST_PIXELS - 1)] = True
    return out
