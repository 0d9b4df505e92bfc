"""Building, freshness, recovery and bad input, on a synthetic plugin."""

import json
import os
import signal
import subprocess
import sys
import time

import engine_plugin
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_fixtures import CONFIG, project, site

from vacframe.core.contract.errors import ConfigError, PlanError, StoreError, UsageError
from vacframe.workspace import Workspace

__all__ = ["project", "site"]


def space(project, name="ws", *overrides):
    return Workspace(project / name, project / "vacframe.toml", overrides)


def digests(workspace, *names):
    return [workspace.version(n).manifest["digest"] for n in names]


def test_values_order_and_nothing_to_do(project):
    ws = space(project)
    report = ws.build("fluxes", "lopsided", workers=1)
    assert report.ok
    assert report["stars"].rows == 450
    table = ws.read("fluxes")
    stars = ws.read("stars")
    np.testing.assert_allclose(table["flux"].to_numpy(), 2 * 10 ** (-0.4 * stars["mag"].to_numpy()))
    assert np.all(np.diff(table["_healpix_29"].to_numpy()) >= 0)
    bright = table["flux"].to_numpy()[table["flux"].to_numpy() > 0.01]
    assert ws.read_model("lopsided")["total"][0] == pytest.approx(bright.sum())
    again = space(project).build("fluxes", "lopsided", workers=1)
    assert again.ran == 0
    assert all(t.action == "fresh" for t in space(project).plan("fluxes", "lopsided").tasks)


def test_same_digests_for_any_partitioning_and_workers(project):
    names = ("stars", "fluxes", "noisy", "joined", "summary")
    one = space(project, "a", "pixel_order=0")
    one.build(*names, workers=1)
    two = space(project, "b", "pixel_order=2")
    two.build(*names, workers=2)
    three = space(project, "c", "partition_rows=40")
    three.build(*names, workers=1)
    assert digests(one, *names) == digests(two, *names) == digests(three, *names)
    assert len(one.version("stars").parts) < len(three.version("stars").parts) < len(two.version("stars").parts)


def test_join_over_pixel_edges_loses_nothing(project):
    ws = space(project, "ws", "pixel_order=2")
    ws.build("joined", workers=1)
    table = ws.read("joined")
    star = table["star"].to_numpy()
    other = table["other"].to_numpy(zero_copy_only=False)
    np.testing.assert_array_equal(other[star < 400], star[star < 400])
    assert np.isnan(other[star >= 400]).all()


def test_changed_file_runs_what_follows_only(project):
    ws = space(project, "ws", "pixel_order=1")
    ws.build("fluxes", "summary", workers=1)
    table = pq.read_table(project / "stars2.parquet")
    mag = table["mag"].to_numpy().copy()
    mag[3] += 1e-3 if mag[3] > 6 else 20.0
    changed = table.set_column(3, "mag", pa.array(mag))
    pq.write_table(changed, project / "stars2.parquet")
    report = ws.build("fluxes", "summary", workers=1)
    assert report["stars"].ran == 1
    assert report["fluxes"].ran == 1
    said = [t.reason.detail for t in ws.why("stars") if "stars2.parquet changed" in t.reason.detail]
    assert len(said) == 1
    pq.write_table(table, project / "stars2.parquet")
    back = ws.build("fluxes", "summary", workers=1)
    assert back.ran == 0
    assert back["fluxes"].adopted == 1


def test_a_need_with_where_runs_only_for_its_own_rows(project):
    ws = space(project)
    ws.build("summary", workers=1)
    table = pq.read_table(project / "stars2.parquet")
    mag = table["mag"].to_numpy().copy()
    faint = int(np.argmax(mag))
    assert 2 * 10 ** (-0.4 * mag[faint]) < 0.01
    mag[faint] += 1
    pq.write_table(table.set_column(3, "mag", pa.array(mag)), project / "stars2.parquet")
    report = ws.build("summary", workers=1)
    assert report["fluxes"].ran == 1
    assert report["summary"].ran == 0


