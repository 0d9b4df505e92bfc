"""Joining observables, comparing with references, figures, and what a grid covers."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.columns import Flag
from vacframe_bayes_isochrone.config import Band, BayesIsochroneConfig
from vacframe_bayes_isochrone.conformance import toy_config, toy_isochrones, toy_stars
from vacframe_bayes_isochrone.figures import plot_posterior, plot_reference, plot_uncertainties
from vacframe_bayes_isochrone.method.observables import best_rows

from vacframe.testing import run_product


def test_best_rows():
    keys, quality = np.array([5, 3, 5, 3, 9]), np.array([1.0, 7.0, 2.0, np.nan, np.nan])
    assert best_rows(keys, quality).tolist() == [1, 2, 4]


@pytest.fixture
def catalogues():
    sources = np.arange(4, dtype=np.int64) + 10
    place = {"ra": np.linspace(10, 11, 4), "dec": np.zeros(4)}
    zero = np.zeros(4, np.float32)
    gaia = {"source_id": sources, **place, "parallax": np.full(4, 2.0), "parallax_error": zero + 0.02}
    gaia |= {"phot_g_mean_mag": zero + 12, "phot_g_mean_mag_error": zero + 0.003}
    labels = {
        "source_id": np.array([10, 11, 11, 13]), "teff": np.array([4800, 1, 5000, 6000], np.float32),
        "quality": np.array([30, 20, 40, 10], np.float32),
    }  # fmt: skip
    for name in ("logg", "feh", "teff_error", "logg_error", "feh_error"):
        labels[name] = np.full(4, 0.1, np.float32)
    photometry = {"source_id": np.array([13, 10]), **{n: np.array([9.0, 8.0], np.float32) for n in ("j", "h", "ks")}}
    photometry |= {f"{n}_error": np.array([0.02, 0.03], np.float32) for n in ("j", "h", "ks")}
    corrected = {"source_id": sources, "parallax_corrected": np.full(4, 2.04)}
    return {
        "gaia_sources": gaia, "isochrone_labels": labels, "photometry": photometry, "gaia_parallax_l21": corrected
    }  # fmt: skip


def test_observables_are_joined_by_source(catalogues):
    made = run_product(plugin, "isochrone_observables", catalogues)
    rows = sorted(made.table.to_pylist(), key=lambda r: r["source_id"])
    assert [r["source_id"] for r in rows] == [10, 11, 13]
    assert [r["teff"] for r in rows] == [4800, 5000, 6000]  # the better of two observations of 11
    assert [r["j"] for r in rows] == [8.0, None, 9.0]
    assert rows[0]["parallax"] == pytest.approx(2.04)
    assert rows[0]["parallax_error"] == pytest.approx(0.02)
    assert [r["quality"] for r in rows] == [30, 40, 10]
    assert made.counts["further observations of the same star"] == 1


def test_gaia_bands_come_from_gaia_sources(catalogues):
    config = BayesIsochroneConfig(bands=(Band(name="g", extinction=0.8), Band(name="ks", extinction=0.117)))
    rows = run_product(plugin, "isochrone_observables", catalogues, config=config).table.to_pylist()
    assert {r["g"] for r in rows} == {12.0}
    assert {"g", "ks"} <= set(rows[0])
    assert "j" not in rows[0]


def test_labels_take_the_source_of_the_match():
    stars = {"obsid": np.array([1, 2]), "ra": np.zeros(2), "dec": np.zeros(2), "snr_g": np.ones(2, np.float32)}
    stars |= {n: np.ones(2, np.float32) for n in ("teff", "logg", "feh", "teff_error", "logg_error", "feh_error")}
    match = {"obsid": np.array([1, 2]), "source_id": np.ma.masked_array([77, 0], [False, True])}
    made = run_product(plugin, "isochrone_labels", {"lamost_stars": stars, "crossmatch": match})
    assert sorted(made.table["source_id"].to_pylist(), key=str) == [77, None]
    assert made.counts["observations without a Gaia source"] == 1


def test_validation_counts_by_hand():
    comparison = {
        "reference": ["asteroseismic_labels"] * 4 + ["cluster_members"], "logg": np.array([2.5, 2.5, 2.5, 4.2, 2.0]),
        "flag": np.zeros(5, np.int16),
    }  # fmt: skip
    for name in ("mass", "age", "distance"):
        comparison[name] = np.array([1.1, 1.0, 0.9, 9.0, 2.0])
        comparison[f"{name}_error"] = np.array([0.11, 0.2, 0.09, 1.0, 0.1])
        comparison[f"{name}_reference"] = np.array([1.0, 1.0, 1.0, 1.0, 1.0])
    table = run_product(plugin, "isochrone_validation", {"isochrone_comparison": comparison}).table.to_pylist()
    mass = next(r for r in table if r["quantity"] == "mass")
    assert mass["n"] == 3  # the dwarf does not count
    assert mass["median"] == pytest.approx(0.0, abs=1e-6)
    assert mass["half_width"] == pytest.approx(0.068, abs=1e-3)
    assert mass["quoted_error"] == pytest.approx(0.1, abs=1e-6)
    assert {(r["reference"], r["quantity"]) for r in table} >= {("cluster_members", "distance")}


def test_uncertainties_counted_by_hand():
    """Relative deviations of 1, 2, ... % at S/N 20 and 40; the dwarf counts for the distance only."""
    count = 12
    estimates = {"source_id": np.arange(count)}
    for name in ("distance", "av", "mass", "age"):
        estimates[name] = np.full(count, 2.0)
        estimates[f"{name}_error"] = 0.02 * (1 + np.arange(count))
    order = np.random.default_rng(1).permutation(count)
    observed = {
        "source_id": np.arange(count)[order], "logg": np.array([2.0] * 5 + [3.6] * 6 + [4.4])[order],
        "quality": np.array([20.0] * 5 + [40.0] * 7)[order],
    }  # fmt: skip
    inputs = {"bayes_isochrone": estimates, "isochrone_observables": observed}
    made = run_product(plugin, "isochrone_uncertainties", inputs).table.to_pylist()
    found = {(r["quantity"], r["stars"], r["snr_low"]): (r["n"], round(r["median"], 6)) for r in made}
    assert found["distance", "all", 15] == (5, 0.03)
    assert found["distance", "all", 35] == (7, 0.09)
    assert found["av", "all", 15] == (5, 0.06)
    assert found["age", "subgiants", 35] == (6, 0.085)
    assert found["mass", "giants", 35] == (6, 0.085)
    assert ("age", "subgiants", 15) not in found
    assert ("mass", "all", 15) not in found


def test_stars_of_unknown_quality_are_in_no_bin():
    estimates = {"source_id": np.arange(3)}
    estimates |= {f"{n}{s}": np.ones(3) for n in ("distance", "av", "mass", "age") for s in ("", "_error")}
    observed = {"source_id": np.arange(3), "logg": np.full(3, 2.0)}
    inputs = {"bayes_isochrone": estimates, "isochrone_observables": observed}
    assert run_product(plugin, "isochrone_uncertainties", inputs).table.num_rows == 0


def test_figure(tmp_path):
    rng = np.random.default_rng(1)
    row = {"source_id": 7} | {f"{n}_samples": rng.normal(1, 0.1, 200) for n in ("distance", "av", "mass", "age")}
    plot_posterior(row).savefig(tmp_path / "corner.png")
    assert (tmp_path / "corner.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match="star 7 has no posterior"):
        plot_posterior(row | {"distance_samples": np.full(200, np.nan)})


def test_figures_of_the_paper(tmp_path):
    rng = np.random.default_rng(1)
    truth = rng.uniform(1, 2, 300)
    estimate = truth * (1.1 + 0.05 * rng.normal(size=300))
    table = {"reference": np.repeat("asteroseismic_labels", 300), "mass": estimate, "mass_reference": truth}
    table["mass"][:5] = np.nan
    figure = plot_reference(table, "mass")
    shown = figure.axes[1].get_legend().get_texts()[0].get_text()
    assert float(shown.split(" %")[0]) == pytest.approx(10, abs=1)
    uncertainties = {
        "quantity": np.array(["age", "age", "av"]), "stars": np.array(["giants", "giants", "all"]),
        "snr_low": np.array([5.0, 10, 5]), "snr_high": np.array([10.0, 20, 10]), "median": np.array([0.3, 0.2, 0.1]),
        "p16": np.array([0.2, 0.1, 0.05]), "p84": np.array([0.4, 0.3, 0.2]),
    }  # fmt: skip
    drawn = plot_uncertainties(uncertainties)
    ages = next(axes for axes in drawn.axes if "age" in axes.get_ylabel())
    np.testing.assert_allclose(ages.lines[0].get_ydata(), [0.3, 0.2])
    for number, each in enumerate((figure, drawn)):
        each.savefig(tmp_path / f"{number}.png")


def test_a_grid_says_what_the_isochrones_do_not_cover():
    isochrones = toy_isochrones()
    few = (isochrones["log_age"] < 9.7) & np.isin(isochrones["mh"], np.float32([-1.0, 0.0]))
    made = run_product(
        plugin, "isochrone_grid", {"isochrones": {n: v[few] for n, v in isochrones.items()}}, config=toy_config()
    )
    metadata, ages = made.model.metadata, made.model["age_nodes"]
    assert metadata["mh_covered"] == pytest.approx([-1.0, 0.0])
    assert metadata["mh_missing"] == pytest.approx([0.2])
    assert metadata["mh_gaps"] == [(-1.0, 0.0)]
    assert metadata["age_covered"][1] <= 4.0 < metadata["ages_missing"][0]
    assert made.counts == {"metallicities without models": 1, "ages without models": int((ages > 4.0).sum())}
    for text in ("no models at [M/H] = 0.2", "covers 1.12 to 3.03 Gyr of the 1 to 13 asked", "interpolated over 1 dex"):
        assert text in metadata["short"]


def test_a_posterior_at_the_end_of_the_isochrones_is_flagged():
    isochrones, stars = toy_isochrones(), toy_stars(12, complete=True)
    config = toy_config(prior="flat")

    def flags(oldest):
        rows = {n: v[isochrones["log_age"] <= oldest] for n, v in isochrones.items()}
        grid = run_product(plugin, "isochrone_grid", {"isochrones": rows}, config=config).model
        inputs = {"isochrone_observables": stars, "isochrone_grid": grid}
        return run_product(plugin, "bayes_isochrone", inputs, config=config).table["flag"].to_numpy() & Flag.AGE_EDGE

    assert np.count_nonzero(flags(9.91)) > np.count_nonzero(flags(10.2))
