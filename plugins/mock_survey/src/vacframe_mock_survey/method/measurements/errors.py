"""What surveys measure of a true star: errors, outliers and gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from vacframe_mock_survey.method.measurements.spectrograph import band_snr

Random = Callable[[np.ndarray, str], Any]

LIMITS = {
    "j": (4.0, 16.5, 0.022), "h": (4.0, 15.8, 0.025), "ks": (4.0, 15.2, 0.022),
    "w1": (7.0, 17.5, 0.022), "w2": (6.5, 16.0, 0.020),
    "b_apass": (10.0, 17.6, 0.03), "v_apass": (9.5, 17.0, 0.02), "r_apass": (9.5, 17.0, 0.02),
    "g_sdss": (13.5, 23.0, 0.005), "r_sdss": (13.5, 22.5, 0.005), "i_sdss": (13.5, 22.0, 0.005),
}  # fmt: skip
"""Saturation and detection limit (5 sigma) and floor of the error, mag: round values of the surveys' releases."""


COOLEST_LABEL = 3800.0
"""Teff, K, below which the survey's own pipeline gives no labels."""


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

    None below 3800 K, where the pipeline has no templates. Floors of 60 K, 0.10 and 0.06 dex and 4 km/s, rising as
    30/snr: about what LASP states of itself.
    """
    ids, snr = truth["obsid"], truth["snr_g"].astype(float)
    noise = random(ids, "labels").normal(4)
    lost = random(ids, "missing").uniform() < config.missing_label_fraction
    lost |= truth["teff"] < COOLEST_LABEL
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
    noise = random(ids, "labels").normal(7)[chosen]
    out = {name: truth[name][chosen] for name in ("obsid", "source_id", "ra", "dec", "snr_g")}
    errors = {
        "teff": config.reference_teff_error,
        "logg": config.reference_logg_error,
        "feh": config.reference_mh_error,
        "mh": config.reference_mh_error,
        "alpha_m": config.reference_alpha_error,
        "c_fe": config.reference_cn_error,
        "n_fe": config.reference_cn_error,
    }
    for k, (name, sigma) in enumerate(errors.items()):
        out[name] = truth[name][chosen] + sigma * noise[:, k]
        out[f"{name}_error"] = np.full(len(noise), sigma)
    return out, chosen
