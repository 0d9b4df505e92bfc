"""Estimates, candidates, report and validation on made-up spectra whose dip follows [Fe/H]."""

import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.conformance import sampled_spectra, small_config
from vacframe_xp_uacsnet.flags import Flag
from vacframe_xp_uacsnet.method.estimator import Estimator, restore, usable
from vacframe_xp_uacsnet.products.xp_metallicities import METALLICITIES

from vacframe import Batch, Model, VacframeError
from vacframe.ml.scale import Scale
from vacframe.testing import run_product


def test_estimates_follow_the_labels(chain):
    rows = chain.made["xp_calibration"].to_pandas().set_index(["model", "part", "group"])
    test = rows.loc["uacsnet", "test", "all"]
    assert test["stars"] > 100
    assert abs(test["bias"]) < 0.05
    assert test["scatter"] < 0.15
    assert test["within_1"] > 0.5
    assert test["within_2"] > 0.9


def test_columns_are_those_of_table_2(chain):
    table = chain.made["xp_metallicities"]
    wanted = {"source_id", "gl", "gb", "ra", "dec", "phot_bp_rp_excess_factor", "bp_rp0", "phot_g_mean_mag", "m_g"}
    assert wanted | {"ebv", "r_geo", "feh", "feh_error"} <= set(table.column_names)
    assert pc.min(table["feh_error"]).as_py() >= 0.02
    assert table.num_rows == pc.sum(chain.made["xp_features"]["giant"]).as_py()


def test_strange_spectra_lie_outside_the_hull(chain):
    spectra, _ = sampled_spectra(40, seed=9)
    strange = dict(spectra)
    strange["flux"] = spectra["flux"] * np.where(np.arange(343) % 80 < 40, 1.6, 0.6).astype(np.float32)
    found = {}
    for name, sample in (("usual", spectra), ("strange", strange)):
        features = run_product(plugin, "xp_features", {"xp_sampled": sample}, config=chain.config).table
        tables = {"xp_features": features, "uacsnet_model": chain.made["uacsnet_model"]}
        made = run_product(plugin, "xp_metallicities", tables, config=chain.config).table
        found[name] = (made["flags"].to_numpy() & Flag.OUTSIDE_HULL) > 0
        assert not (found[name] & made["reliable"].to_numpy(zero_copy_only=False)).any()
    assert found["usual"].mean() < 0.2
    assert found["strange"].mean() > 0.9


def test_reddened_faint_and_incomplete_stars_are_flagged(chain):
    spectra, _ = sampled_spectra(20, seed=3)
    spectra["ebv"][0] = 0.6
    spectra["phot_g_mean_mag"][:] = 12.0
    spectra["phot_g_mean_mag"][1] = 16.0
    spectra["flux"][2, :150] = np.nan
    features = run_product(plugin, "xp_features", {"xp_sampled": spectra}, config=small_config(giant_cut="none")).table
    tables = {"xp_features": features, "uacsnet_model": chain.made["uacsnet_model"]}
    made = run_product(plugin, "xp_metallicities", tables, config=chain.config).table.to_pandas()
    made = made.set_index("source_id").reindex(spectra["source_id"])
    if not np.isnan(made["flags"].iloc[0]):
        assert int(made["flags"].iloc[0]) & Flag.HIGH_REDDENING
        assert not made["reliable"].iloc[0]
    assert int(made["flags"].iloc[1]) & Flag.FAINT
    assert not made["reliable_error"].iloc[1]
    assert int(made["flags"].iloc[2]) & Flag.MISSING_FLUX
    assert np.isnan(made["feh"].iloc[2])


def test_candidates_are_the_reliable_metal_poor_ones():
    feh = np.array([-1.9, -2.0, -2.5, -3.1, np.nan, -2.7])
    table = {c.name: np.zeros(6) for c in METALLICITIES.columns}
    table |= {"source_id": np.arange(6), "feh": feh, "feh_error": np.full(6, 0.2), "flags": np.zeros(6, np.int16)}
    table |= {"reliable": np.array([True] * 5 + [False]), "reliable_error": np.ones(6, bool)}
    made = run_product(plugin, "xp_vmp_candidates", {"xp_metallicities": table}).table
    assert made["source_id"].to_pylist() == [1, 2, 3]
    assert made["vmp_class"].to_pylist() == ["VMP", "VMP", "EMP"]
    # Gaussian probabilities of lying below -2 at 0, 2.5 and 5.5 sigma.
    np.testing.assert_allclose(made["vmp_probability"].to_numpy(), [0.5, 0.99379, 1.0], atol=1e-5)


