"""Files and folders that appear whole or not at all."""

import os

import pytest

from vacframe.core.store.files import link, staged_folder, stat_of, write_text


def test_a_file_is_replaced_or_left_as_it_is(tmp_path):
    path = tmp_path / "a.json"
    write_text(path, "first", sync=True)
    write_text(path, "second", replace=False)
    assert path.read_text() == "first"
    write_text(path, "third")
    assert path.read_text() == "third"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_folder_appears_when_its_block_succeeds(tmp_path, elsewhere):
    place, beside = tmp_path / "deep" / "result", tmp_path / "staged" if elsewhere else None
    with staged_folder(place, beside) as staged:
        (staged / "a").write_text("1")
        assert not place.exists()
    assert (place / "a").read_text() == "1"


def test_nothing_appears_where_the_block_raises(tmp_path):
    def half():
        with staged_folder(tmp_path / "result") as staged:
            (staged / "a").write_text("1")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        half()
    assert os.listdir(tmp_path) == []


def test_the_first_of_two_writers_stays(tmp_path):
    place = tmp_path / "result"
    with staged_folder(place) as late:
        (late / "a").write_text("late")
        with staged_folder(place) as early:
            (early / "a").write_text("early")
    assert (place / "a").read_text() == "early"
    assert os.listdir(tmp_path) == ["result"]


def test_folders_are_linked_file_by_file_and_copied_where_links_are_impossible(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    link(tmp_path / "model", tmp_path / "version" / "model")
    assert (tmp_path / "version/model/model.json").stat().st_ino == (tmp_path / "model/model.json").stat().st_ino

    def refuse(source, target):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    link(tmp_path / "model" / "model.json", tmp_path / "other" / "model.json")
    assert (tmp_path / "other" / "model.json").read_text() == "{}"
    assert stat_of(tmp_path / "model") == stat_of(tmp_path / "model" / "model.json")
    assert stat_of(tmp_path / "absent") == []
