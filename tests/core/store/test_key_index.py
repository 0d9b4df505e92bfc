"""The index of keys: where rows lie."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.columns.position import HEALPIX
from vacframe.core.contract.schema import TableSchema, column
from vacframe.core.store.key_index import KeyIndex, write_key_index
from vacframe.core.store.partition import write_table


def partition(path, keys, pixels, dtype="int64"):
    schema = TableSchema(columns=(column(HEALPIX, "int64", "Pixel"), column("key", dtype, "Key")))
    arrow = pa.string() if dtype == "string" else pa.int64()
    write_table(pa.table({HEALPIX: pixels, "key": pa.array(keys, arrow)}), schema, path, name="t", description="")
    return str(path)


@given(st.lists(st.integers(-5, 5), max_size=30), st.lists(st.integers(-6, 6), max_size=10))
def test_every_row_with_a_wanted_key_is_found(tmp_path_factory, keys, wanted):
    folder = tmp_path_factory.mktemp("index")
    half = len(keys) // 2
    files = [
        partition(folder / "a.parquet", keys[:half], np.arange(half)),
        partition(folder / "b.parquet", keys[half:], np.arange(half, len(keys))),
    ]
    write_key_index(folder / "made", files, "key")
    found = KeyIndex(folder / "made").places(np.array(wanted, np.int64))
    assert sorted(found.tolist()) == sorted(i for w in wanted for i, k in enumerate(keys) if k == w)


def test_texts_are_keys_too(tmp_path):
    files = [partition(tmp_path / "a.parquet", ["b", "longer", "a"], np.array([7, 8, 9]), "string")]
    write_key_index(tmp_path / "made", files, "key")
    index = KeyIndex(tmp_path / "made")
    assert index.places(np.array(["a", "longer", "none"], dtype=object)).tolist() == [9, 8]


def test_of_no_rows_nothing_is_found(tmp_path):
    write_key_index(tmp_path / "made", [], "key")
    assert KeyIndex(tmp_path / "made").places(np.array([1])).tolist() == []
