"""Results kept under their keys, and versions made of them."""

import json
import threading

import numpy as np
import pyarrow as pa
import pytest

from vacframe.core.contract.errors import CorruptFileError, StoreError
from vacframe.core.contract.model import Model
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.result import REJECT_SCHEMA, Rejects
from vacframe.core.contract.schema import TableSchema, column
from vacframe.core.store.product_store import META_FILE, TABLE_FILE, ProductStore
from vacframe.core.store.results import Made, has_result, write_result

NUMBERS = Product(
    name="numbers", description="Numbers", kind=Kind.whole, table=TableSchema(columns=(column("x", "int64", "X"),))
)
NOTES = {"build": "b", "seconds": 1.0}
MODEL = Product(name="fit", description="A fit", kind=Kind.model)


def made(values, rejects=None):
    table = pa.table({"x": pa.array(values, pa.int64())})
    return Made(table, None, REJECT_SCHEMA.empty_table() if rejects is None else rejects.to_arrow(), {"seen": 3})


@pytest.fixture
def store(tmp_path):
    return ProductStore(tmp_path / "numbers")


def keep(store, key, values, **options):
    write_result(store.folder, key, made(values, **options), NUMBERS, NUMBERS.table, {"stars": "d"}, NOTES)
    store.forget_listing()


def test_a_result_is_complete_read_only_and_says_what_it_is(store):
    rejects = Rejects()
    rejects.add("too_bright", "brighter than 1", keys=np.array([5, 6]))
    keep(store, "k", [1, 2], rejects=rejects)
    assert "k" in store.kept()
    assert has_result(store.folder, "k")
    meta = store.meta("k")
    assert (meta["rows"], meta["counts"], meta["rejects"]) == (2, {"seen": 3}, {"too_bright": 2})
    assert (meta["inputs"], meta["build"]) == ({"stars": "d"}, "b")
    assert {p.stat().st_mode & 0o222 for p in store.object("k").iterdir()} == {0}
    assert not any((store.folder / "staged").iterdir())


def test_a_model_is_kept_with_digests_of_its_arrays(store):
    fit = Made(None, Model({"w": np.arange(3.0)}), REJECT_SCHEMA.empty_table())
    write_result(store.folder, "m", fit, MODEL, None, {}, {})
    meta = store.meta("m")
    assert meta["rows"] == 0
    assert set(meta["digests"]) == {"metadata", "array_w"}


def test_the_first_of_two_equal_results_stays(store):
    keep(store, "k", [1, 2])
    inode = (store.object("k") / TABLE_FILE).stat().st_ino
    keep(store, "k", [1, 2])
    assert (store.object("k") / TABLE_FILE).stat().st_ino == inode


def test_a_damaged_result_is_put_aside(store):
    keep(store, "k", [1])
    (store.object("k") / META_FILE).chmod(0o644)
    (store.object("k") / META_FILE).write_text("{")
    with pytest.raises(CorruptFileError, match=r"meta\.json"):
        store.meta("k")
    store.discard("k")
    assert "k" not in store.kept()
    assert len(list((store.folder / "damaged").iterdir())) == 1
    store.discard("never there")


def commit(store, text):
    staged = store.stage()
    (staged / "version.json").write_text(json.dumps({"parts": {}, "kind": "whole", "text": text}))
    with store.locked():
        return store.commit(staged)


def test_versions_are_numbered_and_the_last_is_current(store):
    assert store.current() is None
    assert [commit(store, t) for t in "ab"] == ["v000001", "v000002"]
    assert store.current().manifest["text"] == "b"
    assert store.current().rows == 0
    (store.folder / "versions/v000002/version.json").chmod(0o644)
    (store.folder / "versions/v000002/version.json").write_text("{")
    with pytest.raises(StoreError, match=r"delete .*current and build again"):
        store.current()


def test_commits_wait_for_the_lock(store):
    order = []

    def other():
        with store.locked():
            order.append("other")

    with store.locked():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]
