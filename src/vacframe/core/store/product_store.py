"""The store of a product: finished results of tasks, and versions made of them.

``objects/<key>/`` holds what one task made, under the digest of everything that determines it: a kept result is
adopted whenever a task has the same key. ``versions/v000001/`` is a complete read-only tree of hard links to
objects; ``current`` names the version in force and is swapped in one rename.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from vacframe.core.contract.errors import CorruptFileError, StoreError
from vacframe.core.contract.product import Kind
from vacframe.core.store.files import sync_folder, write_text
from vacframe.io.staging import sync_file

TABLE_FILE = "part.parquet"
REJECTS_FILE = "rejects.parquet"
MODEL_FOLDER = "model"
META_FILE = "meta.json"
MANIFEST = "version.json"
SYNC_THREADS = 16
HATS_FOLDER = "hats"
"""Folder, in a version of a map, of the map as a HATS catalogue."""


@dataclass(frozen=True)
class Version:
    """A published version of a product.

    Attributes
    ----------
    root : Path
        Its folder.
    manifest : dict
        ``parts``: partition → key, rows, digests, stat, inputs; recipe, schema, digest, provenance.
    """

    root: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the version, ``v000001``."""
        return self.root.name

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Records of the partitions by name."""
        return self.manifest["parts"]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(int(p["rows"]) for p in self.parts.values())

    def file(self, part: str) -> Path:
        """Return the file (or the model's folder) of a partition."""
        return self.root / str(self.parts[part]["path"])

    def files(self) -> dict[str, str]:
        """Return the files of the partitions that have rows (of a model: its folder)."""
        root = str(self.root)
        return {name: f"{root}/{record['path']}" for name, record in self.parts.items() if record["path"]}

    def totals(self) -> dict[str, str]:
        """Return the column digests of the whole product (of a model: of its arrays)."""
        records = list(self.parts.values())
        if self.manifest["kind"] == Kind.model:
            return dict(records[0]["digests"]) if records else {}
        from vacframe.core.columns.digest import add_columns

        return add_columns(r["digests"] for r in records)


class ProductStore:
    """Objects and versions of one product.

    Parameters
    ----------
    folder : Path
        ``<workspace>/products/<product>``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self._kept: frozenset[str] | None = None

    def object(self, key: str) -> Path:
        """Return the folder of a task result."""
        return self.folder / "objects" / key

    def kept(self) -> frozenset[str]:
        """Return the keys of the task results that are kept."""
        if self._kept is None:
            objects = self.folder / "objects"
            self._kept = frozenset(e.name for e in os.scandir(objects)) if objects.is_dir() else frozenset()
        return self._kept

    def forget_listing(self) -> None:
        """Look at the folder again when next asked."""
        self._kept = None

    def meta(self, key: str) -> dict[str, Any]:
        """Return the record of a task result."""
        path = self.object(key) / META_FILE
        try:
            return json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise CorruptFileError(str(path), str(error)) from None

    def discard(self, key: str) -> None:
        """Take a damaged task result out of use; it stays aside for inspection."""
        folder = self.object(key)
        if folder.exists():
            aside = self.folder / "damaged" / f"{key}-{uuid.uuid4().hex[:8]}"
            aside.parent.mkdir(parents=True, exist_ok=True)
            os.rename(folder, aside)
        self.forget_listing()

    def current(self) -> Version | None:
        """Return the version in force."""
        pointer = self.folder / "current"
        try:
            name = pointer.read_text().strip()
        except FileNotFoundError:
            return None
        root = self.folder / "versions" / name
        try:
            return Version(root, _manifest(root / MANIFEST, (root / MANIFEST).stat().st_mtime_ns))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{root / MANIFEST}: the record of {self.name} {name} cannot be read ({error}); "
                f"delete {pointer} and build again (finished partitions are reused)"
            ) from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the product's lock (commits are made one at a time)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(stream, fcntl.LOCK_UN)

    def stage(self) -> Path:
        """Return a new empty folder to write a version into."""
        folder = self.folder / "staged" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder

    def commit(self, staged: Path) -> str:
        """Move a staged version into place and make it current; call it with the lock held."""
        versions = self.folder / "versions"
        versions.mkdir(exist_ok=True)
        taken = [int(p.name[1:]) for p in versions.iterdir() if p.name[1:].isdigit()]
        name = f"v{max(taken, default=0) + 1:06d}"
        files = [p for p in staged.rglob("*") if p.is_file()]
        for path in files:
            path.chmod(0o444)
        with ThreadPoolExecutor(SYNC_THREADS) as pool:  # side by side, the file system takes them together
            list(pool.map(sync_file, files))
        os.rename(staged, versions / name)
        sync_folder(versions)
        write_text(self.folder / "current", name + "\n", sync=True)
        sync_folder(self.folder)
        return name


@lru_cache(maxsize=64)
def _manifest(path: Path, written: int) -> dict[str, Any]:
    """Return the manifest of a version, which never changes once `written` (ns)."""
    notes: dict[str, Any] = json.loads(path.read_text())
    return notes
