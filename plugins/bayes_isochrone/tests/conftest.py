"""Grids and stars that several tests share."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig, Segment

from vacframe.testing import run_product

COARSE = (
    Segment(phases=(1,), points=30), Segment(phases=(2,), points=20), Segment(phases=(3,), points=40),
    Segment(phases=(4, 5, 6), points=20), Segment(phases=(7,), points=10),
)  # fmt: skip


@pytest.fixture(scope="session")
def shared():
    """The folder of real data; the test is skipped where there is none."""
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("VACFRAME_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist (VACFRAME_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def example():
    """A function that imports a script of the repository's folder of examples."""

    def load(name):
        path = Path(__file__).parents[3] / "examples" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def segments():
    """Few model points on each stretch of evolution."""
    return COARSE


@pytest.fixture(scope="session")
def parsec():
    """PARSEC isochrones as a table of arrays."""
    pytest.importorskip("vacframe_surveys")
    from vacframe_surveys import plugin as surveys

    from vacframe import SourceFile

    table = run_product(surveys, "isochrones", files=[SourceFile("0", shard=0)]).table
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture(scope="session")
def coarse(parsec):
    """A function that makes a coarse PARSEC grid: prior → (configuration, grid)."""
    made = {}

    def grid(prior):
        if prior not in made:
            config = BayesIsochroneConfig(prior=prior, mh_step=0.2, age_step=1.6, age_turn=3.0, segments=COARSE)
            made[prior] = config, run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
        return made[prior]

    return grid


@pytest.fixture(scope="session")
def estimate():
    """A function that runs `bayes_isochrone` and returns its columns in the order of the stars given."""

    def run(stars, grid, config, **inputs):
        made = run_product(
            plugin, "bayes_isochrone", {"isochrone_observables": stars, "isochrone_grid": grid, **inputs}, config=config
        )
        columns = {name: made.table[name].to_numpy() for name in made.table.column_names}
        place = np.argsort(columns["source_id"])[np.argsort(np.argsort(stars["source_id"]))]
        return {name: values[place] for name, values in columns.items()}

    return run


@pytest.fixture(scope="session")
def observed():
    """A function that observes model points: grid, configuration, number → (rows of `isochrone_observables`, truth)."""

    def draw(grid, config, count, seed, scale=(0.5, 1.0, 1.5)):
        rng = np.random.default_rng(seed)
        weight = grid["weight"].sum(axis=0).astype(float) * np.where(grid["logg"] < 3.8, 20, 1)
        weight *= (grid["teff"] < 8000) & (grid["teff"] > 3800)
        weight *= 10 ** (0.6 * np.clip(12 - grid["magnitudes"][2], 2, 16))
        point = rng.choice(len(weight), count, p=weight / weight.sum())
        mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(weight))))
        distance = 10 ** (0.2 * np.clip(rng.uniform(9.5, 13.5, count) - grid["magnitudes"][2][point], 0.5, 16)) / 100
        av = rng.lognormal(np.log(0.3), 0.8, count).clip(0, 4)
        stars = {"source_id": np.arange(count), "ra": rng.uniform(0, 360, count), "dec": rng.uniform(-80, 80, count)}

        def measure(name, value, error):
            stars[name], stars[f"{name}_error"] = value + error * rng.normal(size=count), error + np.zeros(count)

        factor = rng.choice(scale, count)
        measure("teff", grid["teff"][point].astype(float), 100 * factor)
        measure("logg", grid["logg"][point].astype(float), 0.12 * factor)
        measure("feh", mh[point], 0.1 * factor)
        for k, band in enumerate(config.bands):
            seen = grid["magnitudes"][k, point] + 5 * np.log10(100 * distance) + band.extinction * av
            measure(band.name, seen, rng.choice([0.02, 0.03, 0.06], count))
        measure("parallax", 1 / distance, rng.choice([0.015, 0.03, 0.1], count))
        stars["parallax"][rng.random(count) < 0.15] = np.nan
        truth = {
            "distance": distance, "av": av, "mass": grid["mass"][point].astype(float),
            "age": grid["age_nodes"][grid["age"][point]],
        }  # fmt: skip
        return stars, truth

    return draw
