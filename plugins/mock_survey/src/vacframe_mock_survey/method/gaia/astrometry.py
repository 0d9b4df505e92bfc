"""Gaia-like astrometry and photometry of a true star: errors, zero point, binaries' wobble, outliers and gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.gaia.zero_point import SIX, TWO, ecliptic_latitude, effective_wavenumber
from vacframe_mock_survey.method.randoms import Random

PARALLAX_ERROR = ((9.0, 0.018), (13.0, 0.014), (15.0, 0.023), (16.0, 0.036), (17.0, 0.065), (18.0, 0.125), (19.0, 0.27))
"""G and median parallax error, mas, of five-parameter solutions (Lindegren et al. 2021, A&A 649, A2, table 4, rounded).
Proper motions, mas/yr, have about the same number: 1.03 of it in right ascension, 0.94 in declination (ibid.)."""
ERROR_SCATTER = 0.2
"""Scatter of the natural logarithm of the errors at one magnitude, which the number of scans makes: that of 30,000
five-parameter sources of real fields."""
SIX_FACTOR = 1.3
"""Errors of six-parameter solutions are larger by this factor at the same magnitude."""
SIX_ODD = 8.0
"""Six-parameter solutions, of crowded and disturbed sources, have a high RUWE so many times as often as others."""
PSEUDOCOLOUR_ERROR = (0.01, 0.25)
"""Floor of the error of a pseudocolour, 1/µm, and its rise with the error of the parallax, 1/µm per mas: 0.017 at
G = 16, 0.03 at 17.5 and 0.08 at 19, as 300 random sources of Gaia DR3 have."""
IMAGE_AMPLITUDE, IMAGE_PEAKS = (0.02, 0.75), (0.3, 1.0)
"""Median, and scatter of the natural logarithm, of ipd_gof_harmonic_amplitude and (before it is cut to a whole number)
of ipd_frac_multi_peak, of random sources brighter than G = 17."""
MISSION_YEARS = 34.0 / 12.0
"""Length of the observations behind EDR3, years: slower orbits look straight."""
SCAN_ERROR = 0.25
"""Error of one scan at G = 13 to 15, mas (Lindegren et al. 2021, A&A 649, A2, figure A.1)."""
HIGHEST_CORRELATION = 0.45
"""Largest correlation of the errors of parallax and proper motions."""
VELOCITY_SCATTER = 0.25
"""Scatter of the natural logarithm of the errors of radial velocities at one magnitude."""
_HIGHEST_RUWE = 25.0


def observe_gaia(truth: Any, config: Any, random: Random) -> dict[str, np.ndarray]:
    """Return the columns of `gaia_sources` for true stars (a batch of n rows).

    Error floors and trends are those of the Gaia EDR3 papers in round numbers; parallaxes have the zero point that
    the truth tells.
    """
    ids, g = truth["source_id"], truth["mag_g"].astype(float)
    noise = random(ids, "noise").normal(12)
    solved = truth["astrometric_params_solved"]
    two, six = solved == TWO, solved == SIX
    odd = random(ids, "kind").uniform() < config.ruwe_outlier_fraction * np.where(six, SIX_ODD, 1.0)
    ruwe = np.hypot(1.0 + 0.05 * np.clip(noise[:, 0], -3.0, 6.0), wobble(truth) / SCAN_ERROR)
    ruwe = np.clip(np.where(odd, np.maximum(ruwe, 1.3 + 2.0 * np.abs(noise[:, 11])), ruwe), None, _HIGHEST_RUWE)
    error = np.exp(_log_error(g)) * np.where(six, SIX_FACTOR, 1.0)
    error = error * np.maximum(ruwe, 1.0) * np.exp(ERROR_SCATTER * noise[:, 1])
    true = {
        "parallax": truth["parallax"] + truth["zero_point"],
        "pmra": truth["pmra"],
        "pmdec": truth["pmdec"],
    }
    out: dict[str, np.ndarray] = {}
    correlations = np.clip(0.2 * noise[:, 5:8], -HIGHEST_CORRELATION, HIGHEST_CORRELATION)
    draws = correlated(noise[:, 2:5], correlations)
    for k, (name, factor) in enumerate((("parallax", 1.0), ("pmra", 1.03), ("pmdec", 0.94))):
        sigma = error * factor
        out[name] = np.where(two, np.nan, true[name] + sigma * draws[k])
        out[f"{name}_error"] = np.where(two, np.nan, sigma)
    for k, pair in enumerate(("parallax_pmra", "parallax_pmdec", "pmra_pmdec")):
        out[f"{pair}_corr"] = np.where(two, np.nan, correlations[:, k])
    out["ruwe"] = np.where(two, np.nan, ruwe)
    out["astrometric_params_solved"] = solved
    out |= _magnitudes(truth, config, random(ids, "photometry"))
    wavenumber = effective_wavenumber(truth["mag_bp"].astype(float) - truth["mag_rp"].astype(float))
    out["nu_eff_used_in_astrometry"] = np.where(two | six, np.nan, wavenumber)
    floor, rise = PSEUDOCOLOUR_ERROR
    colour_error = np.hypot(floor, rise * error)
    out["pseudocolour"] = np.where(six, wavenumber + colour_error * noise[:, 8], np.nan)
    out["pseudocolour_error"] = np.where(six, colour_error, np.nan)
    out["ecl_lat"] = ecliptic_latitude(truth["ra"], truth["dec"])
    double = np.where(odd | (ruwe > 1.4), 1.0, 0.0)
    image = random(ids, "image").normal(2)
    (amplitude, spread), (peaks, range_) = IMAGE_AMPLITUDE, IMAGE_PEAKS
    out["ipd_gof_harmonic_amplitude"] = amplitude * np.exp(spread * image[:, 0]) + 0.08 * double * np.abs(noise[:, 9])
    several = peaks * np.exp(range_ * image[:, 1]) + 20.0 * double * np.abs(noise[:, 10])
    out["ipd_frac_multi_peak"] = np.minimum(np.floor(several), 100)
    out |= _velocities(truth, two, random(ids, "velocity").normal(2))
    return out


def correlated(noise: np.ndarray, correlations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return three normal numbers a star with the given correlations of 1 and 2, 1 and 3, 2 and 3, by Cholesky.

    Parameters
    ----------
    noise, correlations : ndarray, shape (n, 3)
        Independent standard normal numbers; correlations that are possible together, as all below 0.5 are.
    """
    ab, ac, bc = correlations.T
    second = np.sqrt(1.0 - ab**2)
    mixed = (bc - ab * ac) / second
    third = np.sqrt(1.0 - ac**2 - mixed**2)
    a, b, c = noise.T
    return a, ab * a + second * b, ac * a + mixed * b + third * c


