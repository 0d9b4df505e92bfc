"""Offsets that were put in come back: globally, over the sky, and from single sources."""

import healpy
import numpy as np
import pytest
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.conformance import sky_pattern
from vacframe_parallax_zp.method.offsets import adaptive_bins
from vacframe_parallax_zp.method.sky_offsets import map_values
from vacframe_parallax_zp.method.statistics import bootstrap_medians, describe

from vacframe.testing import run_product


def expected_offset(survey, source_id):
    return survey.stars.pattern[np.searchsorted(survey.stars.inputs["gaia_sources"]["source_id"], source_id)]


def test_global_offset(survey):
    made = run_product(plugin, "parallax_zp_global", survey.tables, config=survey.config).table.to_pylist()
    giants = survey.tables["zp_giants"].to_pandas().drop_duplicates("source_id")
    for code, solution in ((31, 5), (95, 6)):
        members = giants[giants["astrometric_params_solved"] == code]
        truth = np.mean(expected_offset(survey, members["source_id"]))
        row = next(
            r for r in made if (r["solution"], r["correction"], r["sample"]) == (solution, "corrected", "giants")
        )
        assert row["n"] == len(members)
        assert abs(row["mean"] - truth) < 1.0
        assert abs(row["mean"] - truth) < 4 * row["mean_error"]


@pytest.mark.parametrize(("frame", "first", "second"), [("galactic", "gl", "gb"), ("equatorial", "ra", "dec")])
def test_map_recovers_the_pattern_with_errors_that_cover(survey, frame, first, second):
    found = survey.tables[f"parallax_zp_map_{frame}"].to_pandas()
    giants = survey.tables["zp_giants"].to_pandas().drop_duplicates("source_id")
    giants = giants[giants["astrometric_params_solved"] == 31]
    pixel = healpy.ang2pix(8, giants[first].to_numpy(), giants[second].to_numpy(), nest=True, lonlat=True)
    number = np.bincount(pixel, minlength=768)
    truth = np.bincount(pixel, weights=expected_offset(survey, giants["source_id"]), minlength=768)
    assert sorted(found["hindex"]) == np.flatnonzero(number > 50).tolist()
    assert (found["n"] == number[found["hindex"]]).all()
    rich = found[found["n"] > 100]
    mean = truth[rich["hindex"]] / number[rich["hindex"]]
    pull = (rich["offset_corr"] - mean) / rich["offset_corr_error"]
    assert len(rich) > 100
    assert np.corrcoef(rich["offset_corr"], mean)[0, 1] > 0.97
    assert 0.6 < np.mean(np.abs(pull) < 1) < 0.76
    centre = healpy.pix2ang(8, found["hindex"].to_numpy(), nest=True, lonlat=True)
    assert np.allclose([found[first], found[second]], centre)


def test_spatial_correction_leaves_no_pattern(survey):
    sources, found = survey.tables["gaia_sources"], survey.tables["gaia_parallax_spatial"].to_pandas()
    found = found.sort_values("source_id")
    truth = np.full(len(found), np.nan)
    truth[:] = 1 / survey.tables["nn_labels"]["distance"][: len(found)]
    own = (found["spatial_flag"] == 0).to_numpy()
    left = 1e3 * (found["parallax_spatial"].to_numpy() - truth)[own]
    before = 1e3 * (
        survey.tables["gaia_parallax_l21"].to_pandas().sort_values("source_id")["parallax_corrected"] - truth
    )
    pattern = sky_pattern(sources["ra"], sources["dec"])[own]
    assert own.sum() > 50_000
    assert np.polyfit(pattern, before.to_numpy()[own], 1)[0] == pytest.approx(1.0, abs=0.05)
    assert abs(np.polyfit(pattern, left, 1)[0]) < 0.05
    assert abs(np.mean(left)) < 0.5


def test_spatial_flags_and_signs(survey):
    found = survey.tables["gaia_parallax_spatial"].to_pandas()
    l21 = survey.tables["gaia_parallax_l21"].to_pandas()
    rows = found.merge(l21, on="source_id")
    flag = rows["spatial_flag"]
    assert set(flag) >= {0, 1, 3, 4}
    by_map = flag < 2
    assert np.allclose(
        rows["parallax_spatial"][by_map], (rows["parallax_corrected"] - 1e-3 * rows["spatial_offset"])[by_map]
    )
    as_l21 = (flag == 2) | (flag == 3)
    assert (rows["parallax_spatial"][as_l21] == rows["parallax_corrected"][as_l21]).all()
    assert rows["spatial_offset"][~by_map].isna().all()
    assert rows["parallax_spatial"][flag == 4].isna().all()


