"""What the compiled sum reads: observables, model points and the sky's priors as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe.astro.galactic import galactic
from vacframe.astro.jit import read_only
from vacframe_bayes_isochrone.method.candidate_points import blocks_of
from vacframe_bayes_isochrone.method.prior_weights import cells
from vacframe_bayes_isochrone.method.sightline_priors import log_densities, log_mean_dust

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

LABEL_NAMES = ("teff", "logg", "feh")


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

    def __init__(self, stars: vf.Batch, config: BayesIsochroneConfig) -> None:
        floor_of = {str(name): floor for name, floor in config.error_floors.items()}

        def pairs(names: tuple[str, ...], floors: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
            values = np.stack([np.asarray(stars[n], dtype=np.float64) for n in names], axis=1)
            errors = np.stack([np.asarray(stars[f"{n}_error"], dtype=np.float64) for n in names], axis=1)
            good = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
            errors = np.maximum(errors, [floor_of.get(f, 0.0) for f in floors])
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

    def __init__(self, model: vf.Model, config: BayesIsochroneConfig) -> None:
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


def sky_priors(
    stars: vf.Batch, inputs: Mapping[str, Any], config: BayesIsochroneConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ln density, ln mean A_V and where no dust map helps, for stars with ``ra`` and ``dec`` (degrees)."""
    gl, gb = galactic(np.nan_to_num(stars["ra"]), np.nan_to_num(stars["dec"]))
    return log_densities(gl, gb, config), *log_mean_dust(gl, gb, inputs, config)


def settings_of(config: BayesIsochroneConfig, percentiles: bool) -> tuple[float, float, float, bool]:
    """Return what the compiled sum takes of the configuration: see `posterior_sum.all_stars`."""
    dust = config.chosen_dust
    dispersion = dust.dispersion if dust.kind == "lognormal" else 0.0
    return float(config.window), float(dispersion), float(dust.av_max), percentiles
