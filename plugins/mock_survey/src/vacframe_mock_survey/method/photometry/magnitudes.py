"""Magnitudes that surveys measure of a true star: errors, saturation, detection limits and gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.randoms import Random

LIMITS = {
    "j": (4.0, 16.5, 0.022), "h": (4.0, 15.8, 0.025), "ks": (4.0, 15.2, 0.022),
    "w1": (7.0, 17.5, 0.022), "w2": (6.5, 16.0, 0.020),
    "b_apass": (10.0, 17.6, 0.03), "v_apass": (9.5, 17.0, 0.02), "r_apass": (9.5, 17.0, 0.02),
    "g_sdss": (13.5, 23.0, 0.005), "r_sdss": (13.5, 22.5, 0.005), "i_sdss": (13.5, 22.0, 0.005),
}  # fmt: skip
"""Saturation and detection limit (5 sigma) and floor of the error, mag: round values of the surveys' releases."""


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
