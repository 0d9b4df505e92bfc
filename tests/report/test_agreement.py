"""Closure of what is right or wrong: identifiers, codes, text and membership; and which columns belong together."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

import vacframe as vf
from vacframe.core.contract.errors import UsageError
from vacframe.core.contract.schema import TableSchema
from vacframe.report import closure as closures
from vacframe.report.agreement import agreement, by_class
from vacframe.report.closure import closure
from vacframe.report.closure_files import save_table
from vacframe.report.closure_plots import save_plots
from vacframe.report.compared_columns import find_pairs
from vacframe.report.selection_closure import selection

KEYS = {"truth": "source_id", "visits": "obsid", "match": "obsid", "classes": "source_id", "chosen": "source_id",
        "parent": "source_id"}  # fmt: skip
STARS = 1000


def tables():
    """1000 stars, a tenth of them giants; catalogues that are wrong in known ways."""
    source = np.arange(STARS) * 10 + 7
    giant = np.arange(STARS) % 10 == 0
    kind = np.where(giant, "giant", "dwarf").astype(object)
    said = kind.copy()
    said[[0, 10, 20]] = "dwarf"  # 3 of 100 giants are missed,
    said[1:7] = "giant"  # 6 dwarfs are called giants,
    said[11:16] = None  # and 5 dwarfs nothing.
    matched = source.copy()
    matched[:4] = source[4:8]
    return {
        "truth": {"source_id": source, "giant": giant, "kind": kind, "mag": np.linspace(10.0, 20.0, STARS)},
        "visits": {"obsid": source + 1, "source_id": source},
        "match": {"obsid": source + 1, "source_id": pa.array(matched, mask=np.arange(STARS) >= STARS - 2)},
        "classes": {"source_id": source, "kind": pa.array(said.tolist()), "mag": np.linspace(10.0, 20.0, STARS)},
        # 90 of the 100 giants and 10 dwarfs; a parent of the brighter half.
        "chosen": {"source_id": np.concatenate([source[giant][:90], source[1:11]])},
        "parent": {"source_id": source[:500]},
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement")
    for name, columns in tables().items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    text = "".join(f'[sources.{name}]\nfiles = ["{name}.parquet"]\nkey = "{key}"\n' for name, key in KEYS.items())
    (folder / "vacframe.toml").write_text(text)
    space = vf.Workspace(folder / "ws", folder / "vacframe.toml")
    assert space.build(*KEYS, workers=1).ok
    return space


def test_counts_of_classes():
    said = np.array(["a", "a", "b", None, "b", "c"], object)
    true = np.array(["a", "b", "b", "b", None, "a"], object)
    found = agreement(said, true)
    assert (found.number, found.stated, found.right) == (5, 5, 2)
    classes = {name: (a.number, a.stated, a.right) for name, a in by_class(said, true)}
    assert classes == {"a": (2, 2, 1), "b": (3, 2, 1)}
    yes = agreement(np.array([True, True, False], object), np.array([True, False, True], object))
    assert (yes.completeness, yes.purity) == (0.5, 0.5)
    nothing = agreement(np.array([None], object), np.array([None], object))
    assert nothing.number == 0
    assert np.isnan(nothing.purity)


def test_identifiers_are_right_or_wrong_and_the_truth_with_a_counterpart_is_found(workspace, monkeypatch):
    monkeypatch.setattr(closures, "TRUTHS", ("truth", "visits"))
    found = closure(workspace, "match", bins=0)
    assert (found.truth, found.via) == ("visits", "by obsid")
    (line,) = found.overall()
    assert (line["number"], line["stated"], line["right"]) == (STARS, STARS - 2, STARS - 6)
    assert line["purity"] == pytest.approx((STARS - 6) / (STARS - 2))
    assert np.isnan(line["bias"])


def test_classes_and_what_they_depend_on(workspace):
    found = closure(workspace, "classes", "truth", columns=["kind"], against=["mag"], bins=2)
    lines = {line["group"]: line for line in found.grouped("truth")}
    assert (lines["giant"]["number"], lines["giant"]["stated"], lines["giant"]["right"]) == (100, 103, 97)
    assert (lines["dwarf"]["number"], lines["dwarf"]["stated"], lines["dwarf"]["right"]) == (900, 892, 889)
    bright, faint = found.grouped("mag")
    assert bright["right"] == 500 - 14
    assert faint["right"] == 500


def test_rows_of_another_product_are_left_out(workspace):
    (line,) = closure(workspace, "classes", "truth", columns=["kind"], without=["parent"], bins=0).overall()
    assert (line["number"], line["left_out"]) == (500, {"in parent": 500})
    (line,) = closure(
        workspace, "classes", "truth", columns=["kind"], without=["classes: mag < 12.5"], bins=0
    ).overall()
    assert line["left_out"] == {"in classes": 250}


def test_a_selection_is_complete_and_pure(workspace):
    found = selection(workspace, "chosen", "giant", truth="truth", against=["mag"], bins=2)
    (line,) = found.overall()
    # The ten rows after the first hold one more giant, which the first 90 hold already.
    assert (line["number"], line["stated"], line["right"]) == (100, 99, 90)
    assert (line["completeness"], line["purity"]) == (0.9, pytest.approx(90 / 99))
    assert [g["number"] for g in found.grouped("mag")] == [50, 50]
    (line,) = selection(workspace, "chosen", "giant", truth="truth", of="parent", bins=0).overall()
    assert (line["number"], line["stated"], line["right"]) == (50, 59, 50)
    (line,) = selection(workspace, "chosen", "giant", truth="truth", where="mag < 11", bins=0).overall()
    assert line["left_out"] == {"not chosen": 900}
    with pytest.raises(UsageError, match="truth has no column 'giants'"):
        selection(workspace, "chosen", "giants", truth="truth")


def test_files_figures_and_command_line(workspace, tmp_path):
    pytest.importorskip("matplotlib")
    found = closure(workspace, "classes", "truth", columns=["kind"], bins=2)
    table = Table.read(save_table(found, tmp_path / "kind.fits")[0])
    assert list(table["right"]) == [r.statistics.right for r in found.rows]
    assert table["bias"].mask.all()
    (path,) = save_plots(found, tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")
    command = [sys.executable, "-c", "from vacframe.cli import main; main()", "closure", "chosen", "--selects", "giant"]
    command += ["--of", "parent", "--truth", "truth", "--workspace", str(workspace.folder)]
    options = {"capture_output": True, "text": True, "check": True, "env": os.environ | {"COLUMNS": "200"}}
    assert json.loads(subprocess.run([*command, "--json"], **options).stdout)["rows"][0]["right"] == 50
    assert "completeness" in subprocess.run(command, **options).stdout


def schema(*columns):
    made = tuple(vf.column(name, "float32", "", unit=unit, ucd=ucd) for name, unit, ucd in columns)
    return TableSchema(description="", key=None, columns=made)


def test_columns_that_mean_the_same_by_ucd():
    truth = schema(
        ("mag_bp", "mag", "phot.mag;em.opt.B"), ("mag_g_sdss", "mag", "phot.mag;em.opt.B"),
        ("mag_j", "mag", "phot.mag;em.IR.J"), ("mag_g", "mag", "phot.mag;em.opt"),
        ("rv", "km / s", "spect.dopplerVeloc"),
        ("distance_kpc", "kpc", "pos.distance"), ("age", "Gyr", "time.age"),
    )  # fmt: skip
    catalogue = schema(
        ("j", "mag", "phot.mag;em.IR.J"), ("phot_bp_mean_mag", "mag", "phot.mag;em.opt.B"),
        ("g_sdss", "mag", "phot.mag;em.opt.B"), ("g0", "mag", "phot.mag;em.opt"),
        ("radial_velocity", "km / s", "spect.dopplerVeloc.opt;em.opt.I"),
        ("radial_velocity_error", "km / s", "stat.error;spect.dopplerVeloc.opt"),
        ("r_med_geo", "pc", "pos.distance;stat.median"), ("r_lo_geo", "pc", "pos.distance"),
        ("r_hi_geo", "pc", "pos.distance"), ("age_50", "Gyr", "time.age"), ("age_16", "Gyr", "time.age"),
        ("age_84", "Gyr", "time.age"),
    )  # fmt: skip
    found = {p.column: (p.truth, p.error) for p in find_pairs(catalogue, truth)}
    # g0 has no reddening in it: only its UCD is that of mag_g, and it states no error.
    assert found == {
        "j": ("mag_j", ()), "phot_bp_mean_mag": ("mag_bp", ()), "g_sdss": ("mag_g_sdss", ()),
        "radial_velocity": ("rv", ("radial_velocity_error",)), "r_med_geo": ("distance_kpc", ("r_lo_geo", "r_hi_geo")),
        "age_50": ("age", ("age_16", "age_84")),
    }  # fmt: skip
