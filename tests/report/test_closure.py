"""Closure on made-up tables whose bias, scatter and errors are known."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from scipy import stats

import vacframe as vf
from vacframe.astro.residuals import residual_statistics
from vacframe.core.contract.errors import UsageError
from vacframe.core.contract.schema import TableSchema
from vacframe.report.closure import closure
from vacframe.report.closure_files import save_table
from vacframe.report.closure_plots import save_plots
from vacframe.report.compared_columns import find_pairs
from vacframe.report.groups import group_by

STARS = 20_000
GAUSSIAN_1, GAUSSIAN_2 = stats.norm.cdf([1, 2]) - stats.norm.cdf([-1, -2])
CONFIG = """
[sources.truth]
files = ["truth.parquet"]
key = "source_id"
units = { teff = "K", distance = "kpc" }
[sources.catalogue]
files = ["catalogue.parquet"]
key = "obsid"
units = { teff_net = "K", distance = "pc" }
[sources.pairs]
files = ["pairs.parquet"]
key = "obsid"
"""


def made_up(seed=1):
    """Truth and a catalogue of repeated observations with bias 30 K, scatter 80 K and rightly stated errors."""
    random = np.random.default_rng(seed)
    truth = {
        "source_id": np.arange(STARS) * 2**36,
        "teff": random.uniform(4000, 7000, STARS),
        "distance": random.uniform(0.1, 5, STARS),
        "population": random.choice(["thin", "halo"], STARS),
    }
    star = random.integers(0, STARS, STARS)
    snr = random.uniform(10, 100, STARS)
    teff = truth["teff"][star] + random.normal(30, 80, STARS)
    distance = 1000 * truth["distance"][star] + (snr - 50)
    catalogue = {
        "obsid": np.arange(STARS) + 500, "snr": snr, "teff_net": teff, "err_teff_net": np.full(STARS, 80.0),
        "flag_teff_net": np.zeros(STARS, np.int8), "split_net": np.zeros(STARS, np.int8), "distance": distance,
    }  # fmt: skip
    return truth, catalogue, {"obsid": catalogue["obsid"], "source_id": truth["source_id"][star]}


def build(folder, truth, catalogue, pairs):
    for name, columns in (("truth", truth), ("catalogue", catalogue), ("pairs", pairs)):
        fields = [
            pa.field(n, pa.array(v).type, metadata={"ucd": "stat.snr" if n == "snr" else ""})
            for n, v in columns.items()
        ]
        pq.write_table(
            pa.table([pa.array(v) for v in columns.values()], schema=pa.schema(fields)), folder / f"{name}.parquet"
        )
    (folder / "vacframe.toml").write_text(CONFIG)
    workspace = vf.Workspace(folder / "ws", folder / "vacframe.toml")
    assert workspace.build("truth", "catalogue", "pairs", workers=1).ok
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return build(tmp_path_factory.mktemp("closure"), *made_up())


def test_bias_scatter_and_coverage_of_gaussian_errors(workspace):
    found = closure(workspace, "catalogue", "truth", columns=["teff_net"])
    (line,) = found.overall()
    assert found.via == "obsid → source_id through pairs"
    assert line["number"] == line["pulls"] == STARS
    assert line["bias"] == pytest.approx(30, abs=4 * 1.2533 * 80 / STARS**0.5)
    assert line["scatter"] == pytest.approx(80, abs=4 * 1.17 * 80 / STARS**0.5)
    assert (line["p84"] - line["p16"]) / 2 == pytest.approx(80 * stats.norm.ppf(0.84), rel=0.03)
    assert line["outliers"] == pytest.approx(0.0027, abs=0.0015)
    assert line["pull_bias"] == pytest.approx(30 / 80, abs=0.04)
    assert line["pull_scatter"] == pytest.approx(1, abs=0.04)


def test_statistics_agree_with_scipy_and_coverage_follows_the_stated_errors():
    random = np.random.default_rng(5)
    difference = random.normal(0, 3, 50_000)
    for stated, expected in ((3.0, GAUSSIAN_1), (6.0, GAUSSIAN_2)):
        found = residual_statistics(difference, np.full(difference.shape, stated))
        assert found.within_1 == pytest.approx(expected, abs=0.008)
    assert found.scatter == pytest.approx(stats.median_abs_deviation(difference, scale="normal"), rel=1e-12)
    assert (found.p16, found.p84) == pytest.approx(tuple(np.percentile(difference, [16, 84])))
    difference[::20] += 60
    without = np.full(difference.shape, np.nan)
    assert residual_statistics(difference, without).outliers == pytest.approx(0.05 + 0.0027, abs=0.003)


def test_differences_are_in_the_catalogues_unit_and_follow_what_they_depend_on(workspace):
    found = closure(workspace, "catalogue", "truth", columns=["distance"], bins=4)
    assert set(r.against for r in found.rows) == {"", "snr", "truth"}
    assert found.rows[0].unit == "pc"
    lines = found.grouped("snr")
    assert [line["number"] for line in lines] == [STARS // 4] * 4
    for line in lines:
        assert line["bias"] == pytest.approx((line["low"] + line["high"]) / 2 - 50, abs=0.7)
    assert np.isnan(lines[0]["pull_bias"])


def test_groups_of_another_product_and_of_text(workspace):
    found = closure(workspace, "catalogue", "truth", against=["population", "pairs.source_id"], bins=2)
    thin = next(line for line in found.grouped("population") if line["group"] == "thin")
    assert {line["group"] for line in found.grouped("population")} == {"thin", "halo"}
    only = closure(workspace, "catalogue", "truth", where="population == 'thin'", bins=0).overall()[0]
    assert (only["number"], only["bias"]) == (thin["number"], thin["bias"])
    assert only["left_out"] == {"not chosen": STARS - thin["number"]}
    assert sum(line["number"] for line in found.grouped("pairs.source_id") if line["column"] == "teff_net") == STARS


def test_every_row_is_compared_or_counted_with_the_reason(tmp_path):
    truth, catalogue, pairs = made_up()
    catalogue["flag_teff_net"][:100] = 1
    catalogue["split_net"][50:250] = 1
    catalogue["teff_net"][240:300] = np.nan
    catalogue["err_teff_net"][1000:] = 0
    pairs["source_id"][400:450] = 5
    (line,) = closure(build(tmp_path, truth, catalogue, pairs), "catalogue", "truth", columns=["teff_net"]).overall()
    assert line["left_out"] == {"trained on": 200, "missing": 50, "flagged": 50, "no truth row": 50}
    assert line["number"] + sum(line["left_out"].values()) == STARS
    assert line["pulls"] == 1000 - 350


def test_a_wrong_join_would_be_seen(workspace, tmp_path):
    truth, catalogue, pairs = made_up()
    pairs["source_id"] = np.roll(pairs["source_id"], 1)
    (line,) = closure(build(tmp_path, truth, catalogue, pairs), "catalogue", "truth", columns=["teff_net"]).overall()
    assert line["scatter"] > 1000


def test_what_cannot_be_compared_is_said(workspace):
    for arguments, said in (
        ({"through": "truth"}, "carries both"),
        ({"match": {"teff_net": "tef"}}, "Did you mean 'teff'"),
        ({"columns": ["snr"]}, "--match snr="),
        ({"match": {"teff_net": "distance"}}, "does not convert"),
        ({"against": ["mag"]}, "product.column"),
        ({"against": ["pairs.mag"]}, "pairs has no column 'mag'"),
        ({"truth": "nothing"}, "not built"),
    ):
        with pytest.raises(UsageError, match=said):
            closure(workspace, "catalogue", **({"truth": "truth"} | arguments))


def test_a_key_that_is_not_unique_leads_nowhere(tmp_path):
    truth, catalogue, pairs = made_up()
    del catalogue["snr"]
    workspace = build(tmp_path, truth, catalogue | {"source_id": pairs["source_id"]}, pairs)
    assert closure(workspace, "catalogue", "truth").via == "by source_id"
    with pytest.raises(UsageError, match="several rows of the same source_id"):
        closure(workspace, "truth", "catalogue", match={"teff": "teff_net"}, through="pairs")


def schema(*columns):
    return TableSchema(columns=tuple(vf.column(n, "float64", unit=u) for n, u in columns))


def test_names_that_belong_together():
    truth = schema(
        ("teff", "K"), ("parallax", "mas"), ("mag_g", "mag"), ("mag_g_sdss", "mag"), ("age", "Gyr"), ("r", "kpc")
    )
    catalogue = schema(
        ("teff_a", "K"), ("err_teff_a", "K"), ("parallax", "mas"), ("parallax_error", "mas"),
        ("parallax_pmra_corr", None), ("mag_g_sdss", "mag"), ("e_mag_g_sdss", "mag"),
        ("age", "Gyr"), ("age_lo", "Gyr"), ("age_hi", "Gyr"), ("r_max", "kpc"),
        ("r_med_geo", "pc"), ("r_lo_geo", "pc"), ("r_hi_geo", "pc"),
    )  # fmt: skip
    pairs = {p.column: (p.truth, p.error) for p in find_pairs(catalogue, truth, match={"r_med_geo": "r"})}
    assert pairs == {
        "r_med_geo": ("r", ("r_lo_geo", "r_hi_geo")),
        "teff_a": ("teff", ("err_teff_a",)), "parallax": ("parallax", ("parallax_error",)),
        "mag_g_sdss": ("mag_g_sdss", ("e_mag_g_sdss",)), "age": ("age", ("age_lo", "age_hi")),
    }  # fmt: skip


def test_half_of_an_interval_stands_for_an_error(tmp_path):
    truth, catalogue, pairs = made_up()
    catalogue |= {"teff_net_lo": catalogue["teff_net"] - 150, "teff_net_hi": catalogue["teff_net"] + 170}
    del catalogue["err_teff_net"]
    (line,) = closure(build(tmp_path, truth, catalogue, pairs), "catalogue", "truth", columns=["teff_net"]).overall()
    assert line["pull_scatter"] == pytest.approx(0.5, abs=0.02)


def test_every_value_is_in_one_group():
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(size=1001), [np.nan, np.inf], np.full(300, 0.25)])
    chosen = np.sum([rows for *_, rows in group_by(values, 7)], axis=0)
    np.testing.assert_array_equal(chosen, np.isfinite(values))
    assert [(n, int(r.sum())) for n, _, _, r in group_by(np.array([1.0, 0, 1, np.nan]), 7)] == [("0", 1), ("1", 2)]
    assert group_by(values, 0) == []


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "parquet", "xml"])
def test_the_table_as_a_file(workspace, tmp_path, suffix):
    found = closure(workspace, "catalogue", "truth", bins=3)
    (path,) = save_table(found, tmp_path / f"closure.{suffix}")
    table = Table.read(path, format={"fits": "fits", "xml": "votable"}.get(suffix))
    assert len(table) == len(found.rows) == 2 * (1 + 3 + 3)
    np.testing.assert_allclose(table["bias"], [r.statistics.bias for r in found.rows])
    assert [str(g) for g in table["against"][1:7]] == [*["snr"] * 3, *["truth"] * 3]
    with pytest.raises(UsageError, match="suffix"):
        save_table(found, tmp_path / "closure.doc")


def test_figures_and_command_line(workspace, tmp_path):
    pytest.importorskip("matplotlib")
    found = closure(workspace, "catalogue", "truth")
    paths = save_plots(found, tmp_path / "figures")
    assert [p.name for p in paths] == ["catalogue-teff_net.png", "catalogue-distance.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths)

    def run(*arguments, status=0):
        command = [sys.executable, "-c", "from vacframe.cli import main; main()", "closure", "catalogue", *arguments]
        done = subprocess.run(
            [*command, "--workspace", str(workspace.folder)],
            capture_output=True,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    made = json.loads(
        run("--truth", "truth", "--match", "teff_net=teff", "--bins", "0", "--json", "--table", str(tmp_path / "t.csv"))
    )
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1 + len(made["rows"])
    assert [r["bias"] for r in made["rows"]] == [r.statistics.bias for r in found.rows if r.group == "all"]
    assert "teff_net" in run("--truth", "truth", "--against", "snr", "--error", "teff_net=err_teff_net")
    assert "no column" in run("--truth", "truth", "--match", "teff_net=nothing", status=2)
    assert "expected name=name" in run("--match", "teff_net", status=2)
