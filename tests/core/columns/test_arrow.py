import numpy as np
import pyarrow as pa
import pytest
from astropy import units
from astropy.table import Column as AstropyColumn
from astropy.table import MaskedColumn
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vacframe.core.columns.arrow import arrow_schema, arrow_type, column_of, to_arrow, to_numpy
from vacframe.core.contract.errors import SchemaError
from vacframe.core.contract.schema import Position, TableSchema, column

NUMBERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)] + ["float32", "float64"]


@st.composite
def masked(draw, dtype):
    length = draw(st.integers(0, 20))
    values = draw(arrays.arrays(dtype, length))
    return values, draw(arrays.arrays(bool, length))


@pytest.mark.parametrize("dtype", [*NUMBERS, "bool"])
def test_values_and_nulls_come_back(dtype):
    @given(masked(dtype))
    def check(given_):
        values, mask = given_
        array = to_arrow(values, column("x", dtype), mask)
        assert array.type == arrow_type(column("x", dtype))
        back, nulls = to_numpy(array)
        expected = mask | np.isnan(values) if values.dtype.kind == "f" else mask
        assert back.dtype == values.dtype
        assert not back.flags.writeable
        np.testing.assert_array_equal(np.zeros(len(values), bool) if nulls is None else nulls, expected)
        np.testing.assert_array_equal(back[~expected], values[~expected])
        if values.dtype.kind == "f":
            assert np.isnan(back[expected]).all()
        else:
            assert not back[expected].any()

    check()


@given(arrays.arrays("float32", st.tuples(st.integers(0, 6), st.just(3))), st.data())
def test_array_cells_come_back(values, data):
    mask = data.draw(arrays.arrays(bool, len(values)))
    col = column("flux", "float32", length=3)
    array = to_arrow(values, col, mask)
    assert array.type == pa.list_(pa.float32(), 3)
    back, nulls = to_numpy(pa.chunked_array([array.slice(0, 2), array.slice(2)]))
    np.testing.assert_array_equal(np.zeros(len(values), bool) if nulls is None else nulls, mask)
    np.testing.assert_array_equal(back[~mask], values[~mask])
    assert np.isnan(back[mask]).all()


@given(st.lists(st.one_of(st.none(), st.text("aé\0 ", max_size=4))))
def test_text_comes_back(texts):
    values, mask = to_numpy(to_arrow(np.array(texts, dtype=object), column("s", "string")))
    nulls = [t is None for t in texts]
    assert values.tolist() == [t or "" for t in texts]
    assert (mask.tolist() if mask is not None else [False] * len(texts)) == nulls


def test_a_view_where_memory_allows():
    values = np.arange(5.0)
    back, mask = to_numpy(to_arrow(values, column("x", "float64")))
    assert np.shares_memory(back, values)
    assert mask is None


