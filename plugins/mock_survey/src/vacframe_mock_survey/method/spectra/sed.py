"""Light of the mock's stars, with that of unresolved companions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vacframe_mock_survey.columns import SPECTRAL_LABELS
from vacframe_mock_survey.method.photometry.bands import PIVOTS
from vacframe_mock_survey.method.photometry.extinction import extinction_curve
from vacframe_mock_survey.method.spectra.atmosphere import continuum_flux
from vacframe_mock_survey.method.spectra.grids import BROAD_FIRST, BROAD_PIXELS, STEP
from vacframe_mock_survey.method.spectra.rotation import broaden, projected_velocity
from vacframe_mock_survey.method.spectra.synthesis import normalised
from vacframe_mock_survey.method.spectra.tables import Tables, broad_tables

WAVELENGTH = 10.0 ** (BROAD_FIRST + STEP * np.arange(BROAD_PIXELS))
"""Vacuum wavelengths, Å, of the pixels of `flux_densities`: 323 to 1052 nm."""
_NODE = 30
"""Pixels from one wavelength at which the continuum is computed to the next."""
LEAST_LIGHT = 0.002
"""Companions that add less than this to the light in SDSS r are left out."""


def flux_densities(star: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return reddened flux densities per wavelength, any unit, shape (n, BROAD_PIXELS), at rest.

    Parameters
    ----------
    star : mapping of str to ndarray, shape (n,)
        As for `starlight`, and ``ebv``: E(B−V), SFD scale, magnitudes.
    """
    still = np.zeros(len(star["ebv"]))
    model, level = starlight(star, still, still, broad_tables(), WAVELENGTH)
    curve = extinction_curve(WAVELENGTH)
    return np.asarray(model * level * 10.0 ** (-0.4 * curve * np.asarray(star["ebv"], dtype=float)[:, None]))


def starlight(
    star: Mapping[str, np.ndarray],
    velocity: np.ndarray,
    companion_velocity: np.ndarray,
    table: Tables,
    wavelength: np.ndarray,
    rotation: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised spectra and continua of stars with their companions, shape (n, n_pixel) each.

    Parameters
    ----------
    star : mapping of str to ndarray, shape (n,)
        ``teff`` (K), ``logg``, ``feh``, ``alpha_m``, ``c_fe``, ``n_fe``; ``companion_teff`` and ``companion_logg`` of
        a companion of the same abundances, and its light over the star's in SDSS r, ``companion_light``, or NaN.
    velocity, companion_velocity : ndarray, shape (n,)
        Radial velocities, km/s.
    table : Tables
        Of the grid ``wavelength``, Å, shape (n_pixel,).
    rotation : RowRandom, optional
        Random numbers of the stars; without, they do not rotate.

    Returns
    -------
    tuple of ndarray
        The continuum is a flux density, 1 at SDSS r for the star alone.
    """
    labels = [np.asarray(star[name], dtype=float) for name in SPECTRAL_LABELS]
    model, level = _lights(labels, velocity, table, wavelength)
    _rotate(model, labels, rotation)
    light = np.asarray(star["companion_light"], dtype=float)
    rows = np.flatnonzero(light > LEAST_LIGHT)
    if len(rows):
        pair = [np.asarray(star[f"companion_{name}"], dtype=float) for name in ("teff", "logg")] + labels[2:]
        second, weaker = _lights([column[rows] for column in pair], companion_velocity[rows], table, wavelength)
        _rotate(second, pair, rotation, rows)
        weaker *= light[rows, None]
        both = level[rows] + weaker
        model[rows] = (model[rows] * level[rows] + second * weaker) / both
        level[rows] = both
    return model, level


def _lights(
    labels: list[np.ndarray], velocity: np.ndarray, table: Tables, wavelength: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised spectra and continua, 1 at SDSS r, of single stars."""
    nodes = np.append(wavelength[::_NODE], wavelength[-1])
    level, values = np.empty((len(velocity), len(wavelength))), np.empty(len(nodes))
    for k, row in enumerate(level):
        continuum_flux(*(float(column[k]) for column in labels[:4]), nodes, table, values)
        row[:] = np.interp(wavelength, nodes, values / np.interp(PIVOTS["r"], nodes, values))
    teff, logg, metals, alpha, carbon, nitrogen = labels
    return normalised(teff, logg, metals, alpha, carbon, nitrogen, velocity, table), level


def _rotate(spectra: np.ndarray, labels: list[np.ndarray], rotation: Any, rows: Any = slice(None)) -> None:
    """Broaden spectra, shape (n, n_pixel), of stars ``rows`` of those with ``labels``, in place."""
    if rotation is not None:
        velocities = projected_velocity(labels[0], labels[1], rotation)[rows]
        for spectrum, velocity in zip(spectra, velocities.tolist(), strict=True):
            broaden(spectrum, velocity)
