"""The columns of `bayes_isochrone`: calls the compiled sum, names what it returns and flags what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.columns import PERCENTILES, QUANTITIES, Flag
from vacframe_bayes_isochrone.method.posterior_inputs import ModelPoints, Observables, settings_of, sky_priors
from vacframe_bayes_isochrone.method.posterior_moments import (
    AGE,
    AGE_HIGH,
    AGE_LOW,
    AGES,
    AV,
    AV_SD,
    CHI2,
    DISTANCE,
    EFFECTIVE,
    MASS,
    MH_HIGH,
    MH_LOW,
    POINTS,
    SHARE,
    TOTAL,
)  # fmt: skip
from vacframe_bayes_isochrone.method.posterior_sum import all_stars

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

FEWEST_POINTS, FEWEST_AGES = 10.0, 2.5
"""Fewer effective model points, or ages, than this are flagged; a Gaussian as wide as 0.7 steps of age has 2.5."""
COUNTED = {
    Flag.NO_PARALLAX: "without parallax",
    Flag.NO_PHOTOMETRY: "without photometry, no estimate",
    Flag.OUTSIDE_GRID: "outside the models, no estimate",
    Flag.NO_SOLUTION: "labels and parallax contradict each other, no estimate",
    Flag.POOR_FIT: "poor fits",
}
"""Flags whose stars a build counts, under what to call them."""
_PLACES = {"distance": DISTANCE, "av": AV, "mass": MASS, "age": AGE}


def estimate(
    stars: vf.Batch, model: vf.Model, inputs: Mapping[str, Any], config: BayesIsochroneConfig
) -> dict[str, np.ndarray]:
    """Return the columns of `bayes_isochrone` but key and position, one row for each star.

    Parameters
    ----------
    stars : Batch, or mapping of str to ndarray
        Rows of `isochrone_observables`.
    model : Model
        `isochrone_grid`.
    inputs : mapping
        Holds the dust products that the configuration asks for.
    config : BayesIsochroneConfig
        See there.
    """
    seen, points = Observables(stars, config), ModelPoints(model, config)
    density, dust, unknown = sky_priors(stars, inputs, config)
    found = all_stars(
        seen.labels, seen.label_errors, seen.magnitudes, seen.magnitude_errors,
        np.array([b.extinction for b in config.bands]), seen.parallax, seen.parallax_error, density, dust,
        settings_of(config, config.percentiles), points.search, points.values, numba.get_num_threads(),
    )  # fmt: skip
    columns: dict[str, np.ndarray] = {}
    for name in QUANTITIES:
        place = _PLACES[name]
        columns |= {name: found[:, place], f"{name}_error": found[:, place + 1]}
        if config.percentiles:
            columns |= {f"{name}_{p}": found[:, place + 2 + k] for k, p in enumerate(PERCENTILES)}
    columns |= {"chi2": found[:, CHI2], "n_effective": found[:, EFFECTIVE]}
    columns["n_observables"] = seen.count().astype(np.int16)
    columns["n_points"] = np.nan_to_num(found[:, POINTS]).astype(np.int32)
    for number, name in enumerate(config.component_names):
        columns[f"p_{name}"] = found[:, SHARE + number]
    columns["flag"] = _flags(seen, found, unknown, model.metadata, config)
    return columns


def count_flags(flag: np.ndarray) -> dict[str, int]:
    """Return how many stars have each flag of `COUNTED`."""
    return {text: int((flag & bit != 0).sum()) for bit, text in COUNTED.items()}


def _flags(
    seen: Observables, found: np.ndarray, no_dust: np.ndarray, coverage: Mapping[str, Any], config: BayesIsochroneConfig
) -> np.ndarray:
    bands = np.isfinite(seen.magnitudes).sum(axis=1)
    count, points = seen.count(), np.nan_to_num(found[:, POINTS])
    solved = np.isfinite(found[:, TOTAL])
    low, high = coverage["mh_covered"]
    feh = seen.labels[:, 2]
    with np.errstate(invalid="ignore"):
        edge = config.edge_fraction
        conditions = {
            Flag.NO_PARALLAX: seen.parallax_error <= 0,
            Flag.FEWER_BANDS: bands < seen.magnitudes.shape[1],
            Flag.NO_PHOTOMETRY: bands == 0,
            Flag.NO_LABEL: ~np.isfinite(seen.labels).all(axis=1),
            Flag.OUTSIDE_GRID: (bands > 0) & (points == 0),
            Flag.NO_SOLUTION: (points > 0) & ~solved,
            Flag.POOR_FIT: found[:, CHI2] > count + config.poor_fit * np.sqrt(2.0 * count),
            Flag.AGE_EDGE: (found[:, AGE_LOW] > edge) | (found[:, AGE_HIGH] > edge),
            Flag.MH_EDGE: (found[:, MH_LOW] > edge) | (found[:, MH_HIGH] > edge) | (feh < low) | (feh > high),
            Flag.NOT_GIANT: ~(seen.labels[:, 1] < config.giant_logg),
            Flag.FEW_POINTS: (found[:, EFFECTIVE] < FEWEST_POINTS) | (found[:, AGES] < FEWEST_AGES),
            Flag.NO_DUST_MAP: no_dust,
            Flag.AV_EDGE: found[:, AV] + 2.0 * found[:, AV_SD] > config.chosen_dust.av_max,
        }
    total = np.zeros(len(found), dtype=np.int16)
    for bit, met in conditions.items():
        total += np.int16(bit) * met.astype(np.int16)
    return total
