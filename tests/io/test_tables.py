"""Reading made-up tables with known content in every format."""

import contextlib
import gzip
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from vacframe.core.contract.errors import InputFileError
from vacframe.io.fields import ColumnsLeftOutWarning
from vacframe.io.read_options import ReadOptions
from vacframe.io.tables import iter_tables, probe_table, read_table

ID = 4267180339403392769


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def dtypes(path, options=ReadOptions()):  # noqa: B008
    return {c.name: c.dtype for c in probe_table(path, options)}


# CSV


def test_csv_integers_of_64_bits_are_exact_also_beside_blanks(tmp_path):
    path = write(tmp_path / "a.csv", f"id, big,x , s\n{ID},18446744073709551615,1.5, a b \n, 3,null,\n 7 ,1,--,NA\n")
    table = read_table(path)
    assert table["id"].to_pylist() == [ID, None, 7]
    assert table["big"].to_pylist() == [18446744073709551615, 3, 1]
    assert table["x"].to_pylist() == [1.5, None, None]
    assert table["s"].to_pylist() == ["a b", None, "NA"]
    assert dtypes(path) == {"id": "int64", "big": "uint64", "x": "float64", "s": "string"}


def test_csv_types_hold_for_the_whole_file(tmp_path):
    rows = [f"{i},{i},{i},,{i}" for i in range(800_000)]
    rows[-1] = f"1.5,text,18446744073709551615,7,{ID}"
    path = write(tmp_path / "a.csv", "a,b,c,d,e\n" + "\n".join(rows))
    assert path.stat().st_size > 8 << 20, "more than one block"
    assert dtypes(path) == {"a": "float64", "b": "string", "c": "uint64", "d": "int64", "e": "int64"}
    batches = list(iter_tables(path, ["e", "b"], batch_rows=100_000))
    assert max(b.num_rows for b in batches) <= 100_000
    assert sum(b.num_rows for b in batches) == 800_000
    assert batches[-1]["e"][-1].as_py() == ID
    assert batches[0]["b"][3].as_py() == "3"


