"""Spectra onto the survey's grid: pixel i at 10 ** (LOGLAM_FIRST + i LOGLAM_STEP) Angstrom."""

from __future__ import annotations

import numpy as np

from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP

TOLERANCE = 0.025
"""Distance from the grid, pixels (1.7 km/s), up to which a spectrum counts as on it. The survey's own spectra
that begin at 3700 instead of 3699.99 Å are 0.0175 off (those of 3820 pixels)."""


def is_wavelength(values: np.ndarray) -> bool:
    """Return whether a row can be one of wavelengths: positive and strictly increasing."""
    return len(values) > 1 and bool(values[0] > 0) and bool(np.all(values[1:] > values[:-1]))


def first_pixel(position: np.ndarray) -> int | None:
    """Return the grid pixel of a spectrum's first pixel, None where the spectrum is not on the grid.

    Parameters
    ----------
    position : ndarray, shape (n,)
        Pixels' places on the grid: (log10 λ − LOGLAM_FIRST) / LOGLAM_STEP.
    """
    first = int(np.rint(position[0]))
    return first if np.abs(position - np.arange(first, first + len(position))).max() <= TOLERANCE else None


def grid_position(wavelength: np.ndarray) -> np.ndarray:
    """Return the places on the grid of wavelengths in Angstrom, shape (n,), in pixels."""
    return (np.log10(wavelength.astype(np.float64)) - LOGLAM_FIRST) / LOGLAM_STEP


def shifted(first: int, count: int) -> tuple[slice, slice]:
    """Return which pixels of the grid, and of a spectrum of `count` pixels that begins at `first`, coincide."""
    low, high = max(first, 0), min(first + count, LAMOST_PIXELS)
    return slice(low, max(high, low)), slice(low - first, max(high, low) - first)


def resample(
    position: np.ndarray, flux: np.ndarray, ivar: np.ndarray, bad: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Resample a spectrum onto the grid: each pixel is the mean of the flux density over it.

    With w the length of overlap of an input with a grid pixel, flux = Σ w f / Σ w and variance =
    Σ w² σ² / (Σ w)². Neighbouring pixels become correlated, which the inverse variance of a pixel cannot say. A grid
    pixel that a bad pixel touches, or that is not wholly covered, is bad.

    Parameters
    ----------
    position : ndarray, shape (n,)
        Places of the pixel centres on the grid, strictly increasing.
    flux, ivar : ndarray, shape (n,)
        Flux density and inverse variance, finite.
    bad : ndarray of bool, shape (n,)
        Pixels without information.

    Returns
    -------
    flux, ivar : ndarray, shape (LAMOST_PIXELS,), dtype float64
        0 where bad.
    bad : ndarray of bool, shape (LAMOST_PIXELS,)
    """
    middle = 0.5 * (position[1:] + position[:-1])
    edges = np.concatenate([[2 * position[0] - middle[0]], middle, [2 * position[-1] - middle[-1]]])
    grid_edges = np.arange(LAMOST_PIXELS + 1) - 0.5
    cuts = np.union1d(edges, grid_edges)
    centre, width = 0.5 * (cuts[1:] + cuts[:-1]), np.diff(cuts)
    inside = (centre > max(edges[0], -0.5)) & (centre < min(edges[-1], grid_edges[-1]))
    centre, width = centre[inside], width[inside]
    source = np.searchsorted(edges, centre) - 1
    target = np.rint(centre).astype(np.int64)

    def total(weights: np.ndarray) -> np.ndarray:
        return np.bincount(target, weights, minlength=LAMOST_PIXELS)

    variance = np.divide(1.0, ivar, out=np.zeros(len(ivar)), where=~bad)
    covered = total(width)
    wrong = (covered < 1 - 1e-9) | (total(bad[source].astype(float)) > 0)
    spread = total(width**2 * variance[source])
    good = ~wrong & (spread > 0)
    mean = np.divide(total(width * flux[source]), covered, out=np.zeros(LAMOST_PIXELS), where=good)
    weight = np.divide(covered**2, spread, out=np.zeros(LAMOST_PIXELS), where=good)
    return mean, weight, ~good
