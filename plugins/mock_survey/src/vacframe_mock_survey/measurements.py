"""What surveys measure of a true star: errors, outliers and gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vacframe_mock_survey.spectrograph import band_snr

Random = Callable[[np.ndarray, str], Any]

OBLIQUITY = 84381.406 / 3600.0
"""Obliquity of the ecliptic at J2000, degrees (IAU 2006 resolution B1)."""

PARALLAX_ERROR = ((9.0, 0.018), (13.0, 0.014), (15.0, 0.023), (16.0, 0.036), (17.0, 0.065), (18.0, 0.125), (19.0, 0.27))
"""G and median parallax error, mas, of five-parameter solutions (Lindegren et al. 2021, A&A 649, A2, table 4, rounded).
Proper motions, mas/yr, have about the same number: 1.03 of it in right ascension, 0.94 in declination (ibid.)."""

LIMITS = {
    "j": (4.0, 16.5, 0.022), "h": (4.0, 15.8, 0.025), "ks": (4.0, 15.2, 0.022),
    "w1": (7.0, 17.5, 0.022), "w2": (6.5, 16.0, 0.020),
    "b_apass": (10.0, 17.6, 0.03), "v_apass": (9.5, 17.0, 0.02), "r_apass": (9.5, 17.0, 0.02),
    "g_sdss": (13.5, 23.0, 0.010), "r_sdss": (13.5, 22.5, 0.010), "i_sdss": (13.5, 22.0, 0.010),
}  # fmt: skip
"""Saturation and detection limit (5 sigma) and floor of the error, mag: round values of the surveys' releases."""


def observe_gaia(truth: Any, config: Any, random: Random) -> dict[str, np.ndarray]:
    """Return the columns of `gaia_sources` for true stars (a batch of n rows).

    Error floors and trends are those of the Gaia EDR3 papers in round numbers; parallaxes have no zero-point offset.
    """
    ids, g = truth["source_id"], truth["mag_g"].astype(float)
    u = random(ids, "kind").uniform(3)
    noise = random(ids, "noise").normal(12)
    two = u[:, 0] < config.missing_parallax_fraction
    six = ~two & (u[:, 1] < config.six_parameter_fraction)
    outlier = u[:, 2] < config.ruwe_outlier_fraction
    ruwe = np.where(outlier, 1.4 + 2.0 * np.abs(noise[:, 0]), 1.0 + 0.05 * np.clip(noise[:, 0], -3.0, 6.0))
    error = np.exp(_log_error(g)) * np.where(six, 1.3, 1.0)
    error = error * np.where(outlier, ruwe, 1.0) * np.exp(0.08 * noise[:, 1])
    out: dict[str, np.ndarray] = {}
    for k, (name, factor) in enumerate((("parallax", 1.0), ("pmra", 1.03), ("pmdec", 0.94))):
        sigma = error * factor
        out[name] = np.where(two, np.nan, truth[name] + sigma * noise[:, 2 + k])
        out[f"{name}_error"] = np.where(two, np.nan, sigma)
    for k, pair in enumerate(("parallax_pmra", "parallax_pmdec", "pmra_pmdec")):
        out[f"{pair}_corr"] = np.where(two, np.nan, np.clip(0.2 * noise[:, 5 + k], -0.9, 0.9))
    out["ruwe"] = np.where(two, np.nan, ruwe)
    out["astrometric_params_solved"] = np.where(two, 3, np.where(six, 95, 31))
    out |= _gaia_magnitudes(truth, noise)
    wavenumber = effective_wavenumber(out["phot_bp_mean_mag"] - out["phot_rp_mean_mag"])
    out["nu_eff_used_in_astrometry"] = np.where(two | six, np.nan, wavenumber)
    out["pseudocolour"] = np.where(six, wavenumber + 0.02 * noise[:, 8], np.nan)
    out["pseudocolour_error"] = np.where(six, 0.02, np.nan)
    out["ecl_lat"] = ecliptic_latitude(truth["ra"], truth["dec"])
    out["ipd_gof_harmonic_amplitude"] = (
        0.02 + 0.01 * np.abs(noise[:, 9]) + np.where(outlier, 0.08 * np.abs(noise[:, 9]), 0.0)
    )
    out["ipd_frac_multi_peak"] = np.where(outlier, np.minimum(np.floor(20 * np.abs(noise[:, 10])), 100), 0)
    measured = (g < 14.0) & (truth["teff"] < 7000) & ~two
    rv_error = 0.2 + 0.3 * np.exp(0.9 * (g - 12.5))
    out["radial_velocity"] = np.where(measured, truth["rv"] + rv_error * noise[:, 11], np.nan)
    out["radial_velocity_error"] = np.where(measured, rv_error, np.nan)
    return out


