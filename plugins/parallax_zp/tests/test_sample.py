"""The selection of giants: each cut, the counts, one spectrum of each star, distances in every unit."""

import numpy as np
import pytest
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.config import CIRCULARITY
from vacframe_parallax_zp.conformance import chain, made_up
from vacframe_parallax_zp.method.lindegren_2021 import zero_points

from vacframe.testing import run_product


@pytest.fixture(scope="module")
def stars():
    return made_up(3000)


@pytest.fixture(scope="module")
def tables(stars):
    return chain(stars.inputs, plugin.config_model(), until="zp_giants")


def by_hand(inputs):
    """Return the obsid of the giants of section 2.1, cut by plain arrays, and their offsets."""
    gaia, labels = inputs["gaia_sources"], inputs["nn_labels"]
    star = np.searchsorted(gaia["source_id"], inputs["crossmatch"]["source_id"])
    six = gaia["astrometric_params_solved"][star] == 95
    nu, pseudo = gaia["nu_eff_used_in_astrometry"][star], gaia["pseudocolour"][star]
    colour = (gaia["phot_bp_mean_mag"] - gaia["phot_rp_mean_mag"])[star]
    logg = np.where(np.isnan(labels["logg_apogee"]), labels["logg_pastel"], labels["logg_apogee"])
    keep = np.where(six, (pseudo >= 1.24) & (pseudo <= 1.72), (nu >= 1.1) & (nu <= 1.9))
    keep &= (labels["snr_g"] >= 50) & (gaia["parallax"][star] < 1.5) & (logg <= 3.8)
    keep &= (inputs["photometry"]["ks_error"][star] < 0.03) & (gaia["ruwe"][star] <= 1.4)
    keep &= (colour > 0.3) & (colour < 1.65)
    offset = 1e3 * (gaia["parallax"][star] - 1 / labels["distance"])
    return inputs["crossmatch"]["obsid"][keep], offset[keep]


def test_giants_are_those_of_section_2_1(stars, tables):
    found = tables["zp_giants"].to_pandas().sort_values("obsid")
    obsid, offset = by_hand(stars.inputs)
    assert len(obsid) > 500
    assert found["obsid"].to_numpy().tolist() == sorted(obsid)
    assert np.allclose(found["offset_noncorr"], offset[np.argsort(obsid)])
    assert np.allclose(found["offset_corr"], found["offset_noncorr"] - 1e3 * found["zero_point"])


EDGES = [
    # table, column, value, whether the star stays (section 2.1), bit of the cut
    ("nn_labels", "snr_g", 50.0, True, 0), ("nn_labels", "snr_g", 49.9, False, 0),
    ("nn_labels", "snr_g", np.nan, False, 0),
    ("gaia_sources", "parallax", 1.5, False, 1), ("gaia_sources", "parallax", 1.4999, True, 1),
    ("gaia_sources", "parallax", -0.3, True, 1),
    ("nn_labels", "logg_apogee", 3.8, True, 2), ("nn_labels", "logg_apogee", 3.81, False, 2),
    ("nn_labels", "logg_apogee", np.nan, True, 2), ("nn_labels", "logg_pastel", 4.9, True, 2),
    ("photometry", "ks_error", 0.03, False, 3), ("photometry", "ks_error", 0.0299, True, 3),
    ("photometry", "ks_error", np.nan, False, 3),
    ("gaia_sources", "ruwe", 1.4, True, 4), ("gaia_sources", "ruwe", 1.4001, False, 4),
    ("gaia_sources", "nu_eff_used_in_astrometry", 1.1, True, 5),
    ("gaia_sources", "nu_eff_used_in_astrometry", 1.9, True, 5),
    ("gaia_sources", "nu_eff_used_in_astrometry", 1.0999, False, 5),
    ("gaia_sources", "nu_eff_used_in_astrometry", 1.9001, False, 5),
    ("gaia_sources", "pseudocolour", 1.24, True, 5), ("gaia_sources", "pseudocolour", 1.72, True, 5),
    ("gaia_sources", "pseudocolour", 1.2399, False, 5), ("gaia_sources", "pseudocolour", 1.7201, False, 5),
    ("gaia_sources", "phot_bp_mean_mag", 14.0 + 0.3001, True, 6),
    ("gaia_sources", "phot_bp_mean_mag", 14.0 + 0.2999, False, 6),
    ("gaia_sources", "phot_bp_mean_mag", 14.0 + 1.6499, True, 6),
    ("gaia_sources", "phot_bp_mean_mag", 14.0 + 1.6501, False, 6),
    ("gaia_sources", "phot_bp_mean_mag", np.nan, False, 6),
]  # fmt: skip