def _log_error(g: np.ndarray) -> np.ndarray:
    magnitude, error = np.array(PARALLAX_ERROR).T
    return np.interp(g, magnitude, np.log(error))


def wobble(truth: Any) -> np.ndarray:
    """Return how far the light's centre of an unresolved binary moves about its path, mas; 0 for single stars.

    The companion's share of the mass less its share of the light, times the orbit's axis by Kepler's third law; slow
    orbits are taken up by the proper motion, as (mission / period) squared.
    """
    years = truth["period"] / 365.25
    ratio, mass = truth["mass_ratio"].astype(float), truth["mass"].astype(float)
    light = 1.0 - 10.0 ** (-0.4 * np.clip(truth["binary_brightening"].astype(float), 0.0, None))
    axis = (mass * (1.0 + ratio) * years**2) ** (1 / 3)
    seen = np.minimum(1.0, (MISSION_YEARS / years) ** 2)
    return np.nan_to_num(axis * truth["parallax"] * np.abs(ratio / (1.0 + ratio) - light) * seen)


def _velocities(truth: Any, two: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
    """Return radial velocities of the stars that Gaia's spectrograph sees.

    Those to G_RVS = 14, with median errors of 1.3 km/s at 12 and 6.4 at 14 (Katz et al. 2023, A&A 674, A5, abstract);
    G_RVS is taken as 0.3 mag brighter than RP, which it is for stars like the Sun and giants to 0.1 mag.
    """
    bright, teff = truth["mag_rp"].astype(float) - 0.3, truth["teff"].astype(float)
    measured = (bright < 14.0) & (teff > 3500.0) & (teff < 7000.0) & ~two
    error = (0.2 + 6.2 * np.exp(0.87 * (bright - 14.0))) * np.exp(VELOCITY_SCATTER * noise[:, 1])
    # Many epochs are averaged: an orbit shorter than the mission leaves its velocity's scatter over their number.
    orbit = np.nan_to_num(truth["rv_amplitude"].astype(float)) / np.sqrt(20.0)
    error = np.hypot(error, orbit)
    return {
        "radial_velocity": np.where(measured, truth["rv"] + error * noise[:, 0], np.nan),
        "radial_velocity_error": np.where(measured, error, np.nan),
    }


def _magnitudes(truth: Any, config: Any, rng: Any) -> dict[str, np.ndarray]:
    noise, u = rng.normal(5), rng.uniform()
    out = {}
    for k, (band, floor, scale) in enumerate((("g", 0.0003, 0.0002), ("bp", 0.001, 0.002), ("rp", 0.001, 0.0015))):
        sigma = np.hypot(floor, scale * 10.0 ** (0.25 * (truth[f"mag_{band}"].astype(float) - 15.0)))
        out[f"phot_{band}_mean_mag"] = truth[f"mag_{band}"] + sigma * noise[:, k]
        out[f"phot_{band}_mean_mag_error"] = sigma
    colour = out["phot_bp_mean_mag"] - out["phot_rp_mean_mag"]
    # Mean locus of C below BP-RP = 0.5, to 4 and beyond: Riello et al. (2021, A&A 649, A3, table 2); scatter: eq. 18.
    blue = 1.154360 + colour * (0.033772 + colour * 0.032277)
    middle = 1.162004 + colour * (0.011464 + colour * (0.049255 - 0.005879 * colour))
    excess = np.select([colour < 0.5, colour < 4.0], [blue, middle], 1.057572 + 0.140537 * colour)
    scatter = 0.0059898 + 8.817481e-12 * np.clip(out["phot_g_mean_mag"], 0.0, 21.0) ** 7.618399
    blended = np.where(u < config.blend_fraction, 0.1 + 0.3 * np.abs(noise[:, 4]), 0.0)
    out["phot_bp_rp_excess_factor"] = excess + scatter * noise[:, 3] + blended
    return out
