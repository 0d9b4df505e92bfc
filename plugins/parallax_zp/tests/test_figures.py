"""Figures show the numbers of the stored products."""

import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_parallax_zp import plugin

from vacframe import UsageError
from vacframe.testing import run_product

pytest.importorskip("matplotlib")
figures = pytest.importorskip("vacframe_parallax_zp.figures.wang_2021")


def axis_top(patch):
    """Return the number of stars in the fullest bin of an outline."""
    return patch.get_xy()[:, 1].max()


def test_counts_and_distributions(survey):
    counts = run_product(plugin, "zp_giants_counts", survey.tables, config=survey.config).table
    bars = figures.plot_counts(counts).axes[0].patches
    assert [b.get_width() for b in bars] == counts["n_five"].to_pylist()
    offsets = run_product(plugin, "parallax_zp_global", survey.tables, config=survey.config).table
    figure = figures.plot_distributions(survey.tables["zp_giants"], offsets)
    texts = " ".join(t.get_text() for t in figure.axes[0].texts)
    assert f"median {offsets['offset'][0].as_py():+.1f}" in texts
    fit = figure.axes[0].lines[1]
    peak = fit.get_xdata()[np.argmax(fit.get_ydata())]
    width = offsets["sigma"][1].as_py()
    assert abs(peak - offsets["mean"][1].as_py()) < width
    assert axis_top(figure.axes[0].patches[1]) == pytest.approx(fit.get_ydata().max(), rel=0.15)
    assert "distances of nn_labels, Gaia parallaxes in them: training" in figure.get_suptitle()


def test_distributions_far_from_zero_are_drawn_whole():
    rng = np.random.default_rng(1)
    values = {"offset_noncorr": rng.normal(-31.0, 4.0, 900), "offset_corr": rng.normal(0.0, 0.5, 900)}
    giants = {"source_id": np.arange(900), "snr": np.full(900, 60.0), "astrometric_params_solved": np.full(900, 31)}
    offsets = {
        "solution": np.array([5, 5]),
        "correction": np.array(["raw", "corrected"]),
        "sample": np.array(["giants", "giants"]),
        "distances": np.array(["geometric_distances"] * 2),
        "circularity": np.array(["direct"] * 2),
        "offset": np.array([-31.0, 0.0]),
        "offset_error": np.array([0.1, 0.1]),
        "scatter": np.array([4.0, 0.5]),
        "mean": np.array([-31.0, 0.0]),
        "sigma": np.array([4.0, 0.5]),
    }
    axes = figures.plot_distributions(giants | values, offsets).axes[0]
    low, high = axes.get_xlim()
    for column, patch in zip(values, axes.patches, strict=True):
        assert low < np.quantile(values[column], 0.005) < np.quantile(values[column], 0.995) < high
        assert patch.get_xy()[1:-1:2, 1].sum() >= 895


def test_a_solution_without_stars_stays_empty(survey):
    offsets = run_product(plugin, "parallax_zp_global", survey.tables, config=survey.config).table
    giants = survey.tables["zp_giants"].filter(pc.field("astrometric_params_solved") == 31)
    five, six = figures.plot_distributions(giants, offsets).axes
    assert (bool(five.patches), bool(six.patches)) == (True, False)


def test_the_check_is_drawn_in_percent(survey):
    giants = survey.tables["zp_giants"].to_pandas().drop_duplicates("source_id")
    second = {"source_id": giants["source_id"].to_numpy(), "plx": giants["parallax_giant"].to_numpy() / 1.02}
    settings = {"product": "prc", "key": "source_id", "column": "plx", "unit": "mas", "circularity": "independent"}
    config = plugin.config_model(second_distances=settings)
    check = run_product(plugin, "parallax_zp_check", survey.tables | {"prc": second}, config=config).table
    axes = figures.plot_check(check).axes[0]
    assert np.allclose(axes.containers[0][0].get_ydata(), 2.0)
    assert f"{len(giants):,} stars" in axes.get_title()


def test_trends_draw_every_bin(survey):
    trends = run_product(plugin, "parallax_zp_trends", survey.tables, config=survey.config).table.to_pandas()
    figure = figures.plot_trends(trends)
    for axes, (solution, name) in zip(figure.axes, [(5, "phot_g_mean_mag"), (6, "phot_g_mean_mag")], strict=False):
        rows = trends[(trends["solution"] == solution) & (trends["variable"] == name)]
        assert np.allclose(axes.containers[1][0].get_ydata(), rows["offset_corr"])
        widths = axes.containers[1][2][0].get_segments()
        assert np.allclose([s[:, 0] for s in widths], rows[["low", "high"]])


def test_maps_show_the_pixels_where_they_are(survey):
    maps = [survey.tables[f"parallax_zp_map_{frame}"] for frame in ("equatorial", "galactic")]
    figure = figures.plot_maps(*maps)
    sky = [a for a in figure.axes if a.name == "mollweide"]
    assert all(a.get_facecolor()[:3] == (0.88, 0.88, 0.88) for a in sky)
    shown = sky[2].collections[0].get_array()
    values = maps[0]["offset_corr"].to_numpy()
    # Longitude 90° lies left of the middle, 0.5° per cell.
    nearest = np.argmin(np.hypot(maps[0]["ra"].to_numpy() - 90, maps[0]["dec"].to_numpy() - 30))
    ra, dec = maps[0]["ra"][int(nearest)].as_py(), maps[0]["dec"][int(nearest)].as_py()
    assert np.asarray(shown)[int((dec + 90) * 2), int((180 - ra) * 2)] == values[nearest]


def test_a_table_that_is_no_map_is_refused(survey):
    table = {n: survey.tables["parallax_zp_map_galactic"][n].to_numpy() for n in ("hindex", "ra", "dec", "gl", "gb")}
    table["gl"] = table["gl"] + 1.0
    with pytest.raises(UsageError, match="fit no HEALPix grid"):
        figures.plot_maps(table | {"offset_corr": table["gl"], "offset_noncorr": table["gl"]}, table)