def test_a_star_on_the_edge_of_a_cut():
    """One star for each edge, within all other cuts."""
    count = len(EDGES)
    inputs = made_up(count).inputs
    inputs["crossmatch"] = {n: v[:count] for n, v in inputs["crossmatch"].items()}
    inputs["nn_labels"] = {n: v[:count].copy() for n, v in inputs["nn_labels"].items()}
    within = {
        "gaia_sources": {
            "parallax": 0.5, "ruwe": 1.0, "astrometric_params_solved": 31, "phot_bp_mean_mag": 15.0,
            "phot_rp_mean_mag": 14.0, "nu_eff_used_in_astrometry": 1.5, "pseudocolour": np.nan,
        },
        "photometry": {"ks_error": 0.02},
        "nn_labels": {"snr_g": 100.0, "logg_apogee": 2.5, "logg_pastel": 2.5, "distance": 2.0},
    }  # fmt: skip
    for table, values in within.items():
        for name, value in values.items():
            inputs[table][name][:] = value
    for row, (table, name, value, _, _) in enumerate(EDGES):
        inputs[table][name][row] = value
        if name == "pseudocolour":
            inputs[table]["astrometric_params_solved"][row] = 95
            inputs[table]["nu_eff_used_in_astrometry"][row] = np.nan
    tables = chain(inputs, plugin.config_model(), until="zp_giants")
    found = tables["zp_candidates"].to_pandas().set_index("source_id")["cuts_failed"] & 127
    failed = found.loc[inputs["gaia_sources"]["source_id"]].tolist()
    assert failed == [0 if stays else 1 << bit for _, _, _, stays, bit in EDGES]
    assert len(tables["zp_giants"]) == sum(stays for _, _, _, stays, _ in EDGES)


def test_counts_follow_the_cuts(stars, tables):
    made = run_product(plugin, "zp_giants_counts", tables).table.to_pydict()
    assert made["cut"] == ["candidates", "snr", "parallax", "logg", "ks_error", "ruwe", "colour", "bp_rp", "stars"]
    giants = tables["zp_giants"].to_pandas()
    for column, code in (("n_five", 31), ("n_six", 95)):
        assert all(b <= a for a, b in zip(made[column], made[column][1:], strict=False))
        members = giants[giants["astrometric_params_solved"] == code]
        assert made[column][-2:] == [len(members), members["source_id"].nunique()]
    solved = stars.inputs["gaia_sources"]["astrometric_params_solved"]
    visits = np.searchsorted(stars.inputs["gaia_sources"]["source_id"], stars.inputs["crossmatch"]["source_id"])
    assert made["n_six"][0] == (solved[visits] == 95).sum()


def test_the_best_spectrum_of_a_star_counts(tables):
    maps = {"order": 0, "more_than": 1}
    found = run_product(plugin, "parallax_zp_map_equatorial", tables, config=plugin.config_model(maps=maps)).table
    giants = tables["zp_giants"].to_pandas()
    five = giants[giants["astrometric_params_solved"] == 31]
    best = five.sort_values("snr", ascending=False).drop_duplicates("source_id")
    assert len(best) < len(five)
    assert sum(found["n"].to_pylist()) == len(best)


