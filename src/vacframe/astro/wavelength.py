"""Wavelength grids, and wavelengths in vacuum and in air."""

from __future__ import annotations

import numpy as np

from vacframe.core.contract.errors import VacframeError

AIR_LIMITS = (2300.0, 16900.0)
"""Range of the refraction formula, Å (Ciddor 1996, section 2: 230 to 1690 nm)."""


def log_grid(first: float, step: float, pixels: int) -> np.ndarray:
    """Return a grid uniform in log10 of the wavelength.

    Parameters
    ----------
    first, step : float
        log10 of the first wavelength (Å) and step of log10; COEFF0 and COEFF1 of LAMOST and SDSS spectra.
    pixels : int
        Number of pixels.

    Returns
    -------
    ndarray of float64, shape (pixels,)
        Wavelengths, Å.
    """
    return 10 ** (first + step * np.arange(pixels))


def air_refraction(vacuum: np.ndarray) -> np.ndarray:
    """Return the refractive index of standard air minus one.

    Dry air, 15 °C, 101,325 Pa, 450 ppm CO2: Ciddor 1996, Applied Optics 35, 1566, equation 1.

    Parameters
    ----------
    vacuum : ndarray
        Wavelengths in vacuum, Å.

    Raises
    ------
    VacframeError
        If a wavelength lies outside `AIR_LIMITS`.
    """
    vacuum = np.asarray(vacuum, dtype=np.float64)
    low, high = AIR_LIMITS
    outside = vacuum[(vacuum < low) | (vacuum > high)]
    if outside.size:
        raise VacframeError(
            f"wavelength {outside.flat[0]:g} Å: the refraction of air is known from {low:g} to {high:g} Å"
        )
    wavenumber2 = (1e4 / vacuum) ** 2
    return 1e-8 * (5792105.0 / (238.0185 - wavenumber2) + 167917.0 / (57.362 - wavenumber2))


def vacuum_to_air(vacuum: np.ndarray) -> np.ndarray:
    """Return wavelengths in standard air, Å, of wavelengths in vacuum, Å."""
    return np.asarray(vacuum, dtype=np.float64) / (1 + air_refraction(vacuum))


def air_to_vacuum(air: np.ndarray) -> np.ndarray:
    """Return wavelengths in vacuum, Å, of wavelengths in standard air, Å.

    Inverts `vacuum_to_air` by iteration; the two agree to 1e-10 Å.
    """
    air = np.asarray(air, dtype=np.float64)
    vacuum = air
    for _ in range(4):
        vacuum = air * (1 + air_refraction(vacuum))
    return vacuum
