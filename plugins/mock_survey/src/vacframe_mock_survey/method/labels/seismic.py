"""Asteroseismology of true giants, by the scaling relations."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.randoms import Random

NU_MAX_SUN, DELTA_NU_SUN, TEFF_SUN, LOGG_SUN = 3090.0, 135.1, 5777.0, 4.438
"""Solar values, μHz, K and dex (Huber et al. 2011, ApJ 743, 143)."""
ERRORS = {"nu_max": 0.015, "delta_nu": 0.008}
"""Relative errors (Pinsonneault et al. 2018, ApJS 239, 32, rounded)."""
AGE_POWER = 3.3
"""A giant's age falls with this power of its mass."""


def asteroseismic(truth: Any, config: Any, random: Random) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the columns of `asteroseismic_labels` for the chosen rows of true stars, and which rows those are.

    Giants of 1.8 < log g < 3.3 brighter than G = 13. Masses are those that the scaling relations give of the measured
    frequencies and temperature; errors of age follow from those of mass.
    """
    ids = truth["source_id"]
    rows = (truth["logg"] > 1.8) & (truth["logg"] < 3.3) & (truth["mag_g"] < 13.0)
    rows &= random(ids, "chosen").uniform() < config.seismic_fraction
    t = {name: truth[name][rows] for name in truth.columns}
    mass, gravity = t["mass"].astype(float), 10.0 ** (t["logg"].astype(float) - LOGG_SUN)
    warmth = t["teff"].astype(float) / TEFF_SUN
    noise = random(ids[rows], "labels").normal(5)
    teff_error = 80.0
    nu_max = NU_MAX_SUN * gravity / np.sqrt(warmth) * (1.0 + ERRORS["nu_max"] * noise[:, 0])
    # Mean density over the Sun's is gravity ** 1.5 / mass ** 0.5.
    delta_nu = DELTA_NU_SUN * gravity**0.75 / mass**0.25 * (1.0 + ERRORS["delta_nu"] * noise[:, 1])
    teff = t["teff"] + teff_error * noise[:, 2]
    seen = teff / TEFF_SUN
    measured = (nu_max / NU_MAX_SUN) ** 3 * (delta_nu / DELTA_NU_SUN) ** -4 * seen**1.5
    relative = np.sqrt(
        (3 * ERRORS["nu_max"]) ** 2 + (4 * ERRORS["delta_nu"]) ** 2 + (1.5 * teff_error / t["teff"].astype(float)) ** 2
    )
    age = 10.0 ** (t["log_age"].astype(float) - 9.0) * (measured / mass) ** -AGE_POWER
    state = np.where(t["phase"] == "RC", "RC", "RGB").astype(object)
    return {
        "source_id": t["source_id"],
        "ra": t["ra"],
        "dec": t["dec"],
        "name": np.array([f"MOCK {i % 10**8:08d}" for i in t["source_id"].tolist()], dtype=object),
        "mass": measured,
        "mass_error": relative * measured,
        "age": age,
        "age_error": AGE_POWER * relative * age,
        "logg": LOGG_SUN + np.log10(nu_max / NU_MAX_SUN * np.sqrt(seen)),
        "logg_error": np.full(len(age), np.hypot(ERRORS["nu_max"], 0.5 * teff_error / 4800.0) / np.log(10.0)),
        "teff": teff,
        "teff_error": np.full(len(age), teff_error),
        "feh": t["feh"] + 0.06 * noise[:, 3],
        "feh_error": np.full(len(age), 0.06),
        "nu_max": nu_max,
        "nu_max_error": ERRORS["nu_max"] * nu_max,
        "delta_nu": delta_nu,
        "delta_nu_error": ERRORS["delta_nu"] * delta_nu,
        "evolutionary_state": state,
    }, rows
