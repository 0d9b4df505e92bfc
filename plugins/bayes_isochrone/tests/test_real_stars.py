"""Real stars with masses, ages and distances that others measured."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig

from vacframe.testing import run_product


@pytest.fixture(scope="module")
def giants(shared):
    """Kepler giants as in examples/bayes_isochrone_kepler.toml: observables, asteroseismic mass, age, distance."""
    from astropy.table import Table

    path = shared / "kepler_giants" / "kepler_giants.ecsv"
    if not path.is_file():
        pytest.skip(f"no real data: {path} does not exist")
    table = Table.read(path)
    names = {"source_id": "kic", "logg": "logg_seismic", "logg_error": "logg_seismic_error"}
    names |= {"parallax": "parallax_dr2", "parallax_error": "parallax_dr2_error"}
    names |= {n: n for n in ("ra", "dec", "teff", "teff_error", "feh", "feh_error", "j", "h", "ks")}
    stars = {ours: np.asarray(table[theirs]) for ours, theirs in names.items()}
    stars["parallax"] = stars["parallax"] + 0.0528  # Zinn et al. 2019, ApJ 878, 136
    stars |= {f"{band}_error": np.full(len(table), 0.025) for band in ("j", "h", "ks")}
    return stars, {n: np.asarray(table[f"{n}_ref"], float) for n in ("mass", "age")} | {"distance": table["dist_ref"]}


def difference(found, truth):
    """Median and half width of (found - truth) / truth."""
    low, middle, high = np.nanpercentile(np.asarray(found / truth - 1, float), [16, 50, 84])
    return middle, (high - low) / 2


def fit(stars, parsec, prior, estimate):
    config = BayesIsochroneConfig(prior=prior)
    grid = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
    assert grid.metadata["points"] > 1_000_000
    assert "0.35, 0.4, 0.45, 0.5" in grid.metadata["short"]
    return estimate(stars, grid, config)


def test_kepler_giants_with_the_flat_prior(giants, parsec, estimate):
    stars, truth = giants
    found = fit(stars, parsec, "flat", estimate)
    for name, bias, width in (("mass", 0.04, 0.09), ("age", 0.12, 0.30), ("distance", 0.02, 0.05)):
        median, half = difference(found[f"{name}_50"], truth[name])
        assert abs(median) < bias, name
        assert half < width, name


def test_kepler_giants_with_the_papers_prior(giants, parsec, estimate):
    """No worse than Wang J. et al. 2023: mass +6 %, -12 to +22 %; age 13 %."""
    stars, truth = giants
    found = fit(stars, parsec, "binney2014", estimate)
    median, half = difference(found["mass"], truth["mass"])
    assert abs(median) < 0.06
    assert half < 0.17
    assert abs(difference(found["age"], truth["age"])[0]) < 0.13
