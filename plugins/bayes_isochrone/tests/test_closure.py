"""Stars drawn from the prior itself come back unbiased, with errors and percentiles that cover.

The directions are random over the sky, with E(B-V) = 0.3 mag to infinity everywhere; the stars are those that are
observed as giants and subgiants brighter than Ks = 12. With VACFRAME_CLOSURE=4000 in the environment so many stars of
each prior are drawn on the whole grid as well, and the table is printed (``pytest -s``).
"""

import os

import numpy as np
import pyarrow as pa
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig
from vacframe_bayes_isochrone.method.sightline_priors import line_of_sight, log_densities, log_mean_dust

from vacframe import Batch
from vacframe.astro.galactic import equatorial
from vacframe.testing import run_product

FAINTEST = 12.0
"""Observed Ks, mag."""
ERRORS = {"teff": 100.0, "logg": 0.15, "feh": 0.1, "parallax": 0.03}
BAND_ERROR = 0.025
TOGETHER = 8
"""Stars tried in one direction."""
REDDENING = {
    "healpix": pa.array(range(12), pa.int64()),
    "healpix_order": pa.array([0] * 12, pa.int8()),
    "ebv": pa.array([0.3] * 12, pa.float32()),
    "scale": pa.array(["sfd"] * 12),
}


def draw(grid, config, count, seed):
    """Return rows of `isochrone_observables` and the truth of stars drawn from the prior.

    Model points, distances and extinctions come as the prior has them, cut where a star would be fainter than any that
    is observed; then errors are added, and observed labels and magnitudes choose the stars.
    """
    rng = np.random.default_rng(seed)
    inputs = {"reddening_map": Batch(pa.table(REDDENING), "reddening_map")}
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    evolved = np.flatnonzero(grid["logg"] < config.giant_logg + 5 * ERRORS["logg"])
    weight = grid["weight"][:, evolved].astype(float)
    modulus = 5.0 * np.log10(line_of_sight()) + 10.0
    ks = [b.name for b in config.bands].index("ks")
    reach = np.searchsorted(modulus, FAINTEST + 5 * BAND_ERROR - grid["magnitudes"][ks][evolved])
    rows = []
    while len(rows) < count:
        gl, gb = rng.uniform(0, 360, 1), np.degrees(np.arcsin(rng.uniform(-1, 1, 1)))
        ra, dec = equatorial(gl, gb)
        density = np.exp(log_densities(gl, gb, config)[0])
        mean_av = log_mean_dust(gl, gb, inputs, config)[0][0]
        within = np.concatenate([np.zeros((len(density), 1)), np.cumsum(density, axis=1)], axis=1)
        summed = np.cumsum(weight * within[:, reach])
        for _ in range(TOGETHER):
            component, place = divmod(one(summed, rng), len(evolved))
            node = one(np.cumsum(density[component, : reach[place]]), rng)
            mu = modulus[node] + rng.uniform(-0.5, 0.5) * (modulus[1] - modulus[0])
            star = observe(grid, config, evolved[place], mh[evolved[place]], mu, np.interp(mu, modulus, mean_av), rng)
            if (
                star["true_av"] <= config.chosen_dust.av_max
                and star["ks"] < FAINTEST
                and star["logg"] < config.giant_logg
            ):
                rows.append({**star, "ra": ra[0], "dec": dec[0]})
    table = {name: np.array([row[name] for row in rows[:count]]) for name in rows[0]}
    truth = {name: table.pop(f"true_{name}") for name in ("distance", "av", "mass", "age")}
    errors = {**ERRORS, **dict.fromkeys(config.band_names, BAND_ERROR)}
    table |= {f"{name}_error": np.full(count, error) for name, error in errors.items()}
    return table | {"source_id": np.arange(count)}, truth


