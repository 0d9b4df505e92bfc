"""Records of scanned rows: which count, and which partition gathers each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.contract.result import Rejects
from vacframe.core.ingest.records import Records, distinct, gatherings, placed_by, scanned_rows
from vacframe.core.store.pixel_tree import PixelTree


def records(keys, pixels=None, groups=None, files=("a", "b")):
    count = len(keys)
    random = np.random.default_rng(count)
    return Records(
        group=np.zeros(count, int) if groups is None else np.asarray(groups, int),
        offset=np.arange(count),
        file=np.arange(count) % max(1, len(files)),
        row=np.arange(count),
        pixel=np.zeros(count, np.int64) if pixels is None else np.asarray(pixels, np.int64),
        lanes=random.integers(0, 2**63, (count, 2)).astype(np.uint64),
        key=np.asarray(keys),
        groups=["g0", "g1", "g2"],
        files=list(files),
    )


@given(st.lists(st.integers(0, 6), max_size=25))
def test_the_first_row_of_each_key_stays_and_the_others_are_rejects(keys):
    rejects = Rejects()
    kept = distinct(records(np.array(keys, np.int64)), "star", rejects)
    assert kept.key.tolist() == list(dict.fromkeys(keys))
    assert len(kept) + len(rejects) == len(keys)
    if len(rejects):
        lost = rejects.to_arrow()
        assert set(lost["reason"].to_pylist()) == {"duplicate_key"}
        assert all(keys[row] in keys[:row] for row in lost["row"].to_pylist())
        assert lost["file"].to_pylist() == ["ab"[row % 2] for row in lost["row"].to_pylist()]


class Anchor:
    def __init__(self, keys, pixels):
        self.keys, self.pixels = np.asarray(keys), np.asarray(pixels, np.int64)


def test_rows_take_the_places_of_an_anchor():
    rejects = Rejects()
    placed = placed_by(records(np.array([5, 1, 9, 3])), Anchor([1, 3, 5], [10, 30, 50]), rejects)
    assert placed.key.tolist() == [5, 1, 3]
    assert placed.pixel.tolist() == [50, 10, 30]
    assert rejects.to_arrow()["key"].to_pylist() == ["9"]
    empty = placed_by(records(np.array([5])), Anchor(np.empty(0, np.int64), []), Rejects())
    assert len(empty) == 0


PIXELS = st.lists(st.integers(0, 12 * 4**29 - 1), min_size=1, max_size=40)


@given(PIXELS, st.integers(1, 10))
def test_every_row_is_gathered_once_where_it_lies(pixels, most):
    tree = PixelTree()
    tree.grow(np.array(pixels), most)
    rows = records(np.arange(len(pixels)), pixels)
    found = gatherings(rows, tree, on_sky=True)
    assert sorted(np.concatenate([g.rows for g in found.values()]).tolist()) == list(range(len(pixels)))
    for part, gathering in found.items():
        order, number = map(int, part.split("/"))
        assert {p >> 2 * (29 - order) for p in np.array(pixels)[gathering.rows].tolist()} == {number}


def test_the_digest_of_a_partition_is_that_of_its_rows_in_any_order():
    rows = records(np.arange(4), [1, 2, 3, 4])
    (part,) = gatherings(rows, PixelTree(), on_sky=True).values()
    (turned,) = gatherings(rows.take(np.array([2, 0, 3, 1])), PixelTree(), on_sky=True).values()
    assert part.digest == turned.digest
    rows.pixel = rows.pixel + 1
    (moved,) = gatherings(rows, PixelTree(), on_sky=True).values()
    assert moved.digest != part.digest
    assert list(gatherings(rows, PixelTree(), on_sky=False)) == ["all"]


@pytest.mark.parametrize("moved", [False, True])
def test_a_gather_task_is_told_ascending_rows_of_each_group(moved):
    rows = records(np.arange(6), [9, 8, 7, 6, 5, 4], groups=[0, 2, 0, 2, 0, 1])
    rows.offset = np.array([4, 1, 2, 0, 9, 3])
    told = scanned_rows(rows, np.array([0, 1, 2, 3]), moved)
    assert [(g.group, g.rows) for g in told] == [("g0", [2, 4]), ("g2", [0, 1])]
    assert [g.pixels for g in told] == ([[7, 9], [6, 8]] if moved else [None, None])


def test_a_limit_takes_the_first_rows():
    rows = records(np.arange(6))
    assert rows.first(None) is rows
    assert rows.first(2).key.tolist() == [0, 1]
    assert rows.first(2).files_of(np.array([1])) == {"b"}
