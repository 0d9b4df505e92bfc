import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.columns.arrow import arrow_schema, to_arrow
from vacframe.core.contract.errors import CorruptFileError, SchemaError
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.core.store.partition import read_columns, schema_of, write_table

SCHEMA = TableSchema(
    columns=(
        column("obsid", "int64", "Identifier of the spectrum", ucd="meta.id;meta.main", nullable=False),
        column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
        column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
        column("subclass", "string", "Spectral class"),
        column("good", "bool", "Whether it is good"),
        column("flux", "float32", "Flux", length=6),
        column("mask", "uint8", "Mask", length=6),
    ),
    key="obsid",
    position=Position(),
)


def table(rows=12, seed=3):
    random = np.random.default_rng(seed)
    values = {
        "obsid": np.arange(rows) + (1 << 61),
        "ra": random.uniform(0, 360, rows),
        "dec": random.uniform(-90, 90, rows),
        "subclass": [None if i % 5 == 2 else f"G{i % 10}" for i in range(rows)],
        "good": np.arange(rows) % 3 == 0,
        "flux": random.normal(size=(rows, 6)).astype("f4"),
        "mask": random.integers(0, 3, (rows, 6)).astype("u1"),
    }
    return pa.table([to_arrow(values[c.name], c) for c in SCHEMA.columns], schema=arrow_schema(SCHEMA))


def write(path, data=None, schema=SCHEMA):
    write_table(table() if data is None else data, schema, path, name="stars", description="Some stars")
    return path


@pytest.mark.parametrize("rows", [0, 1, 12])
def test_what_is_written_is_read(tmp_path, rows):
    path = write(tmp_path / "part.parquet", table(rows))
    assert read_columns(path).equals(table(rows))


def test_columns_come_in_the_order_asked_for(tmp_path):
    path = write(tmp_path / "part.parquet")
    found = read_columns(path, ["flux", "obsid"])
    assert found.equals(table().select(["flux", "obsid"]))
    assert read_columns(path, []).num_rows == 12


def test_nulls_and_nan_survive(tmp_path):
    nan = float("nan")
    data = table(3).set_column(1, SCHEMA["ra"].name, pa.array([None, 1.0, -0.0]))
    data = data.set_column(5, "flux", pa.array([[nan] * 6, None, [1.0] * 6], pa.list_(pa.float32(), 6)))
    found = read_columns(write(tmp_path / "part.parquet", data))
    assert found["ra"].to_pylist() == [None, 1.0, 0.0]
    assert np.signbit(found["ra"][2].as_py())
    assert found["flux"][1].as_py() is None
    assert all(np.isnan(found["flux"][0].as_py()))


def test_the_same_table_gives_the_same_bytes(tmp_path):
    first, second = write(tmp_path / "a.parquet"), write(tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()


def test_fields_carry_unit_ucd_and_description(tmp_path):
    field = pq.read_schema(write(tmp_path / "part.parquet")).field("ra")
    assert field.metadata == {b"unit": b"deg", b"ucd": b"pos.eq.ra;meta.main", b"description": b"Right ascension"}


def test_row_groups_stay_small_for_spectra(tmp_path):
    wide = TableSchema(columns=(column("flux", "float64", "Flux", length=8192),))
    values = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2000 * 8192)), 8192)
    path = write(tmp_path / "wide.parquet", pa.table([values], schema=arrow_schema(wide)), wide)
    footer = pq.read_metadata(path)
    assert footer.num_row_groups == 2
    assert read_columns(path).num_rows == 2000


def test_a_source_may_lack_columns_and_an_open_one_have_more(tmp_path):
    data = table().select(["obsid", "ra"]).append_column("teff", pa.array(np.arange(12.0)))
    own = schema_of(data, SCHEMA)
    assert own.names == ("obsid", "ra", "teff")
    assert own.key == "obsid"
    assert own.position is None
    assert read_columns(write(tmp_path / "part.parquet", data)).column_names == ["obsid", "ra", "teff"]


def test_a_column_of_another_type_is_refused(tmp_path):
    data = table().set_column(0, "obsid", pa.array(np.arange(12), pa.int32()))
    with pytest.raises(SchemaError, match="'obsid' has type int32, expected int64"):
        write(tmp_path / "part.parquet", data)


def test_a_null_key_is_refused(tmp_path):
    data = table(2).set_column(0, "obsid", pa.array([1, None]))
    with pytest.raises(SchemaError, match="'obsid' holds nulls"):
        write(tmp_path / "part.parquet", data)


def test_every_flipped_bit_is_noticed_or_harmless(tmp_path):
    """A flip anywhere raises, or (padding, statistics and lengths that nothing needs) leaves the rows as they were.

    Without the footer's checksum hundreds of flips gave other rows or names in silence.
    """
    path = write(tmp_path / "part.parquet")
    whole, original, noticed = path.read_bytes(), read_columns(path), np.zeros(path.stat().st_size, bool)
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        try:
            found = read_columns(path)
        except CorruptFileError:
            noticed[place] = True
        else:
            assert found.equals(original), f"byte {place}"
    assert noticed[footer - 12 :].all()
    assert noticed[:footer].mean() > 0.3


@pytest.mark.parametrize("name", SCHEMA.names)
def test_a_flip_in_the_data_of_any_column_is_noticed(tmp_path, name):
    path = write(tmp_path / "part.parquet")
    chunk = next(
        c
        for c in (pq.read_metadata(path).row_group(0).column(i) for i in range(len(SCHEMA.columns)))
        if c.path_in_schema.split(".")[0] == name
    )
    damaged = bytearray(path.read_bytes())
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    damaged[start + chunk.total_compressed_size - 3] ^= 0x10
    path.write_bytes(damaged)
    with pytest.raises(CorruptFileError):
        read_columns(path, [name])


@pytest.mark.parametrize("keep", [0, 3, 11, 100, -1])
def test_a_cut_file_is_noticed(tmp_path, keep):
    path = write(tmp_path / "part.parquet")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CorruptFileError):
        read_columns(path)


def test_a_missing_file_or_column_says_so(tmp_path):
    with pytest.raises(CorruptFileError, match="it is missing"):
        read_columns(tmp_path / "none.parquet")
    with pytest.raises(CorruptFileError, match="it has no column teff"):
        read_columns(write(tmp_path / "part.parquet"), ["teff"])


def test_a_parquet_file_that_vacframe_did_not_write_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(table(), path)
    with pytest.raises(CorruptFileError, match="footer"):
        read_columns(path)
