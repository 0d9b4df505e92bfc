"""From observables to estimates: prepares what the compiled sum reads and names what it returns."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from vacframe.astro.galactic import galactic
from vacframe.astro.jit import read_only
from vacframe_bayes_isochrone.columns import PERCENTILES, QUANTITIES, Flag, component_names
from vacframe_bayes_isochrone.method import moments
from vacframe_bayes_isochrone.method.candidates import blocks_of
from vacframe_bayes_isochrone.method.kernel import all_stars
from vacframe_bayes_isochrone.method.sight_lines import log_densities, log_mean_dust
from vacframe_bayes_isochrone.method.weights import cells

LABEL_NAMES = ("teff", "logg", "feh")
FEWEST_POINTS, FEWEST_AGES = 10.0, 2.5
"""Fewer effective model points, or ages, than this are flagged; a Gaussian as wide as 0.7 steps of age has 2.5."""
_PLACES = {"distance": moments.DISTANCE, "av": moments.AV, "mass": moments.MASS, "age": moments.AGE}


class Observables:
    """Observables of stars as arrays; a pair of value and error that cannot be used is NaN.

    Attributes
    ----------
    labels, label_errors : ndarray, shape (n, 3)
        Teff (K), log g, [M/H].
    magnitudes, magnitude_errors : ndarray, shape (n, n_band)
    parallax, parallax_error : ndarray, shape (n,)
        mas; error 0 and value 0 where there is none.
    """

    def __init__(self, stars: Any, config: Any) -> None:
        def pairs(names: tuple[str, ...], floors: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
            values = np.stack([np.asarray(stars[n], dtype=np.float64) for n in names], axis=1)
            errors = np.stack([np.asarray(stars[f"{n}_error"], dtype=np.float64) for n in names], axis=1)
            good = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
            errors = np.maximum(errors, [config.error_floors.get(f, 0.0) for f in floors])
            return np.where(good, values, np.nan), np.where(good, errors, np.nan)

        self.labels, self.label_errors = pairs(LABEL_NAMES, LABEL_NAMES)
        bands = config.band_names
        self.magnitudes, self.magnitude_errors = pairs(bands, ("magnitude",) * len(bands))
        parallax, error = pairs(("parallax",), ("parallax",))
        self.parallax, self.parallax_error = np.nan_to_num(parallax[:, 0]), np.nan_to_num(error[:, 0])

    def count(self) -> np.ndarray:
        """Return the number of observables of each star, shape (n,)."""
        measured = np.isfinite(self.labels).sum(axis=1) + np.isfinite(self.magnitudes).sum(axis=1)
        return np.asarray(measured + (self.parallax_error > 0))


class ModelPoints:
    """The arrays of `isochrone_grid` as the compiled functions take them."""

    def __init__(self, model: Any, config: Any) -> None:
        single = {n: read_only(model[n], np.float32) for n in ("teff", "logg", "mass", "magnitudes", "weight")}
        ages = np.array(model["age_nodes"], dtype=np.float64)
        points = (single["teff"], single["logg"], single["magnitudes"])
        mh, edges = (np.array(model[name], dtype=np.float64) for name in ("mh", "teff_edges"))
        self.search = (*points, mh, edges, *blocks_of(model["start"], *points))
        self.values = (
            single["weight"],
            single["mass"],
            read_only(np.log10(single["mass"]), np.float32),
            read_only(model["age"], np.int16),
            ages,
            np.clip(cells(ages), 0.0, config.age_max),
            np.array([model["age"].min(), model["age"].max()], dtype=np.int64),
        )


def sky_priors(stars: Any, inputs: Any, config: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ln density, ln mean A_V and where no dust map helps, for stars with ``ra`` and ``dec`` (degrees)."""
    gl, gb = galactic(np.nan_to_num(stars["ra"]), np.nan_to_num(stars["dec"]))
    return log_densities(gl, gb, config), *log_mean_dust(gl, gb, inputs, config)


def settings_of(config: Any, percentiles: bool) -> tuple[float, float, float, bool]:
    """Return what the compiled sum takes of the configuration: see `method.kernel.all_stars`."""
    dust = config.chosen_dust
    dispersion = dust.dispersion if dust.kind == "lognormal" else 0.0
    return float(config.window), float(dispersion), float(dust.av_max), percentiles


def estimate(stars: Any, model: Any, inputs: Any, config: Any) -> dict[str, np.ndarray]:
    """Return the columns of `bayes_isochrone` but key and position, one row for each star.

    Parameters
    ----------
    stars : mapping of str to ndarray
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
    columns |= {"chi2": found[:, moments.CHI2], "n_effective": found[:, moments.EFFECTIVE]}
    columns["n_observables"] = seen.count().astype(np.int16)
    columns["n_points"] = np.nan_to_num(found[:, moments.POINTS]).astype(np.int32)
    for number, name in enumerate(component_names(config)):
        columns[f"p_{name}"] = found[:, moments.SHARE + number]
    columns["flag"] = _flags(seen, found, unknown, model.metadata, config)
    return columns


def _flags(seen: Observables, found: np.ndarray, no_dust: np.ndarray, coverage: Any, config: Any) -> np.ndarray:
    bands = np.isfinite(seen.magnitudes).sum(axis=1)
    count, points = seen.count(), np.nan_to_num(found[:, moments.POINTS])
    solved = np.isfinite(found[:, moments.TOTAL])
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
            Flag.POOR_FIT: found[:, moments.CHI2] > count + config.poor_fit * np.sqrt(2.0 * count),
            Flag.AGE_EDGE: (found[:, moments.AGE_LOW] > edge) | (found[:, moments.AGE_HIGH] > edge),
            Flag.MH_EDGE: (found[:, moments.MH_LOW] > edge)
            | (found[:, moments.MH_HIGH] > edge)
            | (feh < low)
            | (feh > high),
            Flag.NOT_GIANT: ~(seen.labels[:, 1] < config.giant_logg),
            Flag.FEW_POINTS: (found[:, moments.EFFECTIVE] < FEWEST_POINTS) | (found[:, moments.AGES] < FEWEST_AGES),
            Flag.NO_DUST_MAP: no_dust,
            Flag.AV_EDGE: found[:, moments.AV] + 2.0 * found[:, moments.AV_SD] > config.chosen_dust.av_max,
        }
    total = np.zeros(len(found), dtype=np.int16)
    for bit, met in conditions.items():
        total += np.int16(bit) * met.astype(np.int16)
    return total
