import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.columns.digest import (
    ZERO,
    add,
    add_columns,
    digest_json,
    file_digest,
    row_digests,
    table_digests,
)

TYPES = [pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.bool_(), pa.string()]


def one(value, kind, key=1):
    return table_digests(pa.table({"k": [key], "v": pa.array([value], kind)}), "k")["v"]


@st.composite
def tables(draw):
    """Rows with unique keys, nulls, NaN, both zeros, text and array cells."""
    keys = draw(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=30))
    floats = st.one_of(st.none(), st.floats(allow_nan=True), st.just(-0.0))
    texts = st.one_of(st.none(), st.text("aé\0 ", max_size=3))
    cells = st.one_of(st.none(), st.lists(st.floats(width=32), min_size=2, max_size=2))
    count = len(keys)
    rows = st.tuples(floats, texts, cells, st.one_of(st.none(), st.booleans()))
    values = draw(st.lists(rows, min_size=count, max_size=count))
    parts = list(zip(*values, strict=True)) or [(), (), (), ()]
    kinds = [pa.float64(), pa.string(), pa.list_(pa.float32(), 2), pa.bool_()]
    columns = {n: pa.array(list(p), t) for n, p, t in zip("ftcb", parts, kinds, strict=True)}
    return pa.table({"k": pa.array(keys, pa.int64()), **columns})


@given(tables(), st.data())
def test_partitions_add_up_and_the_order_of_rows_does_not_matter(table, data):
    whole = table_digests(table, "k")
    cut = data.draw(st.integers(0, table.num_rows))
    parts = [table_digests(t, "k") for t in (table.slice(0, cut), table.slice(cut))]
    assert add_columns(parts) == whole
    order = data.draw(st.permutations(range(table.num_rows)))
    assert table_digests(table.take(pa.array(order, pa.int64())), "k") == whole


@given(tables())
def test_row_digests_follow_the_rows(table):
    whole = row_digests(table, "k")
    assert whole.shape == (table.num_rows, 2)
    np.testing.assert_array_equal(row_digests(table.slice(1), "k"), whole[1:])
    np.testing.assert_array_equal(row_digests(table.select(table.column_names[::-1]), "k"), whole)
    assert len({tuple(r) for r in whole.tolist()}) == table.num_rows


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_null_and_nan_are_one_value_and_the_zeros_another(kind):
    assert one(None, kind) == one(float("nan"), kind) == one(-np.float64("nan"), kind)
    assert one(0.0, kind) == one(-0.0, kind)


def test_nan_with_another_payload_is_the_same():
    odd = np.array([0x7FF8000000000123, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    for value in odd:
        assert one(value, pa.float64()) == one(None, pa.float64())


def test_canonical_values_inside_array_cells():
    kind = pa.list_(pa.float32(), 2)
    odd = pa.FixedSizeListArray.from_arrays(
        pa.array(np.array([0xFFC00001, 0x80000000], dtype=np.uint32).view(np.float32)), 2
    )
    plain = pa.array([[float("nan"), 0.0]], kind)
    first, second = (table_digests(pa.table({"k": [1], "v": v}), "k") for v in (odd, plain))
    assert first == second
    assert one([0.0, 1.0], kind) != one([1.0, 0.0], kind)
    assert one(None, kind) != one([0.0, 0.0], kind)


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_null_differs_from_zero_false_and_empty_text(kind):
    empty = {"string": "", "bool": False}.get(str(kind), 0)
    assert one(None, kind) != one(empty, kind)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (1, 2, pa.int64()),
        (2**63 - 1, 2**63 - 2, pa.int64()),
        (2**64 - 1, 2**64 - 2, pa.uint64()),
        (-1, 1, pa.int8()),
        (True, False, pa.bool_()),
        (1.0, np.nextafter(1.0, 2), pa.float64()),
        (np.inf, -np.inf, pa.float64()),
        ("a", "A", pa.string()),
    ],
)
def test_different_values_differ(first, second, kind):
    assert one(first, kind) != one(second, kind)


def test_values_swapped_between_rows_differ():
    table = pa.table({"k": [1, 2], "v": [5.0, 6.0]})
    swapped = pa.table({"k": [1, 2], "v": [6.0, 5.0]})
    assert table_digests(table, "k")["v"] != table_digests(swapped, "k")["v"]
    assert table_digests(table, None)["v"] != table_digests(swapped, None)["v"]
    assert table_digests(table, "k")["k"] == table_digests(swapped, "k")["k"]


def test_columns_swapped_within_a_row_differ():
    one_way = row_digests(pa.table({"k": [1], "a": [5.0], "b": [6.0]}), "k")
    other = row_digests(pa.table({"k": [1], "a": [6.0], "b": [5.0]}), "k")
    assert (one_way != other).any()


def test_text_keys():
    table = pa.table({"k": ["x", "y"], "v": [1, 2]})
    assert table_digests(table, "k") == table_digests(table.take(pa.array([1, 0])), "k")


def test_blocks_of_rows_do_not_show(monkeypatch):
    random = np.random.default_rng(3)
    table = pa.table({"k": np.arange(100), "v": random.normal(size=100), "w": list("ab" * 50)})
    whole, rows = table_digests(table, "k"), row_digests(table, None)
    monkeypatch.setattr("vacframe.core.columns.digest.BLOCK_ROWS", 7)
    assert table_digests(table, "k") == whole
    np.testing.assert_array_equal(row_digests(table, None), rows)


def test_no_rows_and_no_parts():
    assert table_digests(pa.table({"k": pa.array([], pa.int64())}), "k") == {"k": ZERO}
    assert add([]) == ZERO
    assert add(["f" * 32, f"{1:016x}{2:016x}"]) == f"{0:016x}{1:016x}"


def test_no_collisions_among_a_million_cells():
    values = pa.array(np.arange(1_000_000) * 0.001)
    lanes = row_digests(pa.table({"k": np.zeros(len(values), np.int64), "v": values}), "k")
    assert len(np.unique(lanes[:, 0])) == len(np.unique(lanes[:, 1])) == len(values)


def test_json_digest_ignores_the_order_of_keys_only():
    assert digest_json({"a": 1, "b": [1, 2]}) == digest_json({"b": [1, 2], "a": 1})
    assert digest_json({"a": [1, 2]}) != digest_json({"a": [2, 1]})
    assert digest_json({"a": 1}) != digest_json({"a": "1"})


def test_file_digest_is_blake2b(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    # b2sum --length=128 of the three bytes
    assert file_digest(tmp_path / "x") == "cf4ab791c62b8d2b2109c90275287816"