def test_raw_and_corrected_maps_are_never_mixed(survey):
    config = survey.config.model_copy(
        update={"spatial": survey.config.spatial.model_copy(update={"correction": "noncorr"})}
    )
    found = run_product(plugin, "gaia_parallax_spatial", survey.tables, config=config).table.to_pandas()
    gaia = survey.tables["gaia_sources"]
    rows = np.searchsorted(gaia["source_id"], found["source_id"])
    own = (found["spatial_flag"] == 0).to_numpy()
    expected = gaia["parallax"][rows] - 1e-3 * found["spatial_offset"]
    assert np.allclose(found["parallax_spatial"][own], expected[own])


def test_a_thin_pixel_takes_its_neighbours(survey):
    tables = dict(survey.tables)
    full = tables["parallax_zp_map_galactic"]
    around = healpy.get_all_neighbours(8, full["hindex"].to_numpy(), nest=True).T
    inner = np.flatnonzero(np.isin(around, full["hindex"].to_numpy()).all(axis=1))[0]
    pixel = full["hindex"][int(inner)].as_py()
    tables["parallax_zp_map_galactic"] = full.filter(np.arange(len(full)) != inner)
    found = run_product(plugin, "gaia_parallax_spatial", tables, config=survey.config).table.to_pandas()
    gaia = found.merge(tables["zp_giants"].to_pandas()[["source_id", "gl", "gb"]], on="source_id")
    there = healpy.ang2pix(8, gaia["gl"].to_numpy(), gaia["gb"].to_numpy(), nest=True, lonlat=True) == pixel
    there &= gaia["spatial_flag"].isin([0, 1]).to_numpy()
    assert (gaia["spatial_flag"][there] == 1).all()
    near = full.to_pandas().set_index("hindex").loc[around[inner]]
    weight = near["offset_corr_error"] ** -2
    assert np.allclose(gaia["spatial_offset"][there], np.average(near["offset_corr"], weights=weight))
    own = full["offset_corr"][int(inner)].as_py()
    error = gaia["spatial_offset_error"][there].iloc[0]
    assert abs(gaia["spatial_offset"][there].iloc[0] - own) < 5 * np.hypot(
        error, full["offset_corr_error"][int(inner)].as_py()
    )


