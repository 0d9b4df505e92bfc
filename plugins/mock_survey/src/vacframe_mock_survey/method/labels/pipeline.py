"""Labels of the spectroscopic survey's own pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.lamost.spectrograph import band_snr
from vacframe_mock_survey.method.randoms import Random

COOLEST_LABEL = 3800.0
"""Teff, K, below which the survey's own pipeline gives no labels."""


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
