"""The parallax zero point of the mock Gaia: Lindegren's function, a pattern on the sky, and an offset."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from vacframe_mock_survey.method.sky_fields import SkyField

TWO, FIVE, SIX = 3, 31, 95
"""Values of astrometric_params_solved."""
LARGEST, SMALLEST = 120.0, 20.0
"""Wavelengths of the pattern, degrees: a map at HEALPix level 5 (1.8°) resolves them."""
OBLIQUITY = 84381.406 / 3600.0
"""Obliquity of the ecliptic at J2000, degrees (IAU 2006 resolution B1)."""


def zero_points(star: dict[str, np.ndarray], config: Any, seed: int, rng: Any) -> dict[str, np.ndarray]:
    """Return kind of solution and parallax zero point (mas) of stars, shape (n,) each.

    Parameters
    ----------
    star : dict of ndarray, shape (n,)
        ``ra``, ``dec``, ``mag_g``, ``mag_bp``, ``mag_rp``.
    rng : RowRandom
        Random numbers of the stars.

    Returns
    -------
    dict of str to ndarray
        ``astrometric_params_solved``; ``zero_point_l21``, Lindegren et al. (2021, A&A 649, A4) as the package
        gaiadr3-zeropoint computes it from the true magnitudes; ``zero_point_pattern``; and ``zero_point``, their sum
        plus the configured offset: what the catalogue's parallax has beyond the true one. A star without a parallax
        is given the five-parameter values.
    """
    u = rng.uniform(2)
    two = u[:, 0] < config.missing_parallax_fraction
    solved = np.where(two, TWO, np.where(u[:, 1] < config.six_parameter_fraction, SIX, FIVE))
    wavenumber = effective_wavenumber(star["mag_bp"] - star["mag_rp"])
    latitude = ecliptic_latitude(star["ra"], star["dec"])
    with warnings.catch_warnings():
        # Out of range, the function holds its value at the edge, and says so.
        warnings.simplefilter("ignore")
        l21 = _package().get_zpt(star["mag_g"], wavenumber, wavenumber, latitude, np.where(solved == SIX, SIX, FIVE))
    pattern = (
        1e-3 * config.zero_point_pattern * SkyField(seed, "zero point", LARGEST, SMALLEST)(star["ra"], star["dec"])
    )
    return {
        "astrometric_params_solved": solved,
        "zero_point_l21": l21,
        "zero_point_pattern": pattern,
        "zero_point": l21 + pattern + 1e-3 * config.zero_point_offset,
    }


@lru_cache(maxsize=1)
def _package() -> Any:
    from zero_point import zpt

    zpt.load_tables()
    return zpt


def effective_wavenumber(colour: np.ndarray) -> np.ndarray:
    """Return nu_eff in 1/µm of BP−RP by the approximation of Lindegren et al. (2021, A&A 649, A2, section 2.3)."""
    return 1.76 - 1.61 / np.pi * np.arctan(0.531 * colour)


def ecliptic_latitude(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the ecliptic latitude, degrees, of positions in degrees (axes at J2000)."""
    a, d, e = np.radians(ra), np.radians(dec), np.radians(OBLIQUITY)
    return np.degrees(np.arcsin(np.sin(d) * np.cos(e) - np.cos(d) * np.sin(e) * np.sin(a)))