@pytest.mark.parametrize("order", [3, 5])
def test_values_of_a_map_with_holes(order):
    """Own values where there are; means within the neighbours' range beside; nothing further out; any numbering."""
    rng = np.random.default_rng(order)
    total = 12 * 4**order
    filled = np.sort(rng.choice(total // 2, total // 3, replace=False))
    table = {"hindex": filled, "o": rng.normal(size=len(filled)), "o_error": rng.uniform(1, 3, len(filled))}
    place = healpy.pix2ang(2**order, np.arange(total), nest=True, lonlat=True)
    config = plugin.config_model(maps={"order": order})
    found = map_values(table, *place, "o", config)
    ring = plugin.config_model(maps={"order": order, "ordering": "ring"})
    renamed = table | {"hindex": healpy.nest2ring(2**order, filled)}
    again = map_values(renamed, *place, "o", ring)
    own = np.full((2, total), np.nan)
    own[:, filled] = table["o"], table["o_error"]
    around = healpy.get_all_neighbours(2**order, np.arange(total), nest=True)
    near = np.where(around >= 0, own[0][around], np.nan)
    enough = np.sum(np.isfinite(near), axis=0) >= 3
    is_own = np.isfinite(own[0])
    assert np.array_equal(found.origin, np.where(is_own, 0, np.where(enough, 1, 2)))
    assert {0, 1, 2} == set(found.origin)
    assert np.array_equal(found.value[is_own], own[0][is_own])
    assert np.array_equal(np.isnan(found.value), found.origin == 2)
    beside = found.origin == 1
    assert (found.value[beside] >= np.nanmin(near[:, beside], axis=0) - 1e-12).all()
    assert (found.value[beside] <= np.nanmax(near[:, beside], axis=0) + 1e-12).all()
    assert (found.error[beside] < 3).all()
    assert np.allclose(again.value, found.value, equal_nan=True)
    assert np.array_equal(again.origin, found.origin)
    lost = map_values(table, np.array([np.nan, 10.0]), np.array([5.0, np.nan]), "o", config)
    assert lost.origin.tolist() == [2, 2]


def test_trends_have_enough_stars_and_no_slope(survey):
    made = run_product(plugin, "parallax_zp_trends", survey.tables, config=survey.config).table.to_pandas()
    assert set(made["variable"]) == {"phot_g_mean_mag", "nu_eff", "pseudocolour", "sin_ecl_lat"}
    assert made["n"].min() >= 100
    five = made[made["solution"] == 5]
    for _, rows in five.groupby("variable"):
        assert np.average(rows["offset_corr"], weights=rows["n"]) == pytest.approx(
            np.mean(survey.stars.pattern), abs=3.0
        )
        assert (rows["high"].to_numpy()[:-1] == rows["low"].to_numpy()[1:]).all()
    raw = five[five["variable"] == "phot_g_mean_mag"].set_index("middle")["offset_noncorr"]
    # The hump of the raw parallaxes between G = 12 and 13 (section 3 of the paper).
    assert raw[(raw.index > 12.2) & (raw.index < 12.8)].min() > raw[(raw.index > 13.2) & (raw.index < 15)].max() + 15


def test_bins_are_joined_until_they_hold_enough():
    values = np.concatenate([np.full(150, 0.05), np.full(30, 0.15), np.full(90, 0.25), np.full(60, 0.35), [np.nan]])
    edges, bins = adaptive_bins(values, 0.1, 100)
    assert np.allclose(edges, [0.0, 0.1, 0.4])
    assert np.bincount(bins[:-1]).tolist() == [150, 180]
    assert bins[-1] == -1
    assert len(adaptive_bins(values[:50], 0.1, 100)[0]) == 1


@pytest.mark.parametrize("count", [7, 200])
def test_bootstrap_medians_are_distributed_like_drawn_ones(count):
    rng = np.random.default_rng(5)
    values = np.sort(rng.normal(size=count))
    quick = bootstrap_medians(values, lambda: rng.random(20_000))
    drawn = np.median(rng.choice(values, (20_000, count)), axis=1)
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        # A quantile of the one lies where the same share of the other is below it, to 4 sigma of 20,000 draws.
        low, high = np.mean(drawn < np.quantile(quick, q)), np.mean(drawn <= np.quantile(quick, q))
        assert low - 0.02 <= q <= high + 0.02


def test_the_fit_of_a_whole_sample_follows_its_core():
    """Nine of ten stars within a narrow Gaussian, one of ten in wings that lie to one side."""
    rng = np.random.default_rng(9)
    values = np.concatenate([rng.normal(3.0, 40.0, 90_000), rng.normal(-60.0, 200.0, 10_000)])
    config = plugin.config_model()
    draws = lambda: rng.random(config.bootstraps)  # noqa: E731
    narrow, wide = (describe(values, fit, draws) for fit in (config.global_fit, config.fit))
    assert narrow.mean == pytest.approx(3.0, abs=1.5)
    assert narrow.sigma == pytest.approx(40.0, rel=0.05)
    assert wide.sigma > 44.0
    # Of Gaussian values both are right.
    for fit in (config.global_fit, config.fit):
        assert describe(values[:90_000], fit, draws).sigma == pytest.approx(40.0, rel=0.02)
    same = describe(np.full(500, 0.1 + 0.2), config.global_fit, draws)
    assert (same.median_error, same.sigma) == (0.0, 0.0)


def test_second_distances_show_a_known_difference(survey):
    giants = survey.tables["zp_giants"].to_pandas().drop_duplicates("source_id")
    rng = np.random.default_rng(8)
    second = giants["parallax_giant"] - 0.0036 + 0.041 * rng.normal(size=len(giants))
    tables = survey.tables | {"prc": {"source_id": giants["source_id"].to_numpy(), "plx": second.to_numpy()}}
    settings = {"product": "prc", "key": "source_id", "column": "plx", "unit": "mas"}
    config = plugin.config_model(second_distances=settings)
    made = run_product(plugin, "parallax_zp_check", tables, config=config).table.to_pylist()
    assert made[0]["n"] == np.sum(second > 0)
    assert made[0]["offset"] == pytest.approx(3.6, abs=4 * made[0]["offset_error"])
    assert made[0]["scatter"] == pytest.approx(41, rel=0.03)
    assert sum(r["n"] for r in made[1:]) == made[0]["n"]


def test_second_distances_may_be_of_spectra(survey):
    """Each star's best spectrum is compared with the second distance of that spectrum."""
    giants = survey.tables["zp_giants"].to_pandas()
    second = {"obsid": giants["obsid"].to_numpy(), "distance": 1 / (giants["parallax_giant"] + 0.01).to_numpy()}
    best = giants.sort_values("snr", ascending=False).drop_duplicates("source_id")
    second["distance"][~giants["obsid"].isin(best["obsid"])] = 1.0
    config = plugin.config_model(second_distances={"product": "others"})
    made = run_product(plugin, "parallax_zp_check", survey.tables | {"others": second}, config=config).table
    first = made.to_pylist()[0]
    assert len(best) < len(giants)
    assert (first["n"], first["offset"]) == (len(best), pytest.approx(-10.0))
    assert first["std"] < 1e-6
