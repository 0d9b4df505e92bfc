"""Scanning of files: what is read, recorded, and read again."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.columns.batch import SourceFile
from vacframe.core.contract.errors import CorruptFileError, InputFileError
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.ingest.gathering import run_gather
from vacframe.core.ingest.scanning import RECORDS, REJECTS, ROWS, run_scan
from vacframe.core.ingest.scans import Scans
from vacframe.core.planning.graph import Node
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.product_store import ProductStore
from vacframe.core.tasks.specs import GatherSpec, PilotRows, ProductSpec, ScannedRows, ScanSpec

STARS = TableSchema(
    key="star",
    position=Position(),
    columns=(
        column("star", "int64", "Identifier", nullable=False),
        column("ra", "float64", "Right ascension", unit="deg"),
        column("dec", "float64", "Declination", unit="deg"),
    ),
)
PRODUCT = Product(name="stars", description="Stars", kind=Kind.source, table=STARS)


def write(path, first, number):
    ra, dec = np.linspace(1, 300, number), np.linspace(-60, 60, number)
    pq.write_table(pa.table({"star": np.arange(first, first + number), "ra": ra, "dec": dec}), path)
    return path


@pytest.fixture
def files(tmp_path):
    return [write(tmp_path / "a.parquet", 0, 5), write(tmp_path / "b.parquet", 100, 3)]


def product_spec(tmp_path):
    return ProductSpec(
        PRODUCT, "files", {}, 0, {}, (), (), tmp_path / "ws" / "stars", tmp_path / "logs", tmp_path / "capsules", 1, "b"
    )


def scan_spec(tmp_path, files, **options):
    given = tuple(SourceFile(str(f), Path(f)) for f in files)
    source = SourceConfig.model_validate({"files": [str(f) for f in files]})
    return ScanSpec(product_spec(tmp_path), "scan 0", given, source, **options)


def scanned(tmp_path, spec):
    answer = run_scan(spec)
    folder = tmp_path / "ws" / "stars" / "scan" / answer.group
    assert answer.seconds > 0
    assert {p.name for p in folder.iterdir()} == {ROWS, RECORDS, REJECTS}
    return answer.group, pq.read_table(folder / RECORDS), pq.read_table(folder / REJECTS)


def test_each_row_has_a_record_of_its_file_row_key_and_pixel(tmp_path, files):
    _, records, rejects = scanned(tmp_path, scan_spec(tmp_path, files))
    assert rejects.num_rows == 0
    found = {(f, r): k for f, r, k in zip(*(records[n].to_pylist() for n in ("file", "row", "key")), strict=True)}
    assert found == {(0, r): r for r in range(5)} | {(1, r): 100 + r for r in range(3)}
    assert len(set(zip(records["d0"].to_pylist(), records["d1"].to_pylist(), strict=True))) == 8


def test_a_file_that_cannot_be_read_is_a_reject_unless_it_is_the_only_one(tmp_path, files):
    files[1].write_bytes(b"no table")
    _, records, rejects = scanned(tmp_path, scan_spec(tmp_path, files))
    assert (records.num_rows, rejects["reason"].to_pylist()) == (5, ["unreadable_file"])
    assert rejects["file"].to_pylist() == [str(files[1])]
    with pytest.raises(InputFileError, match=r"b\.parquet"):
        run_scan(scan_spec(tmp_path, files[1:], only_file=True))


def test_a_pilot_run_takes_some_rows_and_counts_the_others(tmp_path, files):
    spec = scan_spec(tmp_path, files, pilot=PilotRows(where="dec > 0"))
    _, records, rejects = scanned(tmp_path, spec)
    assert records.num_rows + rejects.num_rows == 8
    assert set(rejects["reason"].to_pylist()) == {"not_in_pilot"}
    _, none, _ = scanned(tmp_path, replace(spec, pilot=PilotRows(pixels=("29/0",))))
    assert none.num_rows == 0


def test_gathered_rows_are_those_asked_for(tmp_path, files):
    group, records, _ = scanned(tmp_path, scan_spec(tmp_path, files))
    rows = np.flatnonzero(np.isin(records["key"].to_numpy(), [1, 3, 101])).tolist()
    spec = GatherSpec(product_spec(tmp_path), "0/0", "key", {"files": "d"}, (ScannedRows(group, rows),))
    answer = run_gather(spec)
    assert (answer.key, answer.rows, answer.adopted) == ("key", 3, False)
    store = ProductStore(tmp_path / "ws" / "stars")
    table = pq.read_table(store.object("key") / "part.parquet")
    assert sorted(table["star"].to_pylist()) == [1, 3, 101]
    assert run_gather(spec).adopted
    (tmp_path / "ws" / "stars" / "scan" / group / ROWS).unlink()
    with pytest.raises(CorruptFileError):
        run_gather(replace(spec, key="other"))


def scans(tmp_path, files, recipe="r"):
    node = Node(PRODUCT, "files", files=tuple(files), source=SourceConfig.model_validate({"files": ["x"]}))
    return Scans(node, tmp_path / "ws" / "stars" / "scan", Ledger(tmp_path / "ledger.sqlite"), recipe)


def scan_all(tmp_path, files, state):
    names = state.stale()
    group, *_ = scanned(tmp_path, scan_spec(tmp_path, names))
    state.record(names, group)
    state.save()
    return names


def test_only_changed_files_are_read_again(tmp_path, files):
    state = scans(tmp_path, files)
    assert scan_all(tmp_path, files, state) == [str(f) for f in files]
    again = scans(tmp_path, files)
    assert again.stale() == []
    write(files[1], 200, 4)
    assert scan_all(tmp_path, files, again) == [str(files[1])]
    records, _ = again.records(None)
    assert sorted(records.key.tolist()) == [0, 1, 2, 3, 4, 200, 201, 202, 203]
    assert scans(tmp_path, files[:1]).records(None)[0].key.tolist() == [0, 1, 2, 3, 4]


def test_another_way_of_reading_reads_all_again(tmp_path, files):
    scan_all(tmp_path, files, scans(tmp_path, files))
    other = scans(tmp_path, files, recipe="other")
    assert (len(other.stale()), other.reread) == (2, True)


def test_scanned_rows_are_dropped_and_missed_when_they_are_wanted_again(tmp_path, files):
    state = scans(tmp_path, files)
    scan_all(tmp_path, files, state)
    assert state.without_rows(set(state.names)) == []
    state.drop_rows()
    assert state.without_rows(set(state.names)) == state.names
    assert state.records(None)[0].key.size == 8
    assert not state.moved()
    os.unlink(tmp_path / "ws" / "stars" / "scan" / "state.json")
    assert state.moved()