@pytest.mark.parametrize(
    ("values", "col", "expected"),
    [
        (np.array([1, 2], dtype=">f8"), column("x", "float64"), [1, 2]),
        (np.array([1, 2], dtype=">i2"), column("x", "int64"), [1, 2]),
        ([1.0, 2.0], column("x", "int32"), [1, 2]),
        (np.array([1, None], dtype=object), column("x", "int64"), [1, None]),
        (np.array([2**60 + 1, None], dtype=object), column("x", "int64"), [2**60 + 1, None]),
        (np.array([1.5, None], dtype=object), column("x", "float32"), [1.5, None]),
        (np.array([True, None], dtype=object), column("x", "bool"), [True, None]),
        ([1, 0], column("x", "bool"), [True, False]),
        ([b"ab", "é".encode()], column("x", "string"), ["ab", "é"]),
        (np.array(["a", None, float("nan")], dtype=object), column("x", "string"), ["a", None, None]),
        ([3, 4], column("x", "string"), ["3", "4"]),
        (np.ma.array([1, 2], mask=[1, 0]), column("x", "int64"), [None, 2]),
        (np.ma.array(["a", "b"], mask=[1, 0]), column("x", "string"), [None, "b"]),
        (np.ma.array([np.nan, 2.0], mask=[1, 0]), column("x", "int64"), [None, 2]),
        (MaskedColumn([1.0, 2.0], mask=[0, 1]), column("x", "float64"), [1, None]),
        ([1, 2] * units.mas, column("x", "float64", unit="arcsec"), [1e-3, 2e-3]),
        (AstropyColumn([1.0, 2.0], unit="km"), column("x", "float64", unit="m"), [1000, 2000]),
        (AstropyColumn([1.0, 2.0], unit="m"), column("x", "float32", unit="m"), [1, 2]),
        (pa.array([1, None], pa.int32()), column("x", "int64"), [1, None]),
        (pa.array([1.0, float("nan"), None]), column("x", "float32"), [1, None, None]),
        (pa.chunked_array([[1], [2]]), column("x", "int64"), [1, 2]),
        (pa.chunked_array([], pa.int64()), column("x", "int64"), []),
    ],
)
def test_what_is_taken(values, col, expected):
    assert to_arrow(values, col).to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "col", "words"),
    [
        ([0.5], column("x", "int64"), ["fractions", "int64"]),
        ([np.nan], column("x", "int64"), ["NaN"]),
        (np.array([1.5, None], dtype=object), column("x", "int64"), ["fractions"]),
        ([300], column("x", "int8"), ["range of int8"]),
        (np.array([300, None], dtype=object), column("x", "int8"), ["range of int8"]),
        ([-1], column("x", "uint16"), ["range of uint16"]),
        (np.array([2**63], dtype="uint64"), column("x", "int64"), ["range of int64"]),
        ([1e300], column("x", "float32"), ["range of float32"]),
        ([2], column("x", "bool"), ["0 and 1"]),
        (["a"], column("x", "float64"), ["text"]),
        (np.array(["a", None], dtype=object), column("x", "float64"), ["text"]),
        (np.array([{}, None], dtype=object), column("x", "float64"), ["no float64"]),
        ([[1, 2], [3]], column("x", "int64", length=2), ["different lengths"]),
        ([[1, 2, 3]], column("x", "int64", length=2), ["(1, 3)", "(1, 2)"]),
        ([1, 2], column("x", "int64", length=2), ["(2,)"]),
        ([[1.0]], column("x", "float64"), ["(1, 1)"]),
        (5, column("x", "int64"), ["single value"]),
        ([1, 2] * units.m, column("x", "float64", unit="arcsec"), ["in m", "arcsec"]),
        (pa.array(["x"]), column("x", "int64"), ["string does not fit int64"]),
        (pa.array([2**40]), column("x", "int32"), ["int64 does not fit int32"]),
        (pa.array([0.5]), column("x", "int32"), ["does not fit int32"]),
        (
            pa.array([[1.0] * 3], pa.list_(pa.float64(), 3)),
            column("x", "float32", length=2),
            ["[3]", "does not fit", "[2]"],
        ),
    ],
)
def test_what_is_refused_names_the_column(values, col, words):
    with pytest.raises(SchemaError) as caught:
        to_arrow(values, col)
    for word in ["'x'", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize("dtype", [*NUMBERS, "bool", "string"])
@pytest.mark.parametrize("length", [None, 4])
def test_columns_survive_the_arrow_schema(dtype, length):
    col = column("x", dtype, "A thing", unit="mas / yr", ucd="pos.pm", length=length)
    schema = arrow_schema(TableSchema(columns=(col,)))
    assert column_of(schema.field("x")) == col


def test_unusual_arrow_types():
    assert column_of(pa.field("x", pa.dictionary(pa.int8(), pa.string()))).dtype == "string"
    assert column_of(pa.field("x", pa.large_string())).dtype == "string"
    with pytest.raises(SchemaError, match="'x' has type timestamp"):
        column_of(pa.field("x", pa.timestamp("s")))


def test_nullability_is_in_the_arrow_schema():
    table = TableSchema(
        key="id",
        position=Position(),
        columns=(column("id", "int64", nullable=False), column("ra", "float64"), column("dec", "float64")),
    )
    assert [f.nullable for f in arrow_schema(table)] == [False, True, True]