def _log_error(g: np.ndarray) -> np.ndarray:
    magnitude, error = np.array(PARALLAX_ERROR).T
    return np.interp(g, magnitude, np.log(error))


def _gaia_magnitudes(truth: Any, noise: np.ndarray) -> dict[str, np.ndarray]:
    out = {}
    draws = noise[:, [8, 9, 10]]
    for k, (band, floor, scale) in enumerate((("g", 0.0003, 0.0002), ("bp", 0.001, 0.002), ("rp", 0.001, 0.0015))):
        sigma = np.hypot(floor, scale * 10.0 ** (0.25 * (truth[f"mag_{band}"].astype(float) - 15.0)))
        out[f"phot_{band}_mean_mag"] = truth[f"mag_{band}"] + sigma * draws[:, k]
        out[f"phot_{band}_mean_mag_error"] = sigma
    colour = np.clip(out["phot_bp_mean_mag"] - out["phot_rp_mean_mag"], 0.5, 4.0)
    # Mean locus of C for 0.5 < BP-RP < 4: Riello et al. (2021, A&A 649, A3, table 2).
    excess = 1.162004 + colour * (0.011464 + colour * (0.049255 - 0.005879 * colour))
    out["phot_bp_rp_excess_factor"] = excess + 0.005 * noise[:, 7]
    return out


def effective_wavenumber(colour: np.ndarray) -> np.ndarray:
    """Return nu_eff in 1/µm of BP−RP by the approximation of Lindegren et al. (2021, A&A 649, A2, section 2.3)."""
    return 1.76 - 1.61 / np.pi * np.arctan(0.531 * colour)


def ecliptic_latitude(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the ecliptic latitude, degrees, of positions in degrees (axes at J2000)."""
    a, d, e = np.radians(ra), np.radians(dec), np.radians(OBLIQUITY)
    return np.degrees(np.arcsin(np.sin(d) * np.cos(e) - np.cos(d) * np.sin(e) * np.sin(a)))


def observe_bands(truth: Any, config: Any, random: Random) -> dict[str, np.ndarray]:
    """Return the columns of `photometry` for true stars: null beyond a band's limits and for some others."""
    count = len(LIMITS)
    noise = random(truth["source_id"], "noise").normal(count)
    lost = random(truth["source_id"], "missing").uniform(count) < config.missing_band_fraction
    out = {}
    for k, (band, (bright, faint, floor)) in enumerate(LIMITS.items()):
        true = truth[f"mag_{band}"].astype(float)
        sigma = np.hypot(floor, 0.2 * 10.0 ** (0.3 * (true - faint)))
        gone = lost[:, k] | (true < bright) | (true > faint)
        out[band] = np.where(gone, np.nan, true + sigma * noise[:, k])
        out[f"{band}_error"] = np.where(gone, np.nan, sigma)
    return out


def survey_labels(truth: Any, config: Any, random: Random) -> dict[str, np.ndarray]:
    """Return the columns of `lamost_stars`: labels whose errors grow at low signal-to-noise.

    Floors of 60 K, 0.10 and 0.06 dex and 4 km/s, rising as 30/snr: about what LASP states of itself.
    """
    ids, snr = truth["obsid"], truth["snr_g"].astype(float)
    noise = random(ids, "labels").normal(4)
    lost = random(ids, "missing").uniform() < config.missing_label_fraction
    out = dict(band_snr(snr, truth["teff"].astype(float)))
    out["obsid"] = ids
    for k, (name, floor) in enumerate((("teff", 60.0), ("logg", 0.10), ("feh", 0.06), ("rv", 4.0))):
        sigma = floor * np.hypot(1.0, 30.0 / snr)
        out[name] = np.where(lost, np.nan, truth[name] + sigma * noise[:, k])
        out[f"{name}_error"] = np.where(lost, np.nan, sigma)
    return out


def high_resolution_labels(truth: Any, config: Any, random: Random) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the columns of `reference_labels` for the chosen rows, and which rows those are."""
    ids = truth["obsid"]
    chosen = random(ids, "chosen").uniform() < config.reference_fraction
    chosen &= truth["snr_g"] >= config.reference_snr_min
    noise = random(ids, "labels").normal(5)[chosen]
    out = {name: truth[name][chosen] for name in ("obsid", "source_id", "ra", "dec", "snr_g")}
    errors = {
        "teff": config.reference_teff_error,
        "logg": config.reference_logg_error,
        "feh": config.reference_mh_error,
        "mh": config.reference_mh_error,
        "alpha_m": config.reference_alpha_error,
    }
    for k, (name, sigma) in enumerate(errors.items()):
        out[name] = truth[name][chosen] + sigma * noise[:, k]
        out[f"{name}_error"] = np.full(len(noise), sigma)
    return out, chosen
