import hashlib
import os
import sqlite3
import subprocess
import sys

import pytest

from vacframe.core.columns import digest
from vacframe.core.store import ledger
from vacframe.core.store.ledger import FORMAT, Ledger

LONG_AGO = 1_500_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def reads(monkeypatch):
    """Files whose bytes were read for a digest."""
    seen = []
    real = digest.file_digest
    monkeypatch.setattr(digest, "file_digest", lambda p: seen.append(str(p)) or real(p))
    return seen


def old_file(path, text):
    path.write_bytes(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def blake(text):
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def test_a_file_is_read_once_until_it_changes(path, tmp_path, reads):
    file = old_file(tmp_path / "a.fits", b"one")
    with Ledger(path) as first:
        assert first.file_digest(file) == blake(b"one")
        assert first.file_digest(file) == blake(b"one")
    with Ledger(path) as second:
        assert second.file_digest(file) == blake(b"one")
    assert len(reads) == 1


@pytest.mark.parametrize("change", ["size", "time", "inode"])
def test_a_changed_file_is_read_again(path, tmp_path, reads, change):
    file = old_file(tmp_path / "a.fits", b"one")
    with Ledger(path) as book:
        book.file_digest(file)
        if change == "size":
            old_file(file, b"three")
        elif change == "time":
            file.write_bytes(b"two")
        else:
            os.replace(old_file(tmp_path / "b.fits", b"two"), file)
        assert book.file_digest(file) == blake(file.read_bytes())
    assert len(reads) == 2


def test_a_file_changed_a_moment_ago_is_not_trusted_yet(path, tmp_path, reads):
    file = tmp_path / "a.fits"
    file.write_bytes(b"one")
    state = os.stat(file)
    with Ledger(path) as book:
        assert book.file_digest(file) == blake(b"one")
        file.write_bytes(b"two")
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert book.file_digest(file) == blake(b"two")


def test_remembered_digests_are_believed_without_reading(path, tmp_path, reads):
    file = tmp_path / "part.parquet"
    file.write_bytes(b"rows")
    with Ledger(path) as book:
        book.remember(file, os.stat(file), "feed")
    with Ledger(path) as book:
        assert book.file_digest(file) == "feed"
        assert book.known_digest(file, os.stat(path)) is None
    assert reads == []


def test_values_are_kept_by_kind_and_key(path):
    with Ledger(path) as book:
        book.put("scan", "a", {"rows": 3, "pixels": [1, 2], "source_id": 2**62 + 1})
        book.put("scan", "a", {"rows": 4})
        book.put("index", "a", {"rows": 5})
        assert book.get("scan", "a") == {"rows": 4}
        assert book.get("scan", "b") is None
    with Ledger(path) as book:
        assert book.get("scan", "a") == {"rows": 4}
        assert book.get("index", "a") == {"rows": 5}


def test_entries_are_written_in_one_transaction_per_flush(path, monkeypatch):
    monkeypatch.setattr(ledger, "BATCH", 10)
    statements = []
    with Ledger(path) as book, Ledger(path) as other:
        book._database.set_trace_callback(statements.append)
        for number in range(9):
            book.put("scan", str(number), {})
        assert other.get("scan", "8") is None
        book.put("scan", "9", {})
        assert other.get("scan", "8") == {}
    assert sum(s.startswith("COMMIT") for s in statements) == 1


def test_builds_are_listed_oldest_first(path):
    with Ledger(path) as book:
        book.record_build("b", 200.5, 3.25, False, {"stars": {"rows": 7}})
        book.record_build("a", 100.0, 1.0, True, {})
        expected = [
            {"id": "a", "started": 100.0, "seconds": 1.0, "ok": True, "products": {}},
            {"id": "b", "started": 200.5, "seconds": 3.25, "ok": False, "products": {"stars": {"rows": 7}}},
        ]
        assert book.builds() == expected
    with Ledger(path) as book:
        assert book.builds() == expected


def damage(path, how):
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "not a database":
        path.write_bytes(b"not a database at all" * 100)
    elif how == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    elif how == "flipped":
        data = bytearray(path.read_bytes())
        for place in range(4096, len(data)):
            data[place] ^= 0x5A
        path.write_bytes(data)
    elif how == "other format":
        with sqlite3.connect(path) as database:
            database.execute(f"PRAGMA user_version = {FORMAT + 1}")
    elif how == "other tables":
        path.unlink()
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE files (x)")


WAYS = ["missing", "empty", "not a database", "truncated", "flipped", "other format", "other tables"]


@pytest.mark.parametrize("how", WAYS)
def test_what_cannot_be_used_is_made_anew(path, how):
    with Ledger(path) as book:
        for number in range(200):
            book.put("scan", str(number), {"rows": number})
    damage(path, how)
    with Ledger(path) as book:
        assert book.get("scan", "7") is None
        assert book.builds() == []
        book.put("scan", "7", {"rows": 1})
    with Ledger(path) as book:
        assert book.get("scan", "7") == {"rows": 1}


def test_deleting_it_while_it_is_open_loses_only_what_it_held(path):
    with Ledger(path) as book:
        book.put("scan", "a", {"rows": 1})
        book.flush()
        path.unlink()
        book.put("scan", "b", {"rows": 2})
    with Ledger(path) as book:
        assert book.get("scan", "b") == {"rows": 2}


def test_damage_while_it_is_open_is_no_error(path):
    with Ledger(path) as book:
        for number in range(500):
            book.put("scan", str(number), {"rows": number, "text": "x" * 200})
        book.flush()
        path.write_bytes(os.urandom(path.stat().st_size))
        found = [book.get("scan", str(n)) for n in range(500)]
        assert all(f is None or f["rows"] == n for n, f in enumerate(found))
        book.put("scan", "a", {"rows": 1})
    with Ledger(path) as book:
        assert book.get("scan", "a") == {"rows": 1}


def test_a_folder_that_cannot_be_written_still_gives_answers(tmp_path):
    with Ledger(tmp_path / "no such folder" / "ledger.sqlite") as book:
        book.put("scan", "a", {"rows": 1})
        book.flush()
        assert book.get("scan", "a") == {"rows": 1}
        book.record_build("b", 1.0, 1.0, True, {})
        assert [b["id"] for b in book.builds()] == ["b"]


def test_a_ledger_locked_by_another_process_is_no_error(path, monkeypatch):
    Ledger(path).close()
    monkeypatch.setattr(ledger, "TIMEOUT_S", 0.05)
    with Ledger(path) as book:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        book.put("scan", "a", {"rows": 1})
        book.flush()
        assert book.get("scan", "a") == {"rows": 1}
        assert book.get("scan", "b") is None
        with Ledger(path) as late:
            assert late.get("scan", "a") is None
            late.put("scan", "c", {"rows": 3})
            late.flush()
            assert late.get("scan", "c") == {"rows": 3}
        other.execute("ROLLBACK")
        other.close()
    with Ledger(path) as book:
        assert book.get("scan", "a") == {"rows": 1}


WRITER = """
import sys
from vacframe.core.store.ledger import Ledger
for number in range(40):
    with Ledger(sys.argv[1]) as book:
        book.put("scan", f"{sys.argv[2]} {number}", {"rows": number})
"""


def test_two_processes_may_write(path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]
    assert [w.wait() for w in writers] == [0, 0]
    with Ledger(path) as book:
        for name in "ab":
            assert [book.get("scan", f"{name} {n}") for n in range(40)] == [{"rows": n} for n in range(40)]
