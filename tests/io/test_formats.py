"""Formats are told apart by content."""

import gzip
import subprocess
import sys

import pytest

from vacframe.core.contract.errors import InputFileError
from vacframe.io.formats import sniff
from vacframe.io.tables import read_table

CONTENTS = {
    "fits": b"SIMPLE  =                    T" + b" " * 2850,
    "parquet": b"PAR1" + b"\x00" * 20,
    "votable": b'<?xml version="1.0"?>\n<!-- made by hand -->\n<VOTABLE version="1.4"></VOTABLE>',
    "ecsv": b"# %ECSV 1.0\n# ---\n",
    "csv": b"a,b\n1,2\n",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", CONTENTS)
def test_content_decides_whatever_the_name(tmp_path, kind, packed):
    content = gzip.compress(CONTENTS[kind]) if packed else CONTENTS[kind]
    for suffix in ("", ".fits", ".csv.gz", ".parquet"):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(content)
        assert sniff(path) == kind


def test_more_votables_and_texts(tmp_path):
    path = tmp_path / "x"
    for content, kind in (
        (b"<VOTABLE>", "votable"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><vot:VOTABLE xmlns:vot="x">', "votable"),
        (b"\xef\xbb\xbfa;b\n1;2\n", "csv"),
        (b"# comment\n\na\tb\n1\t2\n", "csv"),
    ):
        path.write_bytes(content)
        assert sniff(path) == kind
    one_column = tmp_path / "ids.csv"
    one_column.write_text("source_id\n1\n")
    assert sniff(one_column) == "csv"


def test_folders(tmp_path):
    with pytest.raises(InputFileError, match="HATS"):
        sniff(tmp_path)
    (tmp_path / "hats.properties").touch()
    assert sniff(tmp_path) == "hats"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x1f\x8b", "cut off|damaged"),
        (gzip.compress(b""), "cut off or holds nothing"),
        (b"\x1f\x8b" + b"\xff" * 40, "damaged gzip"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (b'<?xml version="1.0"?><svg/>', "not a VOTable"),
        (b"PK\x03\x04....", "zip"),
        (b"\x89HDF\r\n", "HDF5"),
        (b'{"a": 1}', "JSON"),
        (b"abc\x00\x01\x02,", "binary"),
        (b"just words", "without separated columns"),
    ],
)
def test_what_is_not_a_table_is_named(tmp_path, content, words):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    for function in (sniff, read_table):
        with pytest.raises(InputFileError, match=words) as raised:
            function(path)
        assert str(path) in str(raised.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputFileError, match="cannot be opened"):
        sniff(tmp_path / "no.fits")


def test_importing_formats_and_tables_imports_no_numerics():
    heavy = ["numpy", "astropy", "pyarrow", "pandas"]
    code = f"import sys, vacframe.io.formats, vacframe.io.tables; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