def test_configuration_and_seed_are_in_the_recipe(project):
    space(project).build("fluxes", "noisy", workers=1)
    changed = space(project, "ws", "plugins.synthetic.factor=3.0")
    kinds = {(t.product, t.reason.kind) for t in changed.plan("noisy").tasks if t.action != "fresh"}
    assert ("fluxes", "config") in kinds
    assert not any(p == "stars" for p, _ in kinds)
    report = space(project, "ws", "plugins.synthetic.fail_above=5000.0").build("noisy", workers=1)
    assert report["fluxes"].ran == 0
    assert report["noisy"].ran > 0


def test_code_change_is_seen_and_a_comment_is_not(project, site):
    code = (site / "vacframe_synthetic.py").read_text()
    space(project).build("fluxes", workers=1)
    (site / "vacframe_synthetic.py").write_text(code.replace('"""Fluxes."""', '"""Fluxes of stars."""\n    # why'))
    plan = space(project).plan("fluxes")
    assert all(t.action == "fresh" for t in plan.tasks)
    (site / "vacframe_synthetic.py").write_text(code.replace("-0.4 * inputs", "-0.5 * inputs"))
    reasons = {t.reason.kind for t in space(project).plan("fluxes").tasks if t.product == "fluxes"}
    assert reasons == {"code"}


def test_failure_leaves_a_capsule_and_keeps_the_rest(project):
    ws = space(project, "ws", "pixel_order=1", "plugins.synthetic.fail_above=1.9")
    report = ws.build("noisy", workers=1)
    assert not report.ok
    assert 0 < len(report.failures) < len(ws.version("fluxes").parts)
    assert "too bright" in report.failures[0].error
    with pytest.raises(Exception, match="too bright"):
        ws.rerun(report.failures[0].capsule)
    with pytest.raises(UsageError, match="not built"):
        ws.read("noisy")
    partial = ws.build("noisy", workers=1, allow_partial=True)
    assert not partial.ok
    assert sorted(partial["noisy"].missing) == sorted(f.part for f in report.failures)
    fixed = space(project, "ws", "pixel_order=1").build("noisy", workers=1)
    assert fixed.ok


