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


def toy_stars(count: int = 40, seed: int = 3, complete: bool = False) -> dict[str, np.ndarray]:
    """Return rows of `isochrone_observables`: toy models with errors, giants first.

    Unless `complete`, some lack parallax or magnitudes, and one has an impossible [Fe/H].
    """
    rng = np.random.default_rng(seed)
    models = toy_isochrones()
    usable = (models["mh"] < 0) & (models["log_age"] > 9.5)
    giants = np.flatnonzero(usable & (models["logg"] < 3.0))
    dwarfs = np.flatnonzero(usable & (models["logg"] > 4.0))
    point = np.concatenate([rng.choice(giants, count - count // 4), rng.choice(dwarfs, count // 4)])
    distance, av = rng.uniform(0.5, 2.0, count), rng.uniform(0.05, 0.5, count)
    stars = {
        "quality": np.linspace(10, 100, count),
        "source_id": np.arange(count, dtype=np.int64) * 11 + 5,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-80, 80, count),
    }
    for name, value, error in (
        ("teff", 10.0 ** models["log_teff"][point], 90.0),
        ("logg", models["logg"][point], 0.1),
        ("feh", models["mh"][point], 0.08),
        ("parallax", 1 / distance, 0.03),
        *(
            (b.name, models[f"mag_{b.name}"][point] + 5 * np.log10(100 * distance) + b.extinction * av, 0.03)
            for b in toy_config().bands
        ),
    ):
        stars[name], stars[f"{name}_error"] = value + error * rng.normal(size=count), np.full(count, error)
    if not complete:
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
    inputs["cluster_members"] = {
        "source_id": stars["source_id"][::3],
        "cluster": np.array(["NGC 1", "NGC 2"])[np.arange(len(stars["source_id"][::3])) % 2],
        "age": np.full(len(stars["source_id"][::3]), 5.0, np.float32),
        "distance": np.full(len(stars["source_id"][::3]), 2.0, np.float32),
    }
    inputs["cluster_age_likelihoods"] = run_product(plugin, "cluster_age_likelihoods", inputs, config=config).table
    ours = (
        "isochrone_grid", "bayes_isochrone", "posterior_samples", "isochrone_comparison", "isochrone_validation",
        "isochrone_uncertainties", "cluster_age_likelihoods", "isochrone_clusters",
    )  # fmt: skip
    return {name: Sample(inputs, config) for name in ours}
