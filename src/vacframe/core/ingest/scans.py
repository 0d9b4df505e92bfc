"""Scans: what is on disk of a source's files, which of them have changed since, and the records of their rows."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.digest import digest_json
from vacframe.core.contract.result import Rejects
from vacframe.core.ingest.records import Records, distinct, placed_by
from vacframe.core.ingest.scanning import RECORDS, REJECTS, ROWS
from vacframe.core.planning.graph import Node
from vacframe.core.store.files import write_text
from vacframe.core.store.key_index import KeyIndex
from vacframe.core.store.ledger import Ledger

_COLUMNS = ("group", "offset", "file", "row", "pixel", "d0", "d1", "key")


class Scans:
    """The scanned state of one source.

    Parameters
    ----------
    node : Node
        The source.
    folder : Path
        ``<workspace>/products/<product>/scan``.
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
            notes = json.loads((self.folder / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        if notes.get("recipe") != self.recipe:
            self.reread = True
            return {}
        if self.node.product.files.together and set(notes["files"]) != set(self.names):
            return {}
        named = {n: notes["files"][n] for n in self.names if n in notes["files"]}
        return {n: f for n, f in named.items() if (self.folder / f["group"] / RECORDS).exists()}

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
        return self._complete(
            [n for n in self.names if n in names and not (self.folder / self.state[n]["group"] / ROWS).exists()]
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
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / "state.json", json.dumps({"recipe": self.recipe, "files": self.state}))

    def records(self, anchor: KeyIndex | None) -> tuple[Records, Rejects]:
        """Return the rows that count, and the rejects: those of the files, repeated keys, rows without an anchor.

        Parameters
        ----------
        anchor : KeyIndex, optional
            Places of the anchor's rows.
        """
        rejects = Rejects()
        order = {n: i for i, n in enumerate(self.names)}
        groups = sorted({f["group"] for f in self.state.values()})
        parts: list[dict[str, np.ndarray]] = []
        for number, group in enumerate(groups):
            files = {n: f["index"] for n, f in self.state.items() if f["group"] == group}
            parts.append(self._group(number, group, {index: order[n] for n, index in files.items()}))
            rejects.extend(self._rejects(group, set(files)))
        joined = {n: np.concatenate([p[n] for p in parts]) if parts else np.empty(0, np.int64) for n in _COLUMNS}
        records = self._in_order(joined, groups)
        table = self.node.product.table
        if table is not None and table.key is not None and len(records):
            records = distinct(records, table.key, rejects)
        return (records if anchor is None else placed_by(records, anchor, rejects)), rejects

    def _group(self, number: int, group: str, place: dict[int, int]) -> dict[str, np.ndarray]:
        """Return the records of one group whose files count; `place` is index in the group → index of the file."""
        table = _read(self.folder / group / RECORDS)
        where = np.full(max(place, default=0) + 1, -1)
        where[list(place)] = list(place.values())
        index = table["file"].to_numpy()
        file = np.where(index < len(where), where[np.minimum(index, len(where) - 1)], -1)
        values = {n: to_numpy(table[n])[0] for n in ("row", "pixel", "d0", "d1", "key") if n in table.column_names}
        values |= {"file": file, "group": np.full(len(file), number), "offset": np.arange(len(file))}
        values.setdefault("key", values["row"])
        return {name: values[name][file >= 0] for name in _COLUMNS}

    def _rejects(self, group: str, names: set[str]) -> pa.Table:
        lost = _read(self.folder / group / REJECTS)
        # A list given to pa.array imports pandas, which is slower than all the rest of a build with nothing to do.
        counted = np.array([f in names for f in lost["file"].to_pylist()], dtype=bool)
        return lost.filter(pa.array(counted))

    def _in_order(self, joined: dict[str, np.ndarray], groups: list[str]) -> Records:
        order = np.lexsort((joined["row"], joined["file"]))
        rows = {n: v[order] for n, v in joined.items()}
        lanes = np.stack([rows.pop("d0"), rows.pop("d1")], axis=1).astype(np.uint64)
        return Records(**rows, lanes=lanes, groups=groups, files=self.names)

    def drop_rows(self) -> None:
        """Delete the scanned rows, which the published partitions now hold, and groups of forgotten files."""
        live = {f["group"] for f in self.state.values()}
        for folder in self.folder.iterdir():
            if folder.is_dir():
                (folder / ROWS).unlink(missing_ok=True)
                if folder.name not in live:
                    shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> pa.Table:
    # pq.read_table imports pyarrow.dataset and with it pandas: most of a second.
    with pq.ParquetFile(path) as file:
        return file.read()
