"""Unresolved binaries: companions, orbits, and what they add to the light."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.photometry.bands import absolute_magnitudes
from vacframe_mock_survey.method.stars.tracks import Tracks

PERIOD = (5.03, 2.28)
"""Mean and dispersion of log10 of the period in days of solar-type binaries (Raghavan et al. 2010, ApJS 190, 1)."""
SHORTEST, LONGEST = -0.5, 6.5
"""Limits of log10 of the period in days; wider pairs are seen as two stars."""
LEAST_RATIO = 0.1
"""Smallest ratio of the masses; the ratio is uniform above (ibid.)."""
SPEED = 212.9
"""Velocity amplitude, km/s, of a test particle about one solar mass on a circular edge-on orbit of one day:
(2 pi G Msun / day) ** (1/3)."""
RADIUS_SUN_AU = 0.00465047
"""Solar radius in astronomical units (IAU 2015 resolution B3)."""
LOGG_SUN = 4.438


def add_companions(
    star: dict[str, np.ndarray], isochrone: np.ndarray, tracks: Tracks, config: Any, rng: Any
) -> dict[str, np.ndarray]:
    """Return the binaries' columns, and the absolute magnitudes ``abs_*`` of the pairs.

    A companion lies on the main sequence of its primary's isochrone; where the primary would not fit into the orbit, or
    the companion outshine it, the star stays single.

    Parameters
    ----------
    star : dict of ndarray, shape (n,)
        ``mass_initial``, ``mass``, ``logg`` and the absolute magnitudes of the primaries.
    isochrone : ndarray of int, shape (n,)
        Nearest isochrone of each star.
    """
    u = rng.uniform(4)
    log_period = np.clip(PERIOD[0] + PERIOD[1] * rng.normal(), SHORTEST, None)
    ratio = LEAST_RATIO + (1.0 - LEAST_RATIO) * u[:, 1]
    second = ratio * star["mass_initial"]
    total = star["mass"] + second
    period = 10.0**log_period
    axis = (total * (period / 365.25) ** 2) ** (1 / 3)
    radius = np.sqrt(star["mass"] * 10.0 ** (LOGG_SUN - star["logg"])) * RADIUS_SUN_AU
    light = tracks.main_sequence(isochrone, second)
    binary = (
        (u[:, 0] < config.binary_fraction)
        & (log_period < LONGEST)
        & (axis > 3.0 * radius)
        & (light["g"] >= star["abs_g"])
    )
    magnitudes = absolute_magnitudes(light, 10.0 ** light["log_teff"], light["logg"])
    pair = {}
    for band, own in magnitudes.items():
        single = star[f"abs_{band}"]
        with np.errstate(invalid="ignore"):
            both = -2.5 * np.log10(10.0 ** (-0.4 * single) + 10.0 ** (-0.4 * own))
        pair[f"abs_{band}"] = np.where(binary, both, single)
    sin_i = np.sqrt(1.0 - u[:, 2] ** 2)
    amplitude = SPEED * (total / period) ** (1 / 3) * second / total * sin_i
    nothing = np.full(len(u), np.nan)
    return {
        "is_binary": binary,
        "mass_ratio": np.where(binary, ratio, nothing),
        "period": np.where(binary, period, nothing),
        "rv_amplitude": np.where(binary, amplitude, nothing),
        "orbital_phase": np.where(binary, u[:, 3], nothing),
        "companion_teff": np.where(binary, 10.0 ** light["log_teff"], nothing),
        "companion_logg": np.where(binary, light["logg"], nothing),
        "companion_light": np.where(binary, 10.0 ** (0.4 * (star["abs_r_sdss"] - magnitudes["r_sdss"])), nothing),
        "binary_brightening": np.where(binary, star["abs_g"] - pair["abs_g"], 0.0),
        **pair,
    }
