"""Files and folders that appear whole or not at all."""

import os

import pytest

from vacframe.io.staging import staged


def write(place, text, folder=False):
    if folder:
        place.mkdir()
        place = place / "inside"
    place.write_text(text)


def content(place):
    return (place / "inside").read_text() if place.is_dir() else place.read_text()


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("old", [None, False, True])
@pytest.mark.parametrize("sync", [False, True])
def test_it_takes_the_place_of_whatever_was_there(tmp_path, folder, old, sync):
    target = tmp_path / "target"
    if old is not None:
        write(target, "old", folder=old)
    with staged(target, sync=sync) as place:
        assert place.parent == tmp_path
        assert not place.exists()
        write(place, "new", folder)
        assert target.exists() == (old is not None)
    assert content(target) == "new"
    assert os.listdir(tmp_path) == ["target"]


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("old", [None, False, True])
def test_a_failure_leaves_nothing_and_changes_nothing(tmp_path, folder, old):
    target = tmp_path / "target"
    if old is not None:
        write(target, "old", folder=old)

    def half_done():
        with staged(target) as place:
            write(place, "half", folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_done()
    assert os.listdir(tmp_path) == ([] if old is None else ["target"])
    assert old is None or content(target) == "old"


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_what_is_not_to_be_overwritten_stays(tmp_path, folder, old, late):
    """Also where it appears while the new one is written."""
    target = tmp_path / "target"
    if not late:
        write(target, "old", folder=old)

    def put():
        with staged(target, overwrite=False) as place:
            assert late, "refused before anything is written"
            write(place, "new", folder)
            write(target, "old", folder=old)

    with pytest.raises(FileExistsError):
        put()
    assert content(target) == "old"
    assert os.listdir(tmp_path) == ["target"]


@pytest.mark.parametrize("folder", [False, True])
def test_without_overwriting_where_nothing_is(tmp_path, folder):
    with staged(tmp_path / "target", overwrite=False) as place:
        write(place, "new", folder)
    assert content(tmp_path / "target") == "new"
    assert os.listdir(tmp_path) == ["target"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_nothing_written_is_an_error(tmp_path, overwrite):
    with pytest.raises(FileNotFoundError), staged(tmp_path / "target", overwrite=overwrite):
        pass
    assert os.listdir(tmp_path) == []


def test_two_at_once_do_not_meet(tmp_path):
    with staged(tmp_path / "target") as one, staged(tmp_path / "target") as two:
        assert one != two
        write(one, "one")
        write(two, "two")
    assert content(tmp_path / "target") == "one"


def test_a_link_is_replaced_and_not_what_it_points_to(tmp_path):
    write(tmp_path / "elsewhere", "kept", folder=True)
    (tmp_path / "target").symlink_to(tmp_path / "elsewhere")
    with staged(tmp_path / "target") as place:
        write(place, "new", folder=True)
    assert content(tmp_path / "target") == "new"
    assert content(tmp_path / "elsewhere") == "kept"


def test_a_folder_comes_back_where_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    write(tmp_path / "target", "old", folder=True)
    rename, calls = os.rename, []

    def failing(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise OSError("disk")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)

    def put():
        with staged(tmp_path / "target") as place:
            write(place, "new", folder=True)

    with pytest.raises(OSError, match="disk"):
        put()
    assert content(tmp_path / "target") == "old"
    assert os.listdir(tmp_path) == ["target"]