def observe(grid, config, point, mh, mu, mean_av, rng):
    """Return what is seen of a model point at a distance modulus, and the truth."""
    dust = config.chosen_dust
    av = rng.uniform(0, dust.av_max) if dust.kind == "uniform" else np.exp(rng.normal(mean_av, dust.dispersion))
    distance = 10.0 ** (0.2 * mu - 2.0)
    true = {"teff": grid["teff"][point], "logg": grid["logg"][point], "feh": mh, "parallax": 1 / distance}
    seen = {name: float(true[name]) + error * rng.normal() for name, error in ERRORS.items()}
    for k, band in enumerate(config.bands):
        seen[band.name] = grid["magnitudes"][k, point] + mu + band.extinction * av + BAND_ERROR * rng.normal()
    age = grid["age_nodes"][grid["age"][point]]
    return seen | {"true_distance": distance, "true_av": av, "true_mass": grid["mass"][point], "true_age": age}


def one(summed, rng):
    """Return an index drawn in proportion to the steps of `summed`."""
    return int(min(np.searchsorted(summed, rng.uniform() * summed[-1], side="right"), len(summed) - 1))


def closure(stars, truth, grid, config):
    """Return for each quantity what a posterior promises of many stars, and whether it is kept.

    ``bias``: mean of (estimate - truth) over the mean error, 0; ``pull``: root mean square of (estimate - truth) /
    error, 1; ``below_16``, ``below_50``, ``below_84``: share of the truths below these percentiles; ``error``: median
    error, of A_V in mag, else relative.
    """
    inputs = {"isochrone_observables": stars, "isochrone_grid": grid, "reddening_map": pa.table(REDDENING)}
    made = run_product(plugin, "bayes_isochrone", inputs, config=config).table.sort_by("source_id")
    found = {name: made[name].to_numpy() for name in made.column_names}
    result = {}
    for name, true in truth.items():
        miss, error = found[name] - true, found[f"{name}_error"]
        relative = error if name == "av" else error / found[name]
        result[name] = {
            "stars": float(np.isfinite(miss).sum()),
            "bias": float(np.nanmean(miss) / np.nanmean(error)),
            "pull": float(np.sqrt(np.nanmean((miss[error > 0] / error[error > 0]) ** 2))),
            **{f"below_{p}": float(np.mean(true < found[f"{name}_{p}"])) for p in (16, 50, 84)},
            "error": float(np.nanmedian(relative)),
        }
    return result


def check(rows, fewest):
    """Assert three standard errors of the statistics of 2,000 stars, and the 0.9 to 1.1 asked of pulls."""
    for name, row in rows.items():
        assert row["stars"] > fewest, name
        assert abs(row["bias"]) < 0.067, name
        assert 0.9 < row["pull"] < 1.1, name
        for percent, width in ((16, 0.025), (50, 0.034), (84, 0.025)):
            assert row[f"below_{percent}"] == pytest.approx(percent / 100, abs=width), name


@pytest.mark.parametrize("prior", ["flat", "binney2014"])
def test_closure(parsec, segments, prior):
    config = BayesIsochroneConfig(prior=prior, mh_step=0.2, mh_max=0.2, age_step=0.5, segments=segments)
    grid = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
    stars, truth = draw(grid, config, count=2000, seed=5)
    check(closure(stars, truth, grid, config), 1990)


@pytest.mark.skipif("VACFRAME_CLOSURE" not in os.environ, reason="takes minutes; asked for by VACFRAME_CLOSURE")
@pytest.mark.parametrize("prior", ["flat", "binney2014"])
def test_closure_on_the_whole_grid(parsec, prior):
    count, config = int(os.environ["VACFRAME_CLOSURE"]), BayesIsochroneConfig(prior=prior)
    grid = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
    rows = closure(*draw(grid, config, count, seed=1), grid, config)
    print(f"\n{prior:10s}" + "".join(f"{name:>10s}" for name in rows["distance"]))
    for name, row in rows.items():
        print(f"{name:10s}" + "".join(f"{value:10.3f}" for value in row.values()))
    check(rows, 0.995 * count)