def test_kill_in_the_middle_then_the_same_digests(project):
    quiet = space(project, "quiet", "pixel_order=2")
    quiet.build("noisy", "summary", workers=1)
    code = (
        "import sys; from vacframe.workspace import Workspace;"
        f"Workspace({str(project / 'ws')!r}, {str(project / 'vacframe.toml')!r}, ['pixel_order=2'])"
        ".build('noisy', 'summary', workers=2)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env=os.environ, start_new_session=True)
    objects = project / "ws" / "products" / "fluxes" / "objects"
    deadline = time.time() + 60
    while (
        time.time() < deadline and child.poll() is None and not (objects.exists() and len(list(objects.iterdir())) > 5)
    ):
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    ws = space(project, "ws", "pixel_order=2")
    report = ws.build("noisy", "summary", workers=1)
    assert report.ok
    assert digests(ws, "stars", "fluxes", "noisy", "summary") == digests(quiet, "stars", "fluxes", "noisy", "summary")


def test_flipped_bytes_are_noticed_by_verify_and_by_the_next_build(project):
    ws = space(project)
    ws.build("fluxes", workers=1)
    assert ws.verify() == []
    before = digests(ws, "fluxes")
    version = ws.version("stars")
    part = next(p for p, r in version.parts.items() if r["rows"])
    engine_plugin.flip_a_byte(version.file(part))
    assert [p["part"] for p in ws.verify("stars")] == [part]
    report = ws.build("fluxes", "summary", workers=1)
    assert report.ok
    assert ws.verify() == []
    assert digests(ws, "fluxes") == before


def test_flipped_bytes_found_while_reading(project):
    ws = space(project)
    ws.build("fluxes", workers=1)
    version = ws.version("fluxes")
    part = next(p for p, r in version.parts.items() if r["rows"])
    engine_plugin.flip_a_byte(version.file(part))
    report = ws.build("summary", workers=1)
    assert report.ok
    assert report["fluxes"].ran == 1
    assert ws.verify() == []


def test_duplicates_and_unusable_rows_are_counted(project):
    engine_plugin.write_stars(project / "stars3.parquet", 10, first=5)
    odd = {"star": [7000, None, 7002], "ra": [10.0, 20.0, None], "dec": [95.0, 0.0, 0.0], "mag": [1.0, 2.0, 3.0]}
    pq.write_table(pa.table(odd), project / "stars4.parquet")
    ws = space(project)
    report = ws.build("stars", workers=1)
    assert report["stars"].rejects == {"duplicate_key": 10, "no_key": 1, "no_position": 2}
    rejects = ws.rejects("stars").to_pylist()
    assert {r["row"] for r in rejects if r["reason"] == "no_position"} == {0, 2}
    assert ws.read("stars").num_rows == 450


def test_ledger_can_be_deleted(project):
    space(project).build("joined", workers=1)
    (project / "ws" / "ledger.sqlite").unlink()
    assert space(project).build("joined", workers=1).ran == 0


def test_schema_change_is_a_reason(project, site):
    space(project).build("fluxes", workers=1)
    code = (site / "vacframe_synthetic.py").read_text()
    changed = code.replace('vf.column("flux", "float64", "Flux")', 'vf.column("flux", "float32", "Flux")')
    (site / "vacframe_synthetic.py").write_text(changed)
    sys.modules.pop("vacframe_synthetic")
    reasons = {t.reason.kind for t in space(project).plan("fluxes").tasks if t.product == "fluxes"}
    assert reasons == {"schema"}


def test_newer_workspace_is_refused(project):
    space(project).build("stars", workers=1)
    path = project / "ws" / "workspace.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(StoreError, match="newer vacframe"):
        space(project)


def test_clear_errors_before_anything_runs(project):
    with pytest.raises(PlanError, match="circle: egg → hen → egg"):
        space(project).plan("egg")
    with pytest.raises(PlanError, match="Did you mean 'fluxes'"):
        space(project).plan("flux")
    with pytest.raises(ConfigError, match="factor"):
        space(project, "ws", "plugins.synthetic.facto=3").plan("fluxes")
    (project / "vacframe.toml").write_text('[sources.stars]\nfiles = ["none*.parquet"]\n')
    with pytest.raises(ConfigError, match="matches no file"):
        space(project).plan("fluxes")
    (project / "vacframe.toml").write_text("")
    with pytest.raises(PlanError, match=r"\[sources.stars\]"):
        space(project).plan("fluxes")


def test_missing_column_names_source_and_consumer(project):
    table = pq.read_table(project / "stars.parquet").rename_columns(["star", "ra", "dec", "magnitude"])
    for name in ("stars.parquet", "stars2.parquet"):
        pq.write_table(table, project / name)
    with pytest.raises(PlanError, match=r"fluxes needs column 'mag' of stars.*sources.stars"):
        space(project).plan("fluxes")


def test_wrong_unit_names_file_and_column(project):
    (project / "vacframe.toml").write_text('[sources.stars]\nfiles = ["stars.parquet"]\nunits = { mag = "km / s" }\n')
    report = space(project).build("fluxes", workers=1)
    assert not report.ok
    assert "stars.parquet" in report.failures[0].error
    assert "does not convert" in report.failures[0].error


def test_two_providers_need_a_choice(project, tmp_path, monkeypatch):
    code = engine_plugin.CODE.replace('vf.Plugin("synthetic"', 'vf.Plugin("rival"')
    engine_plugin.install(tmp_path / "site", "rival", code)
    with pytest.raises(PlanError, match="rival, synthetic; choose one with --provider fluxes="):
        space(project).plan("fluxes")
    plan = Workspace(project / "ws", project / "vacframe.toml", providers={"fluxes": "rival"}).plan("fluxes")
    assert {p["provider"] for p in plan.products} == {"rival", "files"}


def test_broken_plugin_harms_nobody(project, tmp_path):
    engine_plugin.install(tmp_path / "site", "broken", "raise RuntimeError('no such library')")
    ws = space(project)
    assert ws.build("fluxes", workers=1).ok
    checks = {c.name: c for c in ws.doctor()}
    assert any("no such library" in c.detail for c in checks.values())


def test_mock_needs_a_declared_workspace(project, tmp_path):
    code = engine_plugin.CODE.replace('vf.Plugin("synthetic"', 'vf.Plugin("pretender"').replace(
        "config=Config,", "config=Config, mock=True,"
    )
    engine_plugin.install(tmp_path / "site", "pretender", code)
    with pytest.raises(PlanError, match="not declared"):
        Workspace(project / "ws", project / "vacframe.toml", providers={"fluxes": "pretender"}).plan("fluxes")
    with pytest.raises(ConfigError, match="takes no real stars"):
        space(project, "ws", "survey=mock").plan("stars")


def test_every_task_that_ran_has_a_log_and_its_rows_are_told(project):
    from vacframe.core.execution.progress import Reporter

    class Counting(Reporter):
        def __init__(self):
            self.rows, self.whole = {}, {}

        def task_done(self, product, rows, action):
            self.rows[product] = self.rows.get(product, 0) + rows

        def product_done(self, outcome):
            self.whole[outcome.name] = outcome.rows

    ws = space(project)
    reporter = Counting()
    report = ws.build("fluxes", workers=1, reporter=reporter)
    assert reporter.rows["fluxes"] == ws.read("fluxes").num_rows
    assert reporter.whole == {n: ws.read(n).num_rows for n in ("stars", "fluxes")}
    logs = sorted((ws.folder / "logs" / report.build_id).glob("fluxes-*.log"))
    assert len(logs) == len(ws.version("fluxes").parts)
    assert all("rows" in p.read_text() for p in logs)


def test_a_damaged_scanned_row_file_is_read_again(project):
    """A build that died after scanning left its rows; damage to them costs a scan, not the build."""
    ws = space(project)
    ws.build("stars", workers=1)
    digest = ws.version("stars").manifest["digest"]
    scan = ws.folder / "products" / "stars" / "scan"
    groups = [p.parent for p in scan.glob("*/records.parquet")]
    for group in groups:
        (group / "rows.arrow").write_bytes(b"damaged")
    (ws.folder / "products" / "stars" / "current").unlink()
    for key in (ws.folder / "products" / "stars" / "objects").iterdir():
        key.rename(key.with_name(f"gone-{key.name}"))
    assert ws.build("stars", workers=1).ok
    assert ws.version("stars").manifest["digest"] == digest


def test_plan_says_that_a_source_is_read_in_another_way(project):
    space(project).build("stars", workers=1)
    text = CONFIG.replace('files = ["stars*.parquet"]', 'files = ["stars*.parquet"]\nderive = { mag = "mag + 1" }')
    (project / "vacframe.toml").write_text(text)
    reasons = {(t.reason.kind, t.reason.detail) for t in space(project).plan("stars").tasks}
    assert reasons == {("config", "its configuration changed")}


def test_a_product_read_instead_of_built_keeps_the_columns_of_its_file(project):
    made = engine_plugin.write_stars(project / "fluxes.parquet", 30, first=0)
    table = made.append_column("flux", pa.array(np.arange(30.0))).append_column("note", pa.array(["x"] * 30))
    pq.write_table(table, project / "fluxes.parquet")
    (project / "vacframe.toml").write_text(CONFIG + '[sources.fluxes]\nfiles = ["fluxes.parquet"]\n')
    ws = space(project)
    ws.build("summary", workers=1)
    assert {"flux", "note", "mag"} <= set(ws.read("fluxes").column_names)
    assert ws.read("summary")["number"].to_pylist() == [29]
