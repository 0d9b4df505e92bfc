"""The ledger: what was worked out before, in SQLite; a cache that may be deleted at any time.

The coordinator alone writes it. Nothing in it is needed for a right answer: where it is missing, damaged, of
another version or cannot be written, the answers are worked out again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

FORMAT = 1
"""Raised when the tables change; a ledger of another format is made anew."""

TIMEOUT_S = 30.0
BATCH = 2000
"""Number of entries that wait in memory before they are written in one transaction."""

SETTLED_S = 2.0
"""A file changed less than this long ago may change again within one tick of the file system's clock."""

_TABLES = (
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, digest TEXT)",
    "CREATE TABLE memo (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID",
    "CREATE TABLE builds (id TEXT PRIMARY KEY, started REAL, seconds REAL, ok INTEGER, products TEXT)",
    f"PRAGMA user_version = {FORMAT}",
)
_INSERT = {
    "files": "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
    "memo": "INSERT OR REPLACE INTO memo VALUES (?, ?, ?)",
    "builds": "INSERT OR REPLACE INTO builds VALUES (?, ?, ?, ?, ?)",
}
_Rows = dict[tuple[str, ...], tuple[Any, ...]]


class Ledger:
    """Digests of files, memoised values and the list of builds.

    Entries are written in batches; `flush` (or leaving the context) writes the rest.

    Parameters
    ----------
    path : path
        The SQLite file; made where it is missing, and made anew where it cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._waiting: dict[str, _Rows] = {name: {} for name in _INSERT}
        self._database = self._open()

    # -- files -------------------------------------------------------------------------------------------

    def file_digest(self, path: str | os.PathLike[str]) -> str:
        """Return the digest of a file's bytes, read only where size, time of change or inode are new.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        before = os.stat(path)
        known = self.known_digest(path, before)
        if known is not None:
            return known
        from vacframe.core.columns.digest import file_digest

        digest = file_digest(path)
        settled = time.time() - before.st_mtime > SETTLED_S
        if settled and _identity(os.stat(path)) == _identity(before):
            self.remember(path, before, digest)
        return digest

    def known_digest(self, path: str | os.PathLike[str], stat: os.stat_result) -> str | None:
        """Return the digest remembered for a file in this state, None where there is none."""
        row = self._row("files", (os.path.abspath(path),), "SELECT * FROM files WHERE path = ?")
        return str(row[4]) if row is not None and tuple(row[1:4]) == _identity(stat) else None

    def remember(self, path: str | os.PathLike[str], stat: os.stat_result, digest: str) -> None:
        """Keep the digest of a file in this state."""
        name = os.path.abspath(path)
        self._add("files", (name,), (name, *_identity(stat), digest))

    # -- values ------------------------------------------------------------------------------------------

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a remembered value, None where there is none."""
        row = self._row("memo", (kind, key), "SELECT * FROM memo WHERE kind = ? AND key = ?")
        try:
            value = None if row is None else json.loads(row[2])
        except (ValueError, TypeError):
            return None
        return value if isinstance(value, dict) else None

    def put(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Remember a JSON value."""
        self._add("memo", (kind, key), (kind, key, json.dumps(value)))

    # -- builds ------------------------------------------------------------------------------------------

    def record_build(self, build: str, started: float, seconds: float, ok: bool, products: Any) -> None:
        """Add a build to the list, and write everything that waits.

        Parameters
        ----------
        build : str
            Its id.
        started : float
            Unix time, seconds.
        seconds : float
            How long it took.
        ok : bool
        products : JSON value
            What it made.
        """
        self._add("builds", (build,), (build, started, seconds, int(ok), json.dumps(products)))
        self.flush()

    def builds(self) -> list[dict[str, Any]]:
        """Return the builds, oldest first: id, started, seconds, ok, products."""
        self.flush()
        rows = {row[0]: row for row in self._query("SELECT * FROM builds", ())}
        rows |= {row[0]: row for row in self._waiting["builds"].values()}
        return [
            {"id": r[0], "started": r[1], "seconds": r[2], "ok": bool(r[3]), "products": json.loads(r[4])}
            for r in sorted(rows.values(), key=lambda row: row[1])
        ]

    # -- the file ----------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what waits, in one transaction; where that is impossible it stays in memory."""
        if not any(self._waiting.values()):
            return
        try:
            self._write()
        except sqlite3.Error as error:
            if _busy(error):
                return
            self._database = self._renew()
            try:
                self._write()
            except sqlite3.Error:
                return
        self._waiting = {name: {} for name in _INSERT}

    def close(self) -> None:
        """Write what waits and close the file."""
        self.flush()
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, table: str, key: tuple[str, ...], row: tuple[Any, ...]) -> None:
        self._waiting[table][key] = row
        if len(self._waiting[table]) % BATCH == 0:
            self.flush()

    def _row(self, table: str, key: tuple[str, ...], query: str) -> tuple[Any, ...] | None:
        if key in self._waiting[table]:
            return self._waiting[table][key]
        rows = self._query(query, key)
        return rows[0] if rows else None

    def _query(self, query: str, key: tuple[str, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, key).fetchall()
        except sqlite3.Error as error:
            if not _busy(error):
                self._database = self._renew()
            return []

    def _write(self) -> None:
        if not self.path.exists():  # SQLite would go on writing into the deleted file
            self._database = self._renew()
        with self._database:
            for table, rows in self._waiting.items():
                self._database.executemany(_INSERT[table], list(rows.values()))

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.Error as error:
            return _in_memory() if _busy(error) else self._renew()

    def _renew(self) -> sqlite3.Connection:
        """Return an empty ledger in place of one that cannot be used; in memory where that is impossible."""
        if hasattr(self, "_database"):
            self._database.close()
        try:
            for suffix in ("", "-journal", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return _connect(self.path)
        except (OSError, sqlite3.Error):
            return _in_memory()


def _in_memory() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    _make_tables(database)
    return database


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=TIMEOUT_S)
    try:
        if _version(database) != FORMAT:
            database.execute("BEGIN IMMEDIATE")  # another process may be making it just now
            if _version(database) != FORMAT:
                _make_tables(database)
            database.commit()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _make_tables(database: sqlite3.Connection) -> None:
    """Make the tables; a ledger of another format has some already, which is an error."""
    for statement in _TABLES:
        database.execute(statement)


def _identity(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