def test_csv_null_words_around_blanks(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1, null\n2, 3 \n3,4\n")
    assert read_table(path)["b"].to_pylist() == [None, 3, 4]


def test_csv_null_values_of_the_user(tmp_path):
    path = write(tmp_path / "a.csv", "a,b,c\n-9999,1.5,none\n2,-9999.0,x\n")
    table = read_table(path, options=ReadOptions(null_values=(-9999.0, "none")))
    assert table.to_pydict() == {"a": [None, 2], "b": [1.5, None], "c": [None, "x"]}


@pytest.mark.parametrize("kind", ["fits", "votable", "ascii.ecsv", "parquet"])
def test_null_values_of_the_user_in_any_format(tmp_path, kind):
    table = Table({"a": np.array([255, 1], "u1"), "b": [-9999, ID], "c": [-9999.0, 1.0], "s": ["none", "x"]})
    table.write(tmp_path / "a", format=kind)
    back = read_table(tmp_path / "a", options=ReadOptions(null_values=("-9999.0", 255, "none", 1e300, ID - 1)))
    assert back.to_pydict() == {"a": [None, 1], "b": [None, ID], "c": [None, 1.0], "s": [None, "x"]}


def test_csv_wrong_number_of_fields_names_the_row(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n3,4,5\n")
    with pytest.raises(InputFileError, match=r"a\.csv: row 3 of the file has 3 fields, expected 2"):
        read_table(path)


def test_csv_comments_delimiters_quotes_and_repeated_names(tmp_path):
    assert read_table(write(tmp_path / "a.txt", "# made by hand\n#x;y\n1;2\n"))["y"].to_pylist() == [2]
    assert read_table(write(tmp_path / "b.txt", "# note\nx\ty\n1\t2\n"))["y"].to_pylist() == [2]
    path = write(tmp_path / "c.csv", '\ufeffx,"a, b",x,[Fe/H]\n1,"two\nlines, here",3,-0.5\n')
    with pytest.warns(ColumnsLeftOutWarning, match="x#3"):
        assert [c.name for c in probe_table(path)] == ["x", "a, b", "[Fe/H]"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_table(path).to_pydict() == {"x": [1], "a, b": ["two\nlines, here"], "[Fe/H]": [-0.5]}


def test_csv_dates_logicals_latin_and_arrays(tmp_path):
    text = 'd,b,s,v,w\n2020-01-01,True,Å,"[1.0, null, 3e-5]","(1, 2)"\n,false,é,"[2, 2, 2]","(1)"\n'
    table = read_table(write(tmp_path / "a.csv", text.encode("latin-1")))
    assert table["d"].to_pylist() == ["2020-01-01", None]
    assert table["b"].to_pylist() == [True, False]
    assert table["s"].to_pylist()[0] == "\ufffd"
    assert table.schema.field("v").type == pa.list_(pa.float64(), 3)
    assert np.isnan(table["v"].to_pylist()[0][1])
    assert table["w"].to_pylist() == ["(1, 2)", "(1)"]


def test_csv_header_only_and_nothing_but_comments(tmp_path):
    assert read_table(write(tmp_path / "a.csv", "a,b\n")).shape == (0, 2)
    with pytest.raises(InputFileError, match=r"no header line|without separated"):
        read_table(write(tmp_path / "b.csv", "# nothing\n"))


# gzip


def test_truncated_gzip_of_any_format(tmp_path):
    rng = np.random.default_rng(1)
    table = Table({"a": rng.normal(size=5000), "b": np.arange(5000)})
    for kind, name in (("fits", "fits"), ("votable", "votable"), ("ascii.ecsv", "ecsv"), ("ascii.csv", "csv")):
        table.write(tmp_path / f"x.{name}", format=kind)
        whole = gzip.compress((tmp_path / f"x.{name}").read_bytes())
        path = write(tmp_path / f"x.{name}.gz", whole)
        assert read_table(path)["b"].to_pylist() == list(range(5000))
        with pytest.raises(InputFileError, match="cut off"):
            read_table(write(path, whole[: len(whole) // 2]))
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0xFF
        with pytest.raises(InputFileError, match="gzip"):
            read_table(write(path, bytes(flipped)))


# FITS


@pytest.fixture
def fits_file(tmp_path):
    """Every kind of column, written by astropy."""
    columns = [
        fits.Column("id", "K", array=[ID, -1, 3], null=-1),
        fits.Column("i", "I", array=[1, -99, 3], null=-99, unit="count"),
        fits.Column("u", "J", array=np.array([0, 2**31, 2**32 - 1], dtype="u4"), bzero=2**31),
        fits.Column("i8", "B", array=np.array([-128, 0, 127], dtype="i1"), bzero=-128),
        fits.Column("scaled", "I", array=[1, 2, -4]),
        fits.Column("x", "E", array=[1.5, np.nan, -2.0], unit="mas yr-1"),
        fits.Column("ok", "L", array=[True, False, True]),
        fits.Column("name", "10A", array=["HD 1  ", "", " b"]),
        fits.Column("v", "4E", dim="(2,2)", array=np.arange(12.0).reshape(3, 2, 2)),
        fits.Column("same", "PD()", array=np.array([[1.0, 2.0]] * 3 + [None], dtype=object)[:3]),
        fits.Column("ragged", "PD()", array=np.array([[1.0], [1.0, 2.0], []], dtype=object)),
        fits.Column("c", "C", array=[1j, 2j, 3j]),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name="STARS")
    hdu.header["TCOMM1"], hdu.header["TUCD1"] = "Identifier", "meta.id"
    path = tmp_path / "a.fits"
    image = fits.ImageHDU(np.zeros((2, 2)), name="IMAGE")
    fits.HDUList([fits.PrimaryHDU(), image, hdu]).writeto(path)
    fits.setval(path, "TSCAL5", value=0.5, ext=2)
    fits.setval(path, "TZERO5", value=1.0, ext=2)
    return path


def test_fits_columns(fits_file):
    with pytest.warns(ColumnsLeftOutWarning, match="c, ragged"):
        columns = {c.name: c for c in probe_table(fits_file)}
    assert (columns["id"].description, columns["id"].ucd) == ("Identifier", "meta.id")
    assert columns["x"].unit == "mas / yr"
    assert columns["v"].type_name() == "float32[4]"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = read_table(fits_file)
    expected = {
        "id": [ID, None, 3],
        "i": [1, None, 3],
        "u": [0, 2**31, 2**32 - 1],
        "i8": [-128, 0, 127],
        "scaled": [1.5, 2.0, -1.0],
        "x": [1.5, None, -2.0],
        "ok": [True, False, True],
        "name": ["HD 1", None, "b"],
        "v": [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]],
        "same": [[1, 2]] * 3,
    }
    assert table.to_pydict() == expected
    assert table.schema.field("i").type == pa.int16()


def test_fits_slices_columns_and_hdus(fits_file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = list(iter_tables(fits_file, ["name", "id"], batch_rows=2))
    assert [p.num_rows for p in parts] == [2, 1]
    assert parts[0].column_names == ["name", "id"]
    for table in (2, "STARS"):
        assert read_table(fits_file, ["u"], ReadOptions(table=table)).num_rows == 3
    with pytest.raises(InputFileError, match=r"no binary table 'X', .* its HDUs: 0 .*1 IMAGE .*2 STARS"):
        read_table(fits_file, options=ReadOptions(table="X"))
    with pytest.raises(InputFileError, match=r"no column 'nam'\. Did you mean 'name'"):
        read_table(fits_file, ["nam"])


def test_fits_cut_off_or_without_a_table(fits_file, tmp_path):
    content = fits_file.read_bytes()
    with pytest.raises(InputFileError, match=r"b\.fits: is cut off: its headers announce \d+ bytes, found"):
        read_table(write(tmp_path / "b.fits", content[:-2880]))
    with pytest.raises(InputFileError, match=r"c\.fits"):
        read_table(write(tmp_path / "c.fits", content[:100]))
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "d.fits")
    with pytest.raises(InputFileError, match="no binary table"):
        read_table(tmp_path / "d.fits")


def test_fits_without_rows(tmp_path):
    Table({"a": np.empty(0, "f4"), "s": np.empty(0, "U3")}).write(tmp_path / "a.fits")
    assert read_table(tmp_path / "a.fits").schema.field("a").type == pa.float32()


# VOTable and ECSV


@pytest.mark.parametrize(("kind", "options"), [("votable", "tabledata"), ("votable", "binary2"), ("ascii.ecsv", "")])
def test_votable_and_ecsv_written_by_astropy(tmp_path, kind, options):
    table = Table()
    table["id"] = MaskedColumn([ID, 0, 1], mask=[0, 1, 0], description="Identifier", meta={"ucd": "meta.id"})
    table["i"] = MaskedColumn(np.array([1, 2, 3], "i4"), mask=[0, 1, 0])
    table["x"] = MaskedColumn(np.array([1.5, 2, 3], "f4"), mask=[0, 1, 0], unit="mas/yr")
    table["s"] = ["a", "", "c d"]
    table["v"] = np.arange(6.0).reshape(3, 2)
    table["b"] = [True, False, True]
    path = tmp_path / "a"
    table.write(path, format=kind, **({"tabledata_format": options} if options else {}))
    back = read_table(path)
    assert back["id"].to_pylist() == [ID, None, 1]
    assert back["i"].to_pylist() == [1, None, 3]
    assert back.schema.field("i").type == pa.int32()
    assert back["x"].to_pylist() == [1.5, None, 3.0]
    assert back["s"].to_pylist() == ["a", None, "c d"]
    assert back["v"].to_pylist() == [[0, 1], [2, 3], [4, 5]]
    assert back["b"].to_pylist() == [True, False, True]
    found = {c.name: c for c in probe_table(path)}
    assert found["x"].unit == "mas / yr"
    assert found["id"].description == "Identifier"


def test_ecsv_times_become_iso_text(tmp_path):
    Table({"t": Time(["2020-01-01T00:00:00"], scale="utc"), "z": [1 + 2j], "n": [1]}).write(tmp_path / "a.ecsv")
    with pytest.warns(ColumnsLeftOutWarning, match=": z"):
        table = read_table(tmp_path / "a.ecsv")
    assert table.to_pydict() == {"t": ["2020-01-01T00:00:00.000"], "n": [1]}


def test_votable_cut_off(tmp_path):
    Table({"a": np.arange(100)}).write(tmp_path / "a.vot", format="votable")
    content = (tmp_path / "a.vot").read_bytes()
    with pytest.raises(InputFileError, match=r"b\.vot: cannot be read as votable"):
        read_table(write(tmp_path / "b.vot", content[: len(content) // 2]))


# Parquet


def test_parquet_types_that_are_converted_or_left_out(tmp_path):
    table = pa.table(
        {
            "t": pa.array([0, None], pa.timestamp("s")),
            "c": pa.array(["a", "b"]).dictionary_encode(),
            "h": pa.array(np.array([1, 2], "f2")),
            "n": pa.nulls(2),
            "large": pa.array([" x", ""], pa.large_string()),
            "same": [[1, 2], [3, 4]],
            "missing": [[1.0, 2.0], []],
            "ragged": [[1], [1, 2]],
            "struct": [{"a": 1}, {"a": 2}],
            "nan": [1.0, float("nan")],
            "i": pa.array([ID, None]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.warns(ColumnsLeftOutWarning, match="ragged, struct"):
        back = read_table(tmp_path / "a.parquet")
    assert back.to_pydict() == {
        "t": ["1970-01-01T00:00:00.000", None],
        "c": ["a", "b"],
        "h": [1.0, 2.0],
        "n": [None, None],
        "large": ["x", None],
        "same": [[1, 2], [3, 4]],
        "missing": [[1.0, 2.0], None],
        "nan": [1.0, None],
        "i": [ID, None],
    }
    assert back.schema.field("same").type == pa.list_(pa.int64(), 2)


def test_parquet_damage_is_noticed(tmp_path):
    rng = np.random.default_rng(2)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": rng.normal(size=1000)}), path, write_page_checksum=True, compression="none")
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[2000] ^= 1
    with pytest.raises(InputFileError, match=r"b\.parquet: is damaged.*expected whole pages"):
        read_table(write(tmp_path / "b.parquet", bytes(flipped)))
    with pytest.raises(InputFileError, match=r"c\.parquet: is damaged"):
        read_table(write(tmp_path / "c.parquet", content[:-10]))


def test_voparquet_written_by_astropy_brings_units(tmp_path):
    table = Table({"x": MaskedColumn([1.0, 2.0], unit="mas/yr", description="Motion")})
    metadata = {"x": {"unit": "mas/yr", "ucd": "pos.pm", "utype": "none", "description": "Motion"}}
    table.write(tmp_path / "a.parquet", format="parquet.votable", metadata=metadata)
    found = probe_table(tmp_path / "a.parquet")[0]
    assert (found.unit, found.ucd, found.description) == ("mas / yr", "pos.pm", "Motion")


def test_hats_catalogue_written_by_lsdb(tmp_path):
    lsdb = pytest.importorskip("lsdb")
    pd = pytest.importorskip("pandas")
    ids = np.arange(2000) + ID
    frame = pd.DataFrame({"source_id": ids, "ra": np.linspace(0, 359, 2000), "dec": np.linspace(-80, 80, 2000)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        catalog = lsdb.from_dataframe(frame, ra_column="ra", dec_column="dec", partition_rows=500)
        catalog.write_catalog(tmp_path / "stars", catalog_name="stars")
    for place in (tmp_path / "stars", tmp_path / "stars" / "stars"):  # the collection, and its main catalogue
        table = read_table(place, ["source_id", "_healpix_29"])
        assert sorted(table["source_id"].to_pylist()) == ids.tolist()
        assert dtypes(place)["ra"] == "float64"


# Any damage


@pytest.mark.parametrize("kind", ["fits", "votable", "ascii.ecsv", "ascii.csv", "parquet"])
def test_any_damage_is_an_input_file_error_or_none(tmp_path, kind):
    rng = np.random.default_rng(3)
    Table({"a": rng.normal(size=50), "b": np.arange(50), "s": ["x y"] * 50}).write(tmp_path / "a", format=kind)
    content = (tmp_path / "a").read_bytes()
    refused = 0
    for trial in range(40):
        damaged = bytearray(content[: rng.integers(len(content))] if trial % 2 else content)
        for place in rng.integers(0, max(len(damaged), 1), size=3):
            damaged[place : place + 1] = bytes([rng.integers(256)])
        path = write(tmp_path / "b", bytes(damaged))
        with warnings.catch_warnings(), contextlib.suppress(InputFileError):
            warnings.simplefilter("ignore")
            refused += 1
            read_table(path)
            refused -= 1
    assert refused > 5