@pytest.mark.parametrize(
    ("unit", "convert"), [("kpc", lambda d: d), ("pc", lambda d: 1000 * d), ("mas", lambda d: 1 / d)]
)
def test_distances_of_any_product(stars, unit, convert):
    gaia = stars.inputs["gaia_sources"]
    distance = np.linspace(0.5, 5, len(gaia["source_id"]))
    distance[:3] = (np.nan, 0.0, -1.0)
    column = convert(np.where(distance > 0, distance, np.nan)) if unit == "mas" else convert(distance)
    inputs = {"gaia_sources": gaia, "mine": {"source_id": gaia["source_id"], "d": column, "e": 0.1 * column}}
    distances = {"product": "mine", "key": "source_id", "column": "d", "error": "e", "unit": unit}
    config = plugin.config_model(
        distances=distances | {"snr": None, "logg": []}, cuts={"maximum_ks_error": None, "maximum_parallax": None}
    )
    found = chain(inputs, config, until="zp_candidates")["zp_candidates"].to_pandas().sort_values("source_id")
    rows = np.searchsorted(gaia["source_id"], found["source_id"])
    assert set(rows) == set(np.flatnonzero((gaia["astrometric_params_solved"] != 3) & (distance > 0)))
    assert np.allclose(found["parallax_giant"], 1 / distance[rows])
    assert np.allclose(found["parallax_giant_error"], 0.1 / distance[rows])


@pytest.mark.parametrize(
    ("name", "column", "scale"), [("geometric_distances", "r_med_geo", 1000.0), ("bayes_isochrone", "distance", 1.0)]
)
def test_distances_of_stars_take_the_labels_of_their_spectra(stars, tables, name, column, scale):
    """By name alone: the giants are those that the same distances, given with the spectra, select."""
    gaia, labels = stars.inputs["gaia_sources"], stars.inputs["nn_labels"]
    distance = scale * labels["distance"][: len(gaia["source_id"])]
    own = {"source_id": gaia["source_id"], column: distance, "distance_error": 0.1 * distance}
    config = plugin.config_model(distances={"product": name})
    found = chain(stars.inputs | {name: own}, config, until="zp_giants")["zp_giants"]
    expected = tables["zp_giants"]
    assert found["obsid"].equals(expected["obsid"])
    assert np.allclose(found["offset_corr"], expected["offset_corr"])
    counts = [
        run_product(plugin, "zp_giants_counts", {"zp_candidates": t}, config=config).table.to_pydict()["n_five"]
        for t in (
            chain(stars.inputs | {name: own}, config, until="zp_candidates")["zp_candidates"],
            tables["zp_candidates"],
        )
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("product", "stated", "expected"),
    [("nn_labels", None, "training"), ("geometric_distances", None, "direct"), ("mine", None, "unknown"),
     ("nn_labels", "independent", "independent")],
)  # fmt: skip
def test_circularity_is_stated(tables, product, stated, expected):
    distances = {"product": product} | ({"circularity": stated} if stated else {})
    config = plugin.config_model(distances=distances, bootstraps=20)
    inputs = {"zp_candidates": tables["zp_candidates"]}
    made = run_product(plugin, "parallax_zp_global", inputs, config=config).table.to_pylist()[0]
    share = {"independent": 0.0, "direct": 1.0, "training": made["parallax_giant"] / 2.0, "unknown": None}[expected]
    assert (made["distances"], made["circularity"]) == (product, expected)
    assert made["hidden_fraction"] == (share if share is None else pytest.approx(share))
    for name, column in (
        ("zp_giants", "parallax_giant"), ("parallax_zp_map_galactic", "offset_corr"),
        ("parallax_zp_map_equatorial", "offset_noncorr"), ("parallax_zp_trends", "offset_corr"),
        ("gaia_parallax_spatial", "spatial_offset"),
    ):  # fmt: skip
        described = next(p for p in plugin.provides(config) if p.name == name).table[column].description
        assert f"distances of {product}: {CIRCULARITY[expected].format(2.0)}" in described


def test_zero_points_are_those_of_l21(tables):
    giants = tables["zp_giants"].to_pandas()
    columns = (giants["phot_g_mean_mag"], giants["colour"], giants["colour"], giants["ecl_lat"])
    expected = zero_points(*(c.to_numpy() for c in columns), giants["astrometric_params_solved"].to_numpy())
    assert np.abs(giants["zero_point"] - expected.value).max() < 1e-12
