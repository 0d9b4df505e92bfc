"""What happens to a source's files between two builds: removed, renamed, touched, given twice, cut otherwise."""

import os
import shutil

import engine_plugin
import pyarrow.parquet as pq
import pytest

from vacframe.core.ingest import source_making
from vacframe.core.ingest.source_making import file_groups
from vacframe.workspace import Workspace

CONFIG = '[sources.stars]\nfiles = ["stars*.parquet"]\n'
PRODUCTS = ("stars", "fluxes", "noisy", "summary")


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    engine_plugin.write_stars(tmp_path / "stars1.parquet", 200)
    engine_plugin.write_stars(tmp_path / "stars2.parquet", 50, first=1000)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path


def space(project, *overrides, name="ws"):
    return Workspace(project / name, project / "vacframe.toml", ["pixel_order=1", *overrides])


def build(ws):
    report = ws.build("noisy", "summary", workers=1)
    assert report.ok, report.failures
    return report


def digests(ws):
    return {p: ws.version(p).manifest["digest"] for p in PRODUCTS}


def test_a_removed_file_takes_its_rows_along_and_brings_them_back(project):
    ws = space(project)
    build(ws)
    both = digests(ws)
    shutil.move(project / "stars2.parquet", project / "aside.parquet")
    report = build(ws)
    assert report["stars"].rows == report["noisy"].rows == 200
    assert set(ws.read("noisy")["star"].to_pylist()) == set(range(200))
    fresh = space(project, name="fresh")
    build(fresh)
    assert digests(ws) == digests(fresh) != both
    shutil.move(project / "aside.parquet", project / "stars2.parquet")
    back = build(ws)
    assert digests(ws) == both
    assert (back["fluxes"].ran, back["noisy"].ran, back["summary"].ran) == (0, 0, 0)


def test_a_repeated_row_takes_over_when_the_first_one_goes(project):
    table = pq.read_table(project / "stars1.parquet")
    changed = table.slice(10, 5).set_column(3, "mag", [[99.0] * 5])
    pq.write_table(changed, project / "stars3.parquet")
    ws = space(project)
    assert build(ws)["stars"].rejects == {"duplicate_key": 5}
    assert 99.0 not in ws.read("stars")["mag"].to_pylist()
    (project / "stars1.parquet").unlink()
    report = build(ws)
    assert report["stars"].rejects == {}
    rows = {r["star"]: r["mag"] for r in ws.read("stars").to_pylist()}
    assert {k: rows[k] for k in range(10, 15)} == dict.fromkeys(range(10, 15), 99.0)
    assert len(rows) == 55


def test_a_renamed_or_touched_file_makes_nothing_anew(project):
    ws = space(project)
    build(ws)
    before = digests(ws)
    os.utime(project / "stars1.parquet", (1, 1))
    assert build(ws).ran == 0
    (project / "stars2.parquet").rename(project / "stars9.parquet")
    report = build(ws)
    assert report.ran == 0
    assert digests(ws) == before
    assert build(ws).ran == 0


def test_a_changed_condition_reads_the_files_again(project):
    ws = space(project)
    build(ws)
    mag = ws.read("stars")["mag"].to_pylist()
    chosen = space(project, "sources.stars.where=mag > 5")
    report = build(chosen)
    assert report["stars"].rejects == {"where": sum(m <= 5 for m in mag)}
    assert report["noisy"].rows == sum(m > 5 for m in mag)
    build(space(project))
    assert ws.read("noisy").num_rows == 250


def test_the_sky_is_only_ever_cut_finer_and_the_rows_stay_the_same(project):
    coarse = Workspace(project / "ws", project / "vacframe.toml", ["pixel_order=0"])
    build(coarse)
    before, parts = digests(coarse), len(coarse.version("noisy").parts)
    fine = Workspace(project / "ws", project / "vacframe.toml", ["pixel_order=2"])
    build(fine)
    assert len(fine.version("noisy").parts) > 4 * parts
    assert digests(fine) == before
    again = Workspace(project / "ws", project / "vacframe.toml", ["pixel_order=0"])
    assert build(again).ran == 0
    assert digests(again) == before
    assert again.verify() == []


def test_scan_tasks_are_limited_in_files_and_bytes():
    groups = file_groups("abcdefgh", [5, 5, 5, 100, 1, 1, 1, 1], count=3, volume=10)
    assert groups == [["a", "b"], ["c"], ["d"], ["e", "f", "g"], ["h"]]
    assert file_groups([], [], count=3, volume=10) == []


def test_rows_do_not_depend_on_how_files_are_scanned(project, monkeypatch):
    together, apart = space(project), space(project, name="apart")
    build(together)
    monkeypatch.setattr(source_making, "SCAN_BYTES", 1)
    build(apart)
    folders = [project / ws / "products" / "stars" / "scan" for ws in ("ws", "apart")]
    groups = [sum(p.is_dir() for p in folder.iterdir()) for folder in folders]
    assert groups == [1, 2]
    assert digests(together) == digests(apart)
