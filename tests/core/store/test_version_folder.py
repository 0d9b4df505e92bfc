"""A version: links to results, a catalogue that others read, and a manifest that says what is in it."""

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.columns.digest import content_digest
from vacframe.core.columns.position import HEALPIX, healpix29, in_order, stored_schema
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.result import REJECT_SCHEMA, Rejects
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.core.store.hats import check_catalog
from vacframe.core.store.product_store import MANIFEST, ProductStore, Version
from vacframe.core.store.results import Made, write_result
from vacframe.core.store.version_folder import Finished, fill, rejects_differ

STARS = TableSchema(
    key="star",
    position=Position(),
    columns=(
        column("star", "int64", "Identifier", nullable=False),
        column("ra", "float64", "Right ascension", unit="deg"),
        column("dec", "float64", "Declination", unit="deg"),
    ),
)
PRODUCT = Product(name="stars", description="Stars", table=STARS)
NOTES = {"recipe": {"schema": "s"}, "missing": (), "rejects": None, "provenance": {"build": "b"}}


def rows(pixel, number, first=0):
    """Return stars near the middle of a pixel of order 0."""
    ra, dec = healpy.pix2ang(1, pixel, nest=True, lonlat=True)
    table = {"star": np.arange(first, first + number), "ra": np.full(number, ra), "dec": np.full(number, dec)}
    whole = pa.table({HEALPIX: healpix29(table["ra"], table["dec"]), **table})
    return in_order(whole, "star")


@pytest.fixture
def store(tmp_path):
    return ProductStore(tmp_path / "stars")


def keep(store, key, table):
    result = Made(table, None, REJECT_SCHEMA.empty_table(), {"seen": 1})
    write_result(store.folder, key, result, PRODUCT, stored_schema(STARS), {}, {})


def publish(store, done, **changes):
    staged = store.stage()
    fill(staged, store, PRODUCT, done, **(NOTES | changes))
    with store.locked():
        store.commit(staged)
    return store.current()


def test_a_version_is_a_catalogue_of_links(store):
    keep(store, "a", rows(0, 3))
    keep(store, "b", rows(5, 2, first=10))
    keep(store, "c", rows(7, 0))
    done = {"0/5": Finished("b", {"files": "y"}), "0/0": Finished("a", {"files": "x"}), "0/7": Finished("c", {})}
    version = publish(store, done)
    assert (version.rows, list(version.parts)) == (5, ["0/0", "0/5", "0/7"])
    assert version.parts["0/7"]["path"] == ""
    assert list(version.files()) == ["0/0", "0/5"]
    assert version.file("0/0").stat().st_ino == (store.object("a") / "part.parquet").stat().st_ino
    assert version.manifest["counts"] == {"seen": 3}
    assert version.parts["0/5"]["inputs"] == {"files": "y"}
    assert check_catalog(version.root) == []


def test_the_digest_does_not_depend_on_the_partitioning(store, tmp_path):
    keep(store, "a", rows(0, 4))
    whole = publish(store, {"0/0": Finished("a", {})})
    table = rows(0, 4)
    other = ProductStore(tmp_path / "other")
    for key, part in (("1", table.slice(0, 1)), ("2", table.slice(1))):
        keep(other, key, part)
    staged = other.stage()
    cut = Version(staged, {"parts": {k: other.meta(k) for k in "12"}, "kind": str(Kind.sky)})
    assert content_digest(stored_schema(STARS), cut.totals()) == whole.manifest["digest"]


def test_rejects_of_a_source_are_written_counted_and_compared(store):
    keep(store, "a", rows(0, 1))
    rejects = Rejects()
    rejects.add("no_key", "the key is null", files="f", rows=np.array([4, 9]))
    version = publish(store, {"0/0": Finished("a", {})}, rejects=rejects.to_arrow())
    assert version.manifest["rejects"] == {"no_key": 2}
    assert pq.read_table(version.root / "rejects.parquet").num_rows == 2
    assert not rejects_differ(version, rejects.to_arrow())
    assert not rejects_differ(version, rejects.to_arrow().take([1, 0]))
    assert not rejects_differ(version, None)
    other = Rejects()
    other.add("no_key", "the key is null", files="f", rows=np.array([4, 8]))
    assert rejects_differ(version, other.to_arrow())
    assert rejects_differ(version, Rejects().to_arrow())


def test_missing_partitions_are_listed(store):
    keep(store, "a", rows(0, 1))
    version = publish(store, {"0/0": Finished("a", {})}, missing=["0/3"])
    assert version.manifest["missing"] == ["0/3"]
    assert (version.root / MANIFEST).exists()
