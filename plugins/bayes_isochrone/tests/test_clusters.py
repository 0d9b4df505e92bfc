"""Clusters and benchmark stars: ages, masses and distances that others measured by other means."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig
from vacframe_bayes_isochrone.method.cluster_ages import cluster_age

from vacframe.testing import run_product

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def grid(parsec):
    """A function that makes the default grid of a prior: prior → (configuration, grid)."""
    grids = {}

    def make(prior):
        if prior not in grids:
            config = BayesIsochroneConfig(prior=prior)
            grids[prior] = config, run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
        return grids[prior]

    return make


@pytest.fixture(scope="module")
def stars(example, shared):
    """A function that reads stars as examples/bayes_isochrone_clusters.py does: name of the reader, folder."""

    def read(reader, folder):
        if not (shared / folder).is_dir():
            pytest.skip(f"no real data: {shared / folder} does not exist")
        table = getattr(example("bayes_isochrone_clusters"), reader)(shared / folder)
        return {"source_id": np.arange(len(table)), **{name: np.asarray(table[name]) for name in table.colnames}}

    return read


@pytest.mark.parametrize("prior", ["flat", "binney2014"])
def test_m67(stars, grid, prior):
    """3.4 to 4.3 Gyr (table 1 and section 3.4 of the paper), from all evolved members together."""
    config, model = grid(prior)
    rows = stars("m67", "clusters")
    members = {n: rows[n] for n in ("source_id", "ra", "dec", "cluster", "age")}
    inputs = {"isochrone_observables": rows, "isochrone_grid": model, "cluster_members": members}
    likelihoods = run_product(plugin, "cluster_age_likelihoods", inputs, config=config).table
    made = run_product(plugin, "isochrone_clusters", {"cluster_age_likelihoods": likelihoods}, config=config)
    [row] = made.table.to_pylist()
    assert row["n"] == 50
    assert row["n_agree"] > 40
    assert 3.4 < row["age_16"] < row["age_50"] < row["age_84"] < 4.5
    assert row["age_50"] < 4.3


def test_globular_clusters(stars, grid, estimate):
    """With the paper's prior giants are as old as their clusters, within 10 %, and 0.7 to 0.95 solar masses."""
    rows = stars("globulars", "clusters")
    found = estimate(rows, *reversed(grid("binney2014")))
    assert np.isfinite(found["age"]).mean() > 0.98
    assert abs(np.nanmedian(found["age"] / rows["age"] - 1)) < 0.1
    assert 0.7 < np.nanmedian(found["mass"]) < 0.95
    assert abs(np.nanmedian(found["distance"] / rows["distance"] - 1)) < 0.03


def test_gaia_benchmark_stars(stars, grid, estimate):
    """Mass is 10^logg R^2 / G with R from interferometry and the parallax (Soubiran et al. 2024)."""
    rows = stars("benchmarks", "gaia_benchmark")
    found = estimate(rows, *reversed(grid("flat")))
    use = np.isfinite(found["mass"]) & np.isfinite(rows["mass"])
    assert use.sum() > 100
    assert abs(np.median(found["mass"][use] / rows["mass"][use] - 1)) < 0.08
    assert abs(np.median(found["distance"][use] / rows["distance"][use] - 1)) < 0.01


def test_an_outlier_does_not_move_the_age_of_a_cluster():
    """Twenty Gaussians of 20 % about 4 Gyr give 4 Gyr to 20 % / sqrt(20); a star of 1 Gyr changes little."""
    config = BayesIsochroneConfig(prior="flat", cluster_outliers=0.05)
    ages = np.array(config.age_nodes)
    rng = np.random.default_rng(4)
    at = 4.0 + 0.8 * rng.normal(size=20)
    at -= at.mean() - 4.0

    def likelihood(centre, width):
        value = np.exp(-0.5 * ((ages - centre) / width) ** 2)
        return value / np.trapezoid(value, ages) * (config.age_max - config.age_min)

    members = np.array([likelihood(centre, 0.8) for centre in at])[:, None]
    alone = cluster_age(members, config)
    assert alone["age_50"] == pytest.approx(4.0, abs=0.1)
    assert alone["age_error"] == pytest.approx(0.8 / np.sqrt(20), rel=0.25)
    with_one = cluster_age(np.concatenate([members, likelihood(1.0, 0.1)[None, None]]), config)
    assert with_one["age_50"] == pytest.approx(alone["age_50"], abs=0.05)
    assert alone["n_agree"] == pytest.approx(with_one["n_agree"], abs=0.2)
