"""Scanned rows of a source that count: which there are, and which partition gathers each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from vacframe.core.columns.digest import digest_json, total
from vacframe.core.columns.pixel import Pixel
from vacframe.core.contract.result import Rejects
from vacframe.core.planning.states import WHOLE
from vacframe.core.store.key_index import KeyIndex
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.tasks.specs import ScannedRows


@dataclass
class Records:
    """Scanned rows, in the order of files and rows; arrays of shape (n,), `lanes` (n, 2).

    Attributes
    ----------
    group, offset : ndarray of int64
        Scanned group, and place in it.
    file, row : ndarray of int64
        File, and row in it.
    pixel : ndarray of int64
        Order-29 HEALPix pixel.
    lanes : ndarray of uint64
        Digest of the row.
    key : ndarray
        Key; the row where the product has none.
    groups, files : list of str
        Names of groups and files.
    """

    group: np.ndarray
    offset: np.ndarray
    file: np.ndarray
    row: np.ndarray
    pixel: np.ndarray
    lanes: np.ndarray
    key: np.ndarray
    groups: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.file)

    def take(self, rows: np.ndarray | slice) -> Records:
        """Return some of the rows."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in ("groups", "files")}
        return Records(**arrays, groups=self.groups, files=self.files)

    def first(self, number: int | None) -> Records:
        """Return the first `number` rows (None: all)."""
        return self if number is None or len(self) <= number else self.take(slice(number))

    def files_of(self, rows: np.ndarray) -> set[str]:
        """Return the files that some rows come from."""
        return {self.files[i] for i in np.unique(self.file[rows])}


def distinct(records: Records, key: str, rejects: Rejects) -> Records:
    """Return the records with the first row of each key; the others are rejects."""
    _, first = np.unique(records.key, return_index=True)
    kept = np.zeros(len(records), bool)
    kept[first] = True
    _reject(records, ~kept, rejects, "duplicate_key", f"{key} occurs in an earlier row or file; that one is kept")
    return records.take(kept)


def placed_by(records: Records, anchor: KeyIndex, rejects: Rejects) -> Records:
    """Return the records at the places of another product's rows with their keys; rows without one are rejects."""
    keys, wanted = np.asarray(anchor.keys), records.key
    if not len(keys):
        found, place = np.zeros(len(records), bool), np.zeros(len(records), np.int64)
    else:
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = keys[place] == wanted
    detail = "the product named by anchor has no row with this key, so the row has no position"
    _reject(records, ~found, rejects, "no_anchor", detail)
    placed = records.take(found)
    placed.pixel = np.asarray(anchor.pixels)[place[found]]
    return placed


def _reject(records: Records, bad: np.ndarray, rejects: Rejects, reason: str, detail: str) -> None:
    if bad.any():
        files = [records.files[i] for i in records.file[bad]]
        rejects.add(reason, detail, keys=records.key[bad], files=files, rows=records.row[bad])


@dataclass
class Gathering:
    """What one partition of a source is made of: the digest of its content, and the indices of its records."""

    digest: str
    rows: np.ndarray


def gatherings(records: Records, tree: PixelTree, on_sky: bool) -> dict[str, Gathering]:
    """Return the partitions: which records each gathers, and the digest of its content."""
    if not on_sky:
        return {WHOLE: Gathering(total(records.lanes), np.arange(len(records)))}
    order, number = tree.leaves(records.pixel)
    code = (np.int64(4) << (2 * order)) + number
    by_code = np.argsort(code, kind="stable")
    _, starts = np.unique(code[by_code], return_index=True)
    members = np.split(by_code, starts[1:]) if len(code) else []
    parts = [str(Pixel(int(order[rows[0]]), int(number[rows[0]]))) for rows in members]
    places = records.pixel[:, None].astype(np.uint64) * np.array([[3, 5]], np.uint64)
    digests = [digest_json([total(records.lanes[rows]), total(places[rows])]) for rows in members]
    return {part: Gathering(d, rows) for part, d, rows in zip(parts, digests, members, strict=True)}


def scanned_rows(records: Records, rows: Sequence[int] | np.ndarray, moved: bool) -> tuple[ScannedRows, ...]:
    """Return which rows of which groups a gather task reads; `moved` says whether it is told their places too."""
    out, chosen = [], np.asarray(rows)
    for number in np.unique(records.group[chosen]):
        mine = chosen[records.group[chosen] == number]
        mine = mine[np.argsort(records.offset[mine])]
        pixels = records.pixel[mine].tolist() if moved else None
        out.append(ScannedRows(records.groups[number], records.offset[mine].tolist(), pixels))
    return tuple(out)