def test_too_few_stars_say_what_to_do(chain):
    stars = chain.made["xp_training_set"].slice(0, 20)
    with pytest.raises(VacframeError, match="at least 50 are needed"):
        run_product(plugin, "uacsnet_model", {"xp_training_set": stars}, config=chain.config)


def test_clusters_and_carbon():
    rng = np.random.default_rng(0)
    keys = np.arange(300)
    label = np.where(keys < 100, -1.5, -2.5)
    c_fe = rng.uniform(-0.5, 2.0, 300)
    feh = label + 0.05 + 0.1 * rng.normal(size=300) + np.where(keys >= 100, 0.2 * c_fe, 0)
    feh[5] = 0.3
    stars = {"source_id": keys, "feh": feh, "feh_error": np.full(300, 0.1), "bp_rp0": np.full(300, 1.2), "ebv": 0 * feh}
    members = {"source_id": keys[:100], "cluster": np.array(["NGC 1"] * 60 + ["NGC 6791"] * 40, object)}
    members["feh"] = label[:100]
    carbon = {"source_id": keys[100:], "feh": label[100:], "c_fe": c_fe[100:]}
    tables = {"xp_metallicities": stars, "cluster_members": members, "saga_labels": carbon}
    rows = run_product(plugin, "xp_validation", tables).table.to_pandas().set_index("group")
    assert 55 <= rows.loc["NGC 1", "stars"] <= 59
    np.testing.assert_allclose(rows.loc["NGC 1", "difference"], 0.05, atol=0.04)
    np.testing.assert_allclose(rows.loc["NGC 1", "scatter"], 0.1, atol=0.03)
    np.testing.assert_allclose(rows.loc["all", "slope"], 0.2, atol=3 * rows.loc["all", "slope_error"])
    np.testing.assert_allclose(
        rows.loc["all", ["slope", "slope_error"]].astype(float),
        np.polyfit(c_fe[100:], (feh - label)[100:], 1, cov=False)[0] * np.array([1, 0])
        + np.array([0, np.sqrt(np.polyfit(c_fe[100:], (feh - label)[100:], 1, cov=True)[1][0, 0])]),
        rtol=1e-4,
    )
    assert rows.loc["enhanced", "stars"] + rows.loc["normal", "stars"] == 200
    blue = stars | {"bp_rp0": np.full(300, 1.0)}
    rows = run_product(plugin, "xp_validation", tables | {"xp_metallicities": blue}).table
    assert "NGC 6791" not in rows["group"].to_pylist()


def test_members_are_weighed_by_their_precision():
    class Members:
        def predict(self, flux, errors):
            return np.array([[-1.0], [-1.2], [2.0]], np.float32), np.array([[0.1], [0.1], [5.0]], np.float32)

    plain = Scale(np.zeros(2), np.ones(2))
    estimator = Estimator(Members(), plain, plain, 8.0, 1.5, None)
    mean, error, spread = (v[0] for v in estimator.estimate(np.zeros((1, 2)), np.zeros((1, 2))))
    weight = np.array([100.0, 100.0, 0.04])
    expected = np.average([-1.0, -1.2, 2.0], weights=weight)
    np.testing.assert_allclose(mean, expected, rtol=1e-5)
    variance = np.average((np.array([-1.0, -1.2, 2.0]) - expected) ** 2, weights=weight)
    expected = [variance**0.5, 1.5 * (3 / weight.sum() + variance) ** 0.5]
    np.testing.assert_allclose([spread, error], expected, rtol=1e-5)


def test_errors_are_calibrated_on_held_stars(chain):
    table = chain.made["xp_training_set"]
    config = chain.config.model_copy(
        update={"network": chain.config.network.model_copy(update={"calibrate": True, "members": 2, "gamma": 0.0})}
    )
    model = run_product(plugin, "uacsnet_model", {"xp_training_set": table}, config=config).model
    plain = {**model.metadata, "network": {**model.metadata["network"], "calibrate": False}}
    stars = Batch(table.filter(table["in_training"]))
    stars = stars.take(usable(stars))
    feh, error, _ = restore(model).estimate(stars["flux"], stars["flux_error"])
    _, raw, _ = restore(Model(model.arrays, plain)).estimate(stars["flux"], stars["flux_error"])
    np.testing.assert_allclose(error, model.metadata["factor"] * raw, rtol=1e-6)
    within = np.abs(feh - stars["feh"]) <= error * (1 + 1e-6)
    # All training stars, a seventh of them held, lie within 1 sigma about as often as the held ones.
    assert 0.5 < within.mean() < 0.95
