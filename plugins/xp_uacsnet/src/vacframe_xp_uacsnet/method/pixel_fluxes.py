"""Fluxes of pixels from sampled spectra: dereddened, median flux and root mean square error per range.

Which wavelengths the pixels are is said in `vacframe_xp_uacsnet.xp_pixels`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled_parallel
from vacframe_xp_uacsnet.xp_pixels import FIRST, SAMPLES, STEP, WAVELENGTHS


def sample_ranges(ranges: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return first sample and the one after the last of ranges [low, high) in nm, shape (p, 2), int64."""
    edges = np.ceil((np.array(ranges, np.float64) - FIRST) / STEP)
    return np.clip(edges, 0, SAMPLES).astype(np.int64)


def normalisation_range(limits: tuple[float, float]) -> np.ndarray:
    """Return first sample and the one after the last of a range whose both ends count, shape (2,), int64."""
    grid = np.array(WAVELENGTHS)
    inside = np.flatnonzero((grid >= limits[0]) & (grid <= limits[1]))
    return np.array([inside[0], inside[-1] + 1], np.int64)


def make_pixels(
    flux: np.ndarray,
    error: np.ndarray,
    exponent: np.ndarray,
    strength: np.ndarray,
    ranges: np.ndarray,
    norm: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised pixels and their errors, float32 of shape (n, p).

    Parameters
    ----------
    flux, error : ndarray, shape (n, 343)
        Sampled spectra; NaN where there is none.
    exponent : ndarray, shape (343,)
        Extinction, mag, per unit of `strength`: fluxes and errors are multiplied by
        ``10 ** (0.4 exponent strength)``.
    strength : ndarray, shape (n,)
        E(44-55); 0 leaves a spectrum as it is.
    ranges : ndarray of int, shape (p, 2)
        As `sample_ranges` gives.
    norm : ndarray of int, shape (2,)
        As `normalisation_range` gives.

    Returns
    -------
    pixels : ndarray
        Median of the finite samples of a range over the mean flux of the normalisation range. NaN where the range
        has none; all NaN where that mean is not positive.
    errors : ndarray
        Root mean square of the samples' errors over the same mean.
    """
    pixels = np.empty((len(flux), len(ranges)), np.float32)
    errors = np.empty_like(pixels)
    scale = 0.4 * np.log(10.0) * np.asarray(exponent, np.float64)
    _fill(
        np.ascontiguousarray(flux, np.float32),
        np.ascontiguousarray(error, np.float32),
        scale,
        np.ascontiguousarray(strength, np.float64),
        ranges,
        norm,
        pixels,
        errors,
    )
    return pixels, errors


@compiled_parallel
def _fill(
    flux: np.ndarray,
    error: np.ndarray,
    scale: np.ndarray,
    strength: np.ndarray,
    ranges: np.ndarray,
    norm: np.ndarray,
    pixels: np.ndarray,
    errors: np.ndarray,
) -> None:
    for row in prange(len(flux)):
        factor = np.exp(scale * strength[row])
        total = 0.0
        for sample in range(norm[0], norm[1]):
            total += flux[row, sample] * factor[sample]
        mean = total / (norm[1] - norm[0])
        if not mean > 0.0:
            mean = np.nan
        values = np.empty(len(factor))
        for pixel in range(len(ranges)):
            count = 0
            square = 0.0
            for sample in range(ranges[pixel, 0], ranges[pixel, 1]):
                value = flux[row, sample] * factor[sample]
                if not np.isfinite(value):
                    continue
                square += (error[row, sample] * factor[sample]) ** 2
                place = count
                while place > 0 and values[place - 1] > value:
                    values[place] = values[place - 1]
                    place -= 1
                values[place] = value
                count += 1
            if count == 0:
                pixels[row, pixel] = np.nan
                errors[row, pixel] = np.nan
            else:
                pixels[row, pixel] = 0.5 * (values[(count - 1) // 2] + values[count // 2]) / mean
                errors[row, pixel] = np.sqrt(square / count) / mean
