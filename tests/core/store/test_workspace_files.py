"""The workspace's own files, and workspaces of the first format."""

import json

import pytest

from vacframe.core.contract.errors import PlanError, StoreError
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.store.workspace_files import FORMAT, WorkspaceFiles


def test_the_survey_is_declared_once(tmp_path):
    files = WorkspaceFiles(tmp_path)
    assert files.prepare("", None)["tree"] == {"least_order": 0, "split": []}
    with pytest.raises(PlanError, match="never share a workspace"):
        files.prepare("mock", None)
    files.check_format()


def test_what_another_build_split_stays_split(tmp_path):
    files = WorkspaceFiles(tmp_path)
    files.prepare("", {"where": "mag < 5"})
    files.grow(PixelTree(0, {(0, 3)}))
    tree = PixelTree(0, {(0, 4)})
    files.grow(tree)
    assert tree.split == {(0, 3), (0, 4)}
    notes = json.loads(files.own.read_text())
    assert notes["tree"]["split"] == [[0, 3], [0, 4]]
    assert notes["pilot"] == {"where": "mag < 5"}


def test_reasons_and_damage_are_remembered(tmp_path):
    files = WorkspaceFiles(tmp_path)
    files.keep_reasons([("a", "0/1", "new")])
    files.keep_reasons([("a", "0/2", "code"), ("a", "0/1", "config")])
    assert files.reasons() == {"a": {"0/1": "config", "0/2": "code"}}
    files.keep_damaged({("a", "0/1")})
    assert files.damaged() == {("a", "0/1")}
    files.keep_damaged([])
    assert files.damaged() == set()
    (tmp_path / "reasons.json").write_text("{")
    assert files.reasons() == {}


def old_workspace(folder):
    version = folder / "products" / "stars" / "versions" / "v000001"
    version.mkdir(parents=True)
    (version / "vacframe.json").write_text('{"parts": {}}')
    (folder / "vacframe.json").write_text(
        json.dumps({"format": 1, "survey": "", "tree": {"least_order": 0, "split": []}})
    )
    return version


def test_a_workspace_of_the_first_format_is_brought_up_to_date(tmp_path):
    version = old_workspace(tmp_path)
    WorkspaceFiles(tmp_path).check_format()
    assert (version / "version.json").read_text() == '{"parts": {}}'
    assert not (tmp_path / "vacframe.json").exists()
    assert WorkspaceFiles(tmp_path).prepare("", None)["survey"] == ""


def test_a_kill_half_way_through_is_made_good(tmp_path):
    version = old_workspace(tmp_path)
    (version / "vacframe.json").rename(version / "version.json")
    WorkspaceFiles(tmp_path).check_format()
    assert (tmp_path / "workspace.json").exists()


def test_a_plugins_manifest_in_the_folder_is_no_workspace(tmp_path):
    (tmp_path / "vacframe.json").write_text('{"api": 2}')
    WorkspaceFiles(tmp_path).check_format()
    assert (tmp_path / "vacframe.json").exists()


def test_a_newer_format_is_refused(tmp_path):
    (tmp_path / "workspace.json").write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(StoreError, match="made by a newer vacframe"):
        WorkspaceFiles(tmp_path).check_format()
