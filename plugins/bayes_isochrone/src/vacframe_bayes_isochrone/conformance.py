"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products: toy isochrones."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_bayes_isochrone.config import BayesIsochroneConfig, Segment
from vacframe_bayes_isochrone.registry import plugin


def toy_config(**changes: Any) -> BayesIsochroneConfig:
    """Return a configuration for `toy_isochrones`, with few points."""
    options: dict[str, Any] = {
        "mh_min": -1.0, "mh_max": 0.2, "mh_step": 0.2, "age_min": 1.0, "age_max": 13.0, "age_step": 2.0,
        "age_turn": 4.0, "teff_bins": 8,
        "segments": (Segment(phases=(1,), points=30), Segment(phases=(3,), points=40)),
    }  # fmt: skip
    return BayesIsochroneConfig(**(options | changes))


def toy_isochrones() -> dict[str, np.ndarray]:
    """Return rows of `isochrones`: power laws for the main sequence and a straight giant branch, no real stars."""
    parts: list[dict[str, np.ndarray]] = []
    for mh in (-1.0, -0.5, 0.0, 0.2):
        for gyr in (1.0, 2.0, 4.0, 8.0, 13.0):
            turn = (10.0 / gyr) ** 0.33 * 10 ** (0.03 * mh)
            mass = np.concatenate([np.linspace(0.4, turn, 40), turn + np.linspace(1e-3, 0.03, 50)])
            giant = mass > turn
            along = np.clip((mass - turn) / 0.03, 0, 1)
            log_teff = np.where(giant, 3.70 - 0.11 * along, 3.76 + 0.25 * np.log10(np.minimum(mass, turn))) - 0.02 * mh
            logg = np.where(giant, 3.7 - 3.2 * along, 4.45 - 0.5 * np.log10(np.minimum(mass, turn)))
            log_l = np.log10(mass) - logg + 4 * log_teff - 10.61
            colour = 4.4 * (3.76 - log_teff) + 0.4
            ks = 4.74 - 2.5 * log_l - 1.5 - 8 * (3.76 - log_teff)
            parts.append(
                {
                    "mh": np.full(90, mh), "log_age": np.full(90, 9 + np.log10(gyr)), "m_initial": mass,
                    "m_current": mass * (1 - 0.02 * along), "log_teff": log_teff, "logg": logg,
                    "phase": np.where(giant, 3, 1), "mag_j": ks + colour, "mag_h": ks + 0.2 * colour, "mag_ks": ks,
                }
            )  # fmt: skip
    table = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    exact = {"m_initial": np.float64, "m_current": np.float64, "phase": np.int16}
    return {name: values.astype(exact.get(name, np.float32)) for name, values in table.items()}


def toy_stars(count: int = 40, seed: int = 3) -> dict[str, np.ndarray]:
    """Return rows of `isochrone_observables`: giants and dwarfs with errors, some without parallax or photometry."""
    rng = np.random.default_rng(seed)
    logg = rng.uniform(1.0, 4.4, count)
    stars: dict[str, np.ndarray] = {
        "source_id": np.arange(count, dtype=np.int64) * 11 + 5,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-80, 80, count),
        "teff": np.where(logg > 3.8, 5700.0, 3900.0 + 330.0 * logg) + 80 * rng.normal(size=count),
        "logg": logg,
        "feh": rng.uniform(-0.9, 0.1, count),
        "parallax": rng.uniform(0.3, 3.0, count),
        "parallax_error": np.full(count, 0.05),
    }
    stars |= {"teff_error": np.full(count, 90.0), "logg_error": np.full(count, 0.1), "feh_error": np.full(count, 0.08)}
    modulus = 10 - 5 * np.log10(stars["parallax"])
    for band, offset in (("j", 0.6), ("h", 0.1), ("ks", 0.0)):
        stars[band] = modulus + 2.0 * (logg - 2.6) - 1.5 + offset
        stars[f"{band}_error"] = np.full(count, 0.03)
    stars["parallax"][::7] = np.nan
    stars["j"][::9] = np.nan
    stars["ks"][::11] = stars["h"][::11] = stars["j"][::11] = np.nan
    stars["feh"][3] = 4.0
    exact = {"source_id": np.int64, "ra": np.float64, "dec": np.float64, "parallax": np.float64}
    return {name: values.astype(exact.get(name, np.float32)) for name, values in stars.items()}


def seismic_labels(stars: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return rows of `asteroseismic_labels` of these stars."""
    count = len(stars["source_id"])
    return {
        "source_id": stars["source_id"],
        "mass": np.linspace(0.8, 1.8, count).astype(np.float32),
        "age": np.linspace(1, 12, count).astype(np.float32),
        "logg": stars["logg"],
    }


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product."""
    from vacframe.testing import Sample, run_product

    config, stars = toy_config(), toy_stars()
    inputs: dict[str, Any] = {"isochrones": toy_isochrones(), "isochrone_observables": stars}
    inputs["reddening_map"] = {
        "healpix": np.arange(11, dtype=np.int64),
        "healpix_order": np.zeros(11, np.int8),
        "ebv": np.linspace(0.02, 0.6, 11, dtype=np.float32),
    }
    inputs["isochrone_grid"] = run_product(plugin, "isochrone_grid", inputs, config=config).model
    inputs["bayes_isochrone"] = run_product(plugin, "bayes_isochrone", inputs, config=config).table
    inputs["asteroseismic_labels"] = seismic_labels(stars)
    inputs["isochrone_comparison"] = run_product(plugin, "isochrone_comparison", inputs, config=config).table
    ours = ("isochrone_grid", "bayes_isochrone", "posterior_samples", "isochrone_comparison", "isochrone_validation")
    return {name: Sample(inputs, config) for name in ours}
