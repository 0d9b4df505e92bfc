"""Stars with something missing or impossible come out as honest rows."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.columns import Flag
from vacframe_bayes_isochrone.conformance import toy_config, toy_isochrones, toy_stars

from vacframe.core.errors import VacframeError
from vacframe.testing import run_product


@pytest.fixture(scope="module")
def fitted(estimate):
    config = toy_config(prior="flat")
    grid = run_product(plugin, "isochrone_grid", {"isochrones": toy_isochrones()}, config=config).model
    stars = toy_stars(12, complete=True)
    return stars, grid, config, estimate


def change(fitted, **values):
    stars, grid, config, estimate = fitted
    changed = {name: np.array(column) for name, column in stars.items()}
    for name, value in values.items():
        changed[name][0] = value
    found = estimate(changed, grid, config)
    return {name: column[0] for name, column in found.items()}


def test_a_good_star_has_no_flag_of_missing_things(fitted):
    star = change(fitted)
    bad = Flag.NO_PARALLAX | Flag.FEWER_BANDS | Flag.NO_PHOTOMETRY | Flag.NO_LABEL | Flag.OUTSIDE_GRID
    assert not star["flag"] & (bad | Flag.NO_SOLUTION | Flag.NOT_GIANT)
    assert star["n_observables"] == 7
    for name in ("distance", "av", "mass", "age"):
        assert star[f"{name}_16"] <= star[f"{name}_50"] <= star[f"{name}_84"]
        assert star[f"{name}_error"] > 0


def test_without_a_parallax_the_distance_is_less_certain(fitted):
    with_it, without = change(fitted), change(fitted, parallax=np.nan)
    assert without["flag"] & Flag.NO_PARALLAX
    assert without["distance_error"] / without["distance"] > with_it["distance_error"] / with_it["distance"]


def test_an_infinite_error_is_no_parallax(fitted):
    assert change(fitted, parallax_error=np.inf)["distance"] == change(fitted, parallax=np.nan)["distance"]


def test_without_any_magnitude_there_is_a_row_without_estimate(fitted):
    star = change(fitted, j=np.nan, h=np.nan, ks=np.nan)
    assert star["flag"] & Flag.NO_PHOTOMETRY
    assert np.isnan(star["distance"])
    assert np.isnan(star["mass"])


def test_one_magnitude_suffices(fitted):
    star = change(fitted, j=np.nan, h=np.nan)
    assert star["flag"] & Flag.FEWER_BANDS
    assert star["n_observables"] == 5
    assert np.isfinite(star["distance"])


def test_labels_far_outside_the_models(fitted):
    star = change(fitted, feh=4.0)
    assert star["flag"] & Flag.OUTSIDE_GRID
    assert np.isnan(star["mass"])
    assert star["n_points"] == 0


def test_a_parallax_that_contradicts_the_labels(fitted):
    star = change(fitted, parallax=300.0, parallax_error=0.05)
    assert star["flag"] & (Flag.NO_SOLUTION | Flag.OUTSIDE_GRID)
    assert np.isnan(star["distance"])


def test_dwarfs_have_their_mass_and_age_flagged(fitted):
    stars, grid, config, estimate = fitted
    assert estimate(stars, grid, config)["flag"][-1] & Flag.NOT_GIANT


def test_isochrones_without_the_bands():
    isochrones = toy_isochrones()
    isochrones["mag_j"][:] = np.nan
    with pytest.raises(VacframeError, match="0 of them with magnitudes in j, h, ks"):
        run_product(plugin, "isochrone_grid", {"isochrones": isochrones}, config=toy_config())


def test_samples_follow_the_estimates(fitted):
    """Means of 4,000 draws within five standard errors, and medians within the spread of the posterior."""
    stars, grid, config, estimate = fitted
    config = toy_config(prior="flat", samples=4000, samples_where="source_id < 60")
    inputs = {"isochrone_observables": stars, "isochrone_grid": grid}
    made = run_product(plugin, "posterior_samples", inputs, config=config).table
    assert made.num_rows == 5
    found = estimate(stars, grid, config)
    for row in made.to_pylist():
        place = int(np.flatnonzero(found["source_id"] == row["source_id"])[0])
        for name in ("distance", "av", "mass", "age"):
            draws = np.array(row[f"{name}_samples"])
            error = float(found[f"{name}_error"][place])
            assert draws.mean() == pytest.approx(float(found[name][place]), abs=0.08 * error), name
            assert draws.std() == pytest.approx(error, rel=0.08), name
