"""Labels with small errors for a random part of the visits, to train on."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.randoms import Random


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
