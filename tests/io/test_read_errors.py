"""Whatever a library raises inside a reader is one error with the file in it."""

import pickle

import pyarrow as pa
import pytest

from vacframe.core.contract.errors import InputFileError, SchemaError
from vacframe.io import astropy_files, csv_tables, fits_tables, parquet_tables
from vacframe.io.read_errors import reading
from vacframe.io.tables import iter_tables, probe_table


def test_any_exception_becomes_the_one_error_and_its_cause():
    for error in (KeyError("x"), OSError("disk"), pa.ArrowInvalid("a\n b"), MemoryError(), SchemaError("lists differ")):
        with (
            pytest.raises(InputFileError, match=r"^f\.dat: cannot be read as FITS \(") as raised,
            reading("f.dat", "FITS"),
        ):
            raise error
        assert raised.value.__cause__ is error
        assert pickle.loads(pickle.dumps(raised.value)).detail == raised.value.detail


def test_the_place_in_the_file_is_named():
    place = "f: cannot be read as FITS, column 'x', rows 11 to 20 (ValueError: odd cell)"
    with pytest.raises(InputFileError) as raised, reading("f", "FITS", column="x", rows=range(10, 20)):
        raise ValueError("odd\n  cell")
    assert str(raised.value) == place


def test_a_border_further_in_and_own_words_come_first():
    inner = InputFileError("f", "row 3 is odd")
    with pytest.raises(InputFileError) as raised, reading("f", "CSV"):
        raise inner
    assert raised.value is inner
    with pytest.raises(InputFileError, match=r"^f: is cut off$"), reading("f", "CSV", says=lambda e: "is cut off"):
        raise EOFError
    with pytest.raises(InputFileError, match="as CSV"), reading("f", "CSV", says=lambda e: None):
        raise EOFError


def test_what_ends_the_program_is_let_through():
    for error in (KeyboardInterrupt, GeneratorExit, SystemExit):
        with pytest.raises(error), reading("f", "CSV"):
            raise error


CONTENTS = {"csv": b"a,b\n1,2\n", "fits": b"SIMPLE  =" + b" " * 90, "parquet": b"PAR1" + b" " * 20}
CONTENTS |= {"ecsv": b"# %ECSV 1.0\n", "votable": b"<VOTABLE>"}
READERS = {"csv": csv_tables, "fits": fits_tables, "parquet": parquet_tables}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("error", [RuntimeError, KeyError, IndexError, ZeroDivisionError, UnicodeError])
def test_a_failing_library_in_every_reader(tmp_path, monkeypatch, kind, error):
    def fail(*args):
        raise error("in the library")

    path = tmp_path / "stars.dat"
    path.write_bytes(CONTENTS[kind] + (b"x,y" if kind == "ecsv" else b""))
    if kind in READERS:
        monkeypatch.setattr(READERS[kind], f"{kind}_schema", fail)
    else:
        monkeypatch.setattr(astropy_files, f"read_{kind}", fail)
    for function in (probe_table, lambda p: list(iter_tables(p))):
        with pytest.raises(InputFileError, match=rf"stars\.dat: cannot be read as {kind} .*in the library"):
            function(path)
