"""Batches: columns by name, rows by key."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.columns.batch import Batch
from vacframe.core.contract.errors import PluginError


@given(st.lists(st.integers(0, 8), max_size=12), st.lists(st.integers(-2, 10), max_size=12))
def test_rows_and_values_by_key(keys, wanted):
    batch = Batch(pa.table({"key": pa.array(keys, pa.int64()), "x": pa.array([10 * k + 1 for k in keys], pa.int32())}))
    rows = batch.match("key", np.array(wanted, np.int64))
    assert rows.tolist() == [keys.index(w) if w in keys else -1 for w in wanted]
    values = batch.at("x", "key", np.array(wanted, np.int64))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [10.0 * w + 1 if w in keys else np.nan for w in wanted])


def test_nulls_and_arrays():
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2.0, 3.0, 4.0], pa.float32()), 2)
    batch = Batch(pa.table({"key": ["b", "a"], "x": pa.array([None, 7], pa.int16()), "v": vectors}))
    wanted = np.array(["a", "c", "b"], dtype=object)
    np.testing.assert_array_equal(batch.at("x", "key", wanted), [7, np.nan, np.nan])
    np.testing.assert_array_equal(batch.at("v", "key", wanted), [[3, 4], [np.nan, np.nan], [1, 2]])


def test_a_column_that_was_not_asked_for():
    with pytest.raises(PluginError, match="'mag' was not declared"):
        Batch(pa.table({"key": [1]}), "stars").at("mag", "key", np.array([1]))
