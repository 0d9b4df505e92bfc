"""Files of a workspace that are damaged, lost or cut: what is said, and that a build puts it right."""

import json

import engine_plugin
import pytest

from vacframe.core.contract.errors import StoreError
from vacframe.workspace import Workspace


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    engine_plugin.write_stars(tmp_path / "stars.parquet", 100)
    (tmp_path / "vacframe.toml").write_text('pixel_order = 0\n[sources.stars]\nfiles = ["stars.parquet"]\n')
    return tmp_path


def space(project):
    return Workspace(project / "ws", project / "vacframe.toml")


@pytest.fixture
def built(project):
    ws = space(project)
    assert ws.build("summary", "noisy", workers=1).ok
    return ws


@pytest.mark.parametrize(
    "name", ["ledger.sqlite", "reasons.json", "config.json", "damaged.json", "products/stars/scan/state.json"]
)
def test_a_file_that_only_speeds_things_up_may_hold_anything(built, project, name):
    (project / "ws" / name).write_bytes(b"\x00no such thing{")
    report = space(project).build("summary", "noisy", workers=1)
    assert report.ok
    assert report.ran == 0
    assert space(project).why("fluxes")


def test_damage_that_verify_found_waits_for_the_build_that_can_put_it_right(built, project):
    version = built.version("fluxes")
    part = next(iter(version.parts))
    engine_plugin.flip_a_byte(version.file(part))
    assert [(p["product"], p["part"]) for p in built.verify()] == [("fluxes", part)]
    (task,) = [t for t in space(project).plan("summary").tasks if t.action == "run"]
    assert (task.product, task.part, task.reason.kind) == ("fluxes", part, "damaged")
    assert space(project).build("stars", workers=1).ran == 0
    report = space(project).build("summary", workers=1)
    assert (report["fluxes"].ran, report["summary"].ran) == (1, 0)
    assert space(project).verify() == []
    assert space(project).build("summary", "noisy", workers=1).ran == 0


def test_a_lost_partition_is_made_again(built, project):
    version = built.version("fluxes")
    file = version.file(next(iter(version.parts)))
    file.parent.chmod(0o755)
    file.unlink()
    assert [p["problem"] for p in built.verify("fluxes")] == ["is missing"]
    report = space(project).build("summary", workers=1)
    assert report.ok
    assert built.verify() == []


@pytest.mark.parametrize("damaged", ["no such version", "cut record"])
def test_a_record_that_cannot_be_read_is_one_error_whose_advice_works(built, project, damaged):
    pointer = project / "ws" / "products" / "fluxes" / "current"
    before = built.version("fluxes").manifest["digest"]
    if damaged == "no such version":
        pointer.write_text("v000099")
    else:
        record = built.version("fluxes").root / "version.json"
        record.chmod(0o644)
        record.write_text(record.read_text()[:300])
    with pytest.raises(StoreError, match=r"cannot be read.*delete .*current and build again"):
        space(project).build("summary", workers=1)
    states = {p["name"]: p["state"] for p in space(project).products()}
    assert (states["fluxes"], states["stars"]) == ("damaged", "built")
    pointer.unlink()
    report = space(project).build("summary", workers=1)
    assert report.ok
    assert (report["fluxes"].ran, report["summary"].ran) == (0, 0)
    assert built.version("fluxes").manifest["digest"] == before


def test_the_workspaces_own_file_is_asked_for(built, project):
    own = project / "ws" / "workspace.json"
    notes = own.read_text()
    own.write_text(notes[:20])
    with pytest.raises(StoreError, match=r"workspace.json cannot be read.*restore it"):
        space(project)
    own.write_text(json.dumps(json.loads(notes)))
    assert space(project).build("summary", workers=1).ran == 0
