"""Types of CSV columns: what fits is what pyarrow's reader takes, and no error text is read."""

import io

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vacframe.core.contract.errors import InputFileError
from vacframe.io import csv_types
from vacframe.io.csv_types import fits_type
from vacframe.io.tables import read_table

KINDS = (pa.int64(), pa.uint64(), pa.float64(), pa.bool_(), pa.string(), pa.binary())
ID = 4267180339403392769


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.text("0123456789+-.eExXnaifNT \ttrueFls_\u00a0\u00e9", min_size=1, max_size=8))
@example(pa.bool_(), "tRUE")
@example(pa.bool_(), " true")
@example(pa.int64(), "0x1f")
@example(pa.int64(), " 7\t")
@example(pa.uint64(), "-0")
@example(pa.float64(), "Infinity")
def test_what_fits_is_what_pyarrow_takes(kind, text):
    content = f'a,b\n"{text}",1\n'.encode()
    options = pacsv.ConvertOptions(column_types={"a": kind}, null_values=[], strings_can_be_null=True)
    try:
        pacsv.read_csv(io.BytesIO(content), convert_options=options)
        taken = True
    except pa.ArrowInvalid:
        taken = False
    assert fits_type(pa.array([text.encode()]), kind) == taken


@pytest.mark.parametrize("kind", KINDS)
def test_text_that_is_not_utf8_and_no_cells(kind):
    assert fits_type(pa.array([b"\xe9"]), kind) == (kind == pa.binary())
    assert fits_type(pa.array([], pa.binary()), kind)


def columns(*cells):
    """Return the content of a file in which each column holds 1, many times over, before its own cells."""
    rows = [["1"] * len(cells)] * 200 + [list(row) for row in zip(*cells, strict=True)]
    return "\n".join([",".join(f"c{i}" for i in range(len(cells))), *(",".join(row) for row in rows)]) + "\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a file in blocks of 64 bytes, with a pyarrow whose errors say nothing."""
    monkeypatch.setattr(csv_types, "_BLOCK_BYTES", 64)
    whole = pacsv.open_csv

    def wordless(*args, **options):
        try:
            yield from whole(*args, **options)
        except pa.ArrowInvalid:
            raise pa.ArrowInvalid("?") from None

    monkeypatch.setattr(pacsv, "open_csv", wordless)

    def call(text):
        path = tmp_path / "a.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path)

    return call


@pytest.mark.parametrize(
    ("cells", "kind", "last"),
    [
        (("1.5", "2"), "double", 2.0),
        ((str(ID), str(1 << 63)), "uint64", 1 << 63),
        (("-1", str(1 << 63)), "string", str(1 << 63)),
        ((str(1 << 63), "-1"), "string", "-1"),
        ((str(1 << 64), "7"), "string", "7"),
        ((str(1 << 63), "1.5"), "double", 1.5),
        (("1.5", "x"), "string", "x"),
        (("2", "true"), "string", "true"),
        (("null ", "  "), "int64", None),
        (("null ", "7"), "int64", 7),
        (("1.5", " NaN"), "double", None),
        (("0x1f", "1.5"), "string", "1.5"),
    ],
)
def test_widening_needs_no_words(read, cells, kind, last):
    table = read(columns(cells, ("1", "1")))
    assert [str(t) for t in table.schema.types] == [kind, "int64"]
    assert table["c0"][-1].as_py() == last
    assert table.num_rows == 202


def test_many_columns_widen_in_few_readings(read, monkeypatch):
    monkeypatch.setattr(csv_types, "_BLOCK_BYTES", 512)
    readings, whole = [], pacsv.open_csv
    monkeypatch.setattr(pacsv, "open_csv", lambda *args, **options: readings.append(1) or whole(*args, **options))
    table = read(columns(*([("1.5", "x")] * 10 + [("2.5", "3")] * 10)))
    assert [str(t) for t in table.schema.types] == ["string"] * 10 + ["double"] * 10
    assert len(readings) <= 7


def test_text_that_is_not_utf8_after_numbers(read):
    assert read(columns(("x", "1")).encode() + b"\xe9\n")["c0"].to_pylist()[-3:] == ["x", "1", "\ufffd"]


@pytest.mark.parametrize("row", [b"1", b"1,2,3", b'1,2,"x\ny"', b"\xe9,2,3"])
def test_the_uneven_row_is_named_by_its_line(read, row):
    """Lines of quoted cells and blank ones count, as an editor counts them."""
    start = b'# note\na,b\n1,"x\ny"\n\n1,2\n'
    for end in (b"\n1,2\n", b"\n" + b"1,2\n" * 100):
        with pytest.raises(InputFileError, match=rf"row 7 of the file has {row.count(b',') + 1} fields, expected 2"):
            read(start + row + end)


def test_any_other_failure_of_the_reader_is_not_taken_for_a_type(read, monkeypatch):
    def fail(*args, **options):
        raise pa.ArrowInvalid("straddling object")

    monkeypatch.setattr(pacsv, "open_csv", fail)
    with pytest.raises(InputFileError, match=r"a\.csv: cannot be read as CSV \(ArrowInvalid: straddling"):
        read("a,b\n1,2\n")
