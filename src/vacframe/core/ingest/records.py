"""Ingest: which files are to be scanned, and which rows each partition of a source gathers."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.digest import digest_json, total
from vacframe.core.contract.result import Rejects
from vacframe.core.ingest.scanning import RECORDS, REJECTS, ROWS
from vacframe.core.planning.graph import Node
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.pixel_tree import PixelTree

WHOLE = "all"


@dataclass
class Gathering:
    """What one partition of a source is made of."""

    digest: str
    rows: np.ndarray
    """Indices into the live records."""


@dataclass
class Records:
    """All scanned rows of a source that count, in the order of files and rows."""

    group: np.ndarray
    offset: np.ndarray
    file: np.ndarray
    home: np.ndarray
    lanes: np.ndarray
    key: np.ndarray
    groups: list[str] = field(default_factory=list)

    def first(self, number: int | None) -> Records:
        """Return the first `number` rows (None: all)."""
        if number is None or len(self.file) <= number:
            return self
        cut = slice(number)
        return Records(
            self.group[cut],
            self.offset[cut],
            self.file[cut],
            self.home[cut],
            self.lanes[cut],
            self.key[cut],
            self.groups,
        )


class Ingest:
    """The scanned state of one source.

    Parameters
    ----------
    node : Node
        The source.
    folder : Path
        ``<workspace>/products/<product>``.
    ledger : Ledger
        Remembers digests of files by size, mtime and inode.
    recipe : str
        Digest of all that determines how a file is read.
    """

    def __init__(self, node: Node, folder: Path, ledger: Ledger, recipe: str) -> None:
        self.node = node
        self.folder = folder
        self.recipe = recipe
        self.ledger = ledger
        self.names = [str(p) for p in node.files] or [f"shard {i}" for i in range(node.product.files.shards)]
        self.reread = False
        """Whether what was scanned counts no more, because the reader or its options changed."""
        self.state = self._read_state()
        self.changed: list[str] = []

    def _read_state(self) -> dict[str, dict[str, Any]]:
        try:
            notes = json.loads((self.folder / "scan" / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        if notes.get("recipe") != self.recipe:
            self.reread = True
            return {}
        if self.node.product.files.together and set(notes["files"]) != set(self.names):
            return {}
        named = {n: notes["files"][n] for n in self.names if n in notes["files"]}
        return {n: f for n, f in named.items() if (self.folder / "scan" / f["group"] / RECORDS).exists()}

    def moved(self) -> bool:
        """Whether another build has scanned the source since."""
        names = set(self.names)
        return self._read_state() != {n: f for n, f in self.state.items() if n in names}

    def digest(self, name: str) -> str:
        """Return the digest of a file's bytes (of a shard: its name)."""
        if not self.node.files:
            return name
        if os.path.isdir(name):
            inner = sorted(p for p in Path(name).rglob("*") if p.is_file())
            return digest_json([[str(p), self.ledger.file_digest(p)] for p in inner])
        return self.ledger.file_digest(name)

    def stale(self) -> list[str]:
        """Return the files whose rows are not known."""
        return self._complete([n for n in self.names if self.state.get(n, {}).get("digest") != self.digest(n)])

    def without_rows(self, names: set[str]) -> list[str]:
        """Return those of `names` whose scanned rows are no longer kept on disk."""
        scans = self.folder / "scan"
        return self._complete(
            [n for n in self.names if n in names and not (scans / self.state[n]["group"] / ROWS).exists()]
        )

    def _complete(self, names: list[str]) -> list[str]:
        """Return the files to read when `names` have to be: all where they mean something only together."""
        return list(self.names) if names and self.node.product.files.together else names

    def record(self, names: list[str], group: str) -> None:
        """Note that `names` were scanned into `group`."""
        for index, name in enumerate(names):
            self.state[name] = {"digest": self.digest(name), "group": group, "index": index}

    def save(self) -> None:
        """Write the state; files that are gone are forgotten."""
        self.state = {n: self.state[n] for n in self.names}
        path = self.folder / "scan" / f".state-{uuid.uuid4().hex}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"recipe": self.recipe, "files": self.state}))
        os.rename(path, self.folder / "scan" / "state.json")

    def records(self, anchor: tuple[np.ndarray, np.ndarray] | None) -> tuple[Records, Rejects]:
        """Return the rows that count, and the rejects: those of the files, repeated keys, rows without an anchor.

        Parameters
        ----------
        anchor : tuple of ndarray, optional
            Sorted keys and homes of the anchor's rows.
        """
        rejects = Rejects()
        order = {n: i for i, n in enumerate(self.names)}
        groups = sorted({f["group"] for f in self.state.values()})
        columns: dict[str, list[np.ndarray]] = {
            n: [] for n in ("group", "offset", "file", "row", "home", "d0", "d1", "key")
        }
        for number, group in enumerate(groups):
            mine = {f["index"]: order[n] for n, f in self.state.items() if f["group"] == group}
            table = _read(self.folder / "scan" / group / RECORDS)
            where = np.full(max(mine) + 1 if mine else 1, -1)
            where[list(mine)] = list(mine.values())
            index = table["file"].to_numpy()
            file = np.where(index < len(where), where[np.minimum(index, len(where) - 1)], -1)
            live = file >= 0
            values = {n: to_numpy(table[n])[0] for n in ("row", "home", "d0", "d1", "key") if n in table.column_names}
            values |= {"file": file, "group": np.full(len(file), number), "offset": np.arange(len(file))}
            values.setdefault("key", values["row"])
            for name, parts in columns.items():
                parts.append(values[name][live])
            names = {n for n, f in self.state.items() if f["group"] == group}
            lost = _read(self.folder / "scan" / group / REJECTS)
            # A list given to pa.array imports pandas, which is slower than all the rest of a build with nothing to do.
            counted = np.array([f in names for f in lost["file"].to_pylist()], dtype=bool)
            rejects.extend(lost.filter(pa.array(counted)))
        joined = {n: np.concatenate(p) if p else np.empty(0, np.int64) for n, p in columns.items()}
        return self._distinct(joined, groups, rejects, anchor), rejects

    def _distinct(
        self,
        all_: dict[str, np.ndarray],
        groups: list[str],
        rejects: Rejects,
        anchor: tuple[np.ndarray, np.ndarray] | None,
    ) -> Records:
        order = np.lexsort((all_["row"], all_["file"]))
        rows = {n: v[order] for n, v in all_.items()}
        table = self.node.product.table
        if table is not None and table.key is not None and len(order):
            _, first = np.unique(rows["key"], return_index=True)
            kept = np.zeros(len(order), bool)
            kept[first] = True
            self._reject(
                rows, ~kept, rejects, "duplicate_key", f"{table.key} occurs in an earlier row or file; that one is kept"
            )
            rows = {n: v[kept] for n, v in rows.items()}
        if anchor is not None:
            keys, homes = anchor
            place = np.minimum(np.searchsorted(keys, rows["key"]), max(len(keys) - 1, 0))
            found = keys[place] == rows["key"] if len(keys) else np.zeros(len(rows["key"]), bool)
            self._reject(
                rows, ~found, rejects, "no_anchor", "the anchor has no row with this key, so the row has no position"
            )
            rows = {n: v[found] for n, v in rows.items()}
            rows["home"] = homes[place[found]]
        lanes = (
            np.stack([rows["d0"], rows["d1"]], axis=1).astype(np.uint64)
            if len(rows["file"])
            else np.empty((0, 2), np.uint64)
        )
        return Records(rows["group"], rows["offset"], rows["file"], rows["home"], lanes, rows["key"], groups)

    def _reject(self, rows: dict[str, np.ndarray], bad: np.ndarray, rejects: Rejects, reason: str, detail: str) -> None:
        if bad.any():
            files = [self.names[i] for i in rows["file"][bad]]
            rejects.add(reason, detail, keys=rows["key"][bad], files=files, rows=rows["row"][bad])

    def gatherings(self, records: Records, tree: PixelTree) -> dict[str, Gathering]:
        """Return the partitions: which records each gathers, and the digest of its content."""
        if not self.node.on_sky:
            return {WHOLE: Gathering(total(records.lanes), np.arange(len(records.file)))}
        order, pix = tree.leaves(records.home)
        code = (np.int64(4) << (2 * order)) + pix
        by_code = np.argsort(code, kind="stable")
        _, starts = np.unique(code[by_code], return_index=True)
        out = {}
        for rows in np.split(by_code, starts[1:]) if len(code) else []:
            name = f"{order[rows[0]]}/{pix[rows[0]]}"
            homes = total(records.home[rows][:, None].astype(np.uint64) * np.array([[3, 5]], np.uint64))
            out[name] = Gathering(digest_json([total(records.lanes[rows]), homes]), rows)
        return out

    def selection(self, records: Records, gathering: Gathering) -> list[dict[str, Any]]:
        """Return which rows of which groups a gather task reads."""
        out = []
        source = self.node.source
        moved = source is not None and bool(source.anchor or source.position)
        table = self.node.product.table
        for number in np.unique(records.group[gathering.rows]):
            rows = gathering.rows[records.group[gathering.rows] == number]
            rows = rows[np.argsort(records.offset[rows])]
            item: dict[str, Any] = {"group": records.groups[number], "rows": records.offset[rows].tolist()}
            if moved and table is not None and table.position is not None:
                item |= {"homes": records.home[rows].tolist(), "position": [table.position.ra, table.position.dec]}
            out.append(item)
        return out

    def files_of(self, records: Records, gathering: Gathering) -> set[str]:
        """Return the files whose rows a partition gathers."""
        return {self.names[i] for i in np.unique(records.file[gathering.rows])}

    def drop_rows(self) -> None:
        """Delete the scanned rows, which the published partitions now hold, and groups of forgotten files."""
        live = {f["group"] for f in self.state.values()}
        for folder in (self.folder / "scan").iterdir():
            if folder.is_dir():
                (folder / ROWS).unlink(missing_ok=True)
                if folder.name not in live:
                    shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> pa.Table:
    # pq.read_table imports pyarrow.dataset and with it pandas: most of a second.
    with pq.ParquetFile(path) as file:
        return file.read()
