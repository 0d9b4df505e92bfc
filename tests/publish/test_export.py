"""Every export format, read back by our reader and by other people's."""

import json
import warnings

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits, votable
from astropy.table import Table
from astropy.units import Unit

from vacframe.core.columns.arrow import arrow_schema, to_arrow
from vacframe.core.contract.errors import SchemaError, UsageError
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.io.fields import ColumnsLeftOutWarning
from vacframe.io.tables import probe_table, read_table
from vacframe.io.votable_write import voparquet_metadata
from vacframe.publish.export import EXPORT_FORMATS, export_hats, export_table
from vacframe.schemas import SOURCES

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ID = 4267180339403392769  # not a float64: the nearest one is even
SCHEMA = TableSchema(
    description="Made-up stars <&>",
    key="source_id",
    position=Position(epoch=2016.0),
    columns=(
        column("source_id", "int64", "Gaia source identifier", ucd="meta.id;meta.main", nullable=False),
        column("other_id", "int64", "Another identifier", ucd="meta.id"),
        column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
        column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
        column("pmra", "float64", 'Proper motion with "quotes" & < signs', unit="mas / yr", ucd="pos.pm;pos.eq.ra"),
        column("teff", "float32", "Effective temperature", unit="K", ucd="phys.temperature.effective"),
        column("feh", "float32", "Iron abundance", unit="dex", ucd="phys.abund.Fe"),
        column("pseudocolour", "float32", "Pseudocolour", unit="1 / um", ucd="em.wavenumber"),
        *(column(f"n_{kind}", kind, f"Integers of type {kind}", ucd="meta.number") for kind in INTEGERS),
        column("good", "bool", "Whether it is good", ucd="meta.code"),
        column("name", "string", "Name of the star", ucd="meta.id"),
        column("flux", "float32", "Flux", length=3, ucd="phot.flux"),
        column("flags", "int32", "Flags", length=2, ucd="meta.code"),
    ),
)
PROVENANCE = {"build": "b1", "plugins": {"nn_labels": "0.1"}, "citation": 'Wang et al. 2022, "A&A" <1>'}


@pytest.fixture
def table():
    """Three rows: extremes, all null where allowed, and ordinary values."""
    null = np.array([False, True, False])
    values = {
        "source_id": np.array([ID, 1, np.iinfo(np.int64).max]),
        "other_id": np.ma.array([ID, 0, -5], mask=null),
        "ra": np.array([251.51920772923995, 0.0, 359.99999999999994]),
        "dec": np.array([-51.50535255488219, 0.0, 90.0]),
        "pmra": np.array([-3.25e-7, np.nan, 12.0]),
        "teff": np.array([5000.125, np.nan, 3200.0]),
        "feh": np.array([-0.5, np.nan, 0.1]),
        "pseudocolour": np.array([1.4, np.nan, 1.5]),
        "good": np.ma.array([True, False, False], mask=null),
        "name": ["HD 1", None, 'x <&> "y"'],
        "flux": np.ma.array([[1, 2, 3], [0, 0, 0], [4, np.nan, 6]], mask=[[0] * 3, [1] * 3, [0] * 3]),
        "flags": np.ma.array([[1, -2], [0, 0], [3, 4]], mask=[[0, 0], [1, 1], [0, 0]]),
    }
    for kind in INTEGERS:
        limits = np.iinfo(kind)
        top = limits.max if kind != "uint64" else np.iinfo(np.int64).max
        values[f"n_{kind}"] = np.ma.array([limits.min, 0, top], mask=null, dtype=kind)
    return pa.table([to_arrow(values[c.name], c) for c in SCHEMA.columns], schema=arrow_schema(SCHEMA))


def export(table, path, kind, schema=SCHEMA, **options):
    return export_table([table], schema, path, kind, name="stars", description="Test", provenance=PROVENANCE, **options)


def scalars(table, schema=SCHEMA):
    names = [c.name for c in schema.columns if c.length is None]
    return table.select(names), schema.select(names)


@pytest.mark.parametrize("kind", ["fits", "votable", "ecsv", "parquet", "csv"])
def test_values_survive(table, tmp_path, kind):
    path = tmp_path / "stars.out"
    files = export(table, path, kind)
    assert all(f.exists() for f in files)
    back = read_table(path)
    assert back.column_names == table.column_names
    for col in SCHEMA.columns:
        found = to_arrow(back[col.name], col) if kind in ("csv", "votable", "fits") else back[col.name].combine_chunks()
        expected = table[col.name].combine_chunks()
        if col.length is None:
            assert found.to_pylist() == expected.to_pylist(), col.name
        else:
            assert found.is_null().to_pylist() == expected.is_null().to_pylist() or col.is_float, col.name
            for a, b in zip(found.to_pylist(), expected.to_pylist(), strict=True):
                assert b is None or np.array_equal(a, b, equal_nan=True), col.name
        if kind in ("ecsv", "parquet"):
            assert found.type == expected.type, col.name


@pytest.mark.parametrize("kind", ["fits", "votable", "ecsv", "parquet"])
def test_units_descriptions_and_ucds_survive(table, tmp_path, kind):
    export(table, tmp_path / "stars.out", kind)
    found = {c.name: c for c in probe_table(tmp_path / "stars.out")}
    for col in SCHEMA.columns:
        assert (found[col.name].unit, found[col.name].ucd, found[col.name].length) == (col.unit, col.ucd, col.length)
        assert found[col.name].description == col.description


def test_every_source_schema_survives_fits_and_votable(tmp_path):
    for name, schema in SOURCES.items():
        for kind in ("fits", "votable", "parquet"):
            path = tmp_path / f"{name}.{kind}"
            cells = [pa.nulls(1, f.type) if f.nullable else pa.array([1], f.type) for f in arrow_schema(schema)]
            row = pa.table(cells, names=list(schema.names))
            export_table([row], schema, path, kind, name=name)
            for found, col in zip(probe_table(path), schema.columns, strict=True):
                assert (found.name, found.unit, found.ucd) == (col.name, col.unit, col.ucd)
                assert found.description == col.description


def test_fits_as_astropy_reads_it(table, tmp_path):
    path = tmp_path / "stars.fits"
    export(table, path, "fits")
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert path.stat().st_size % 2880 == 0
        header = hdus[1].header
        assert (header["RADESYS"], header["POSEPOCH"], header["EXTNAME"]) == ("ICRS", 2016.0, "stars")
        assert header["TCOMM1"] == "Gaia source identifier"
        assert header["TUCD1"] == "meta.id;meta.main"
        assert "TNULL1" not in header
        assert "nn_labels" in str(hdus[0].header["HISTORY"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = Table.read(path)
    assert read["source_id"].tolist() == [ID, 1, np.iinfo(np.int64).max]
    assert read["other_id"].dtype.kind == "i"
    assert read["other_id"].tolist() == [ID, None, -5]
    assert read["n_int32"].dtype.kind == "i"
    assert read["n_int32"].tolist() == [np.iinfo("i4").min, None, np.iinfo("i4").max]
    for kind in ("int16", "uint8", "uint16", "uint32", "int64"):
        assert read[f"n_{kind}"].tolist()[::2] == table[f"n_{kind}"].to_pylist()[::2]
        assert read[f"n_{kind}"].mask.tolist() == [False, True, False]
    assert Unit(read["pmra"].unit) == Unit("mas / yr")
    assert read["good"][0]
    assert np.array_equal(read["flux"][2], [4, np.nan, 6], equal_nan=True)
    assert read["name"].tolist()[0] == "HD 1"


def test_fits_null_of_a_full_8_bit_column_and_accents(tmp_path):
    schema = TableSchema(columns=(column("n", "uint8", "Ångström"), column("s", "string", "text")))
    numbers = pa.array([*range(256), None], pa.uint8())
    names = pa.array(["Gödel"] * 257)
    export_table([pa.table({"n": numbers, "s": names})], schema, tmp_path / "a.fits", "fits", name="a")
    back = read_table(tmp_path / "a.fits")
    assert back["n"].to_pylist() == numbers.to_pylist()
    assert back["s"][0].as_py() == "Godel"
    assert probe_table(tmp_path / "a.fits")[0].description == "Angstrom"


def test_votable_as_astropy_reads_it(table, tmp_path):
    path = tmp_path / "stars.vot"
    export(table, path, "votable")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = votable.parse(path, verify="exception")
    resource, read = file.resources[0], file.get_first_table()
    system = resource.coordinate_systems[0]
    assert (system.ID, system.system, system.epoch) == ("coosys", "ICRS", "J2016.0")
    assert [f.name for f in read.fields if f.ref == "coosys"] == ["ra", "dec"]
    assert {i.name: i.value for i in resource.infos}["citation"] == PROVENANCE["citation"]
    assert json.loads({i.name: i.value for i in resource.infos}["plugins"]) == PROVENANCE["plugins"]
    field = {f.name: f for f in read.fields}["pmra"]
    assert (field.ucd, field.description) == ("pos.pm;pos.eq.ra", 'Proper motion with "quotes" & < signs')
    as_table = read.to_table()
    assert as_table["source_id"].tolist() == [ID, 1, np.iinfo(np.int64).max]
    assert as_table["other_id"].tolist() == [ID, None, -5]
    assert as_table["n_int32"].dtype == np.int32
    assert as_table["n_int32"].tolist() == [np.iinfo("i4").min, None, np.iinfo("i4").max]
    assert as_table["good"].tolist() == [True, None, False]
    assert as_table["name"].tolist()[2] == 'x <&> "y"'
    assert str(as_table["feh"].unit) == "dex"


def test_votable_text_beyond_ascii_and_many_rows(tmp_path):
    schema = TableSchema(columns=(column("s", "string", "text"), column("x", "float64", "number")))
    rows = pa.table({"s": ["Gödel", "κ Cet", "", "plain"] * 5000, "x": np.arange(20000.0)})
    export_table([rows], schema, tmp_path / "a.vot", "votable", name="a")
    read = Table.read(tmp_path / "a.vot", format="votable")
    assert list(read["s"][:2]) == ["Gödel", "κ Cet"]
    assert np.array_equal(read["x"], np.arange(20000.0))


def test_votable_refuses_integers_beyond_63_bits(tmp_path):
    schema = TableSchema(columns=(column("n", "uint64", "number"),))
    with pytest.raises(SchemaError, match="'n'"):
        export_table([pa.table({"n": pa.array([1 << 63], pa.uint64())})], schema, tmp_path / "a", "votable", name="a")
    assert list(tmp_path.iterdir()) == []


def test_parquet_as_others_read_it(table, tmp_path):
    path = tmp_path / "stars.parquet"
    export_table([table, table.slice(0, 1)], SCHEMA, path, "parquet", name="stars", provenance=PROVENANCE)
    frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
    assert frame["other_id"].dtype == "Int64"
    assert frame["other_id"].tolist()[:1] + frame["other_id"].tolist()[2:] == [ID, -5, ID]
    assert frame["n_int32"].dtype == "Int32"
    rows = duckdb.sql(f"select other_id, n_uint64, name, flux from '{path}'").fetchall()
    assert [r[0] for r in rows] == [ID, None, -5, ID]
    assert rows[2][1:3] == (np.iinfo(np.int64).max, 'x <&> "y"')
    metadata = pq.read_metadata(path).metadata
    assert json.loads(metadata[b"vacframe.provenance"]) == PROVENANCE
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        header = votable.parse(pa.BufferReader(metadata[b"IVOA.VOTable-Parquet.content"]), verify="exception")
    fields = header.get_first_table().fields
    assert [f.name for f in fields] == list(SCHEMA.names)
    assert {f.name: str(f.unit) for f in fields if f.unit}["pmra"] == "mas / yr"


def test_astropy_reads_parquet_with_null_text_and_voparquet_with_units(table, tmp_path):
    flat, schema = scalars(table)
    export(flat, tmp_path / "stars.parquet", "parquet", schema)
    read = Table.read(tmp_path / "stars.parquet")
    assert read["source_id"].tolist() == table["source_id"].to_pylist()
    assert read["name"].tolist()[::2] == table["name"].to_pylist()[::2]
    numbers = [c.name for c in schema.columns if c.dtype not in ("string", "bool")]
    export(flat, tmp_path / "numbers.parquet", "parquet", schema.select(numbers))
    read = Table.read(tmp_path / "numbers.parquet", format="parquet.votable")
    assert read["pmra"].unit == Unit("mas / yr")
    assert read["source_id"].tolist() == table["source_id"].to_pylist()


@pytest.mark.parametrize("kind", ["fits", "parquet"])
def test_astropy_reads_units_descriptions_and_ucds(table, tmp_path, kind):
    long = 'A description with "quotes", it\'s: {braced}, # and [brackets] ' * 4 + "and an accent: Ångström"
    columns = (*SCHEMA.columns[:-1], SCHEMA.columns[-1].model_copy(update={"description": long}))
    schema = SCHEMA.model_copy(update={"columns": columns})
    for number, rows in enumerate((table.take([0, 2]), table.slice(0, 0))):  # astropy fails on null arrays in Parquet
        path = tmp_path / f"stars{number}.{kind}"
        export_table([rows], schema, path, kind, name="stars", description="Test")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FITS has no unit dex, and astropy says so
            read = Table.read(path)
        assert len(read) == rows.num_rows
        assert read.colnames == list(schema.names)
        for col in schema.columns:
            unit = read[col.name].unit
            assert (unit == Unit(col.unit) or str(unit) == "dex") if col.unit else not unit, col.name
            assert read[col.name].description == col.description, col.name
            assert read[col.name].info.meta == {"ucd": col.ucd}, col.name
        if kind == "parquet":
            assert read["feh"].unit == Unit("dex")
            assert read.meta == {"name": "stars", "description": "Test"}


def test_voparquet_metadata_is_made_once_per_schema():
    assert voparquet_metadata(SCHEMA, "stars", "d") is voparquet_metadata(SCHEMA, "stars", "d")


def test_parquet_carries_page_checksums(table, tmp_path):
    path = tmp_path / "stars.parquet"
    export(table, path, "parquet")
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Exception, match=r"(?i)crc|checksum|damaged"):
        read_table(path)


def test_mrt_as_astropy_reads_it(table, tmp_path):
    path = tmp_path / "stars.mrt"
    with pytest.warns(ColumnsLeftOutWarning, match="flags, flux"):
        export(table, path, "mrt")
    read = Table.read(path, format="ascii.mrt")
    assert read["source_id"].tolist() == table["source_id"].to_pylist()
    assert read["other_id"].tolist() == [ID, None, -5]
    assert read["ra"].tolist() == table["ra"].to_pylist()
    assert read["pmra"].tolist() == [-3.25e-7, None, 12.0]
    assert read["teff"].unit == Unit("K")
    assert read["pmra"].unit == Unit("mas / yr")
    assert read["name"].tolist()[0] == "HD 1"
    assert read["teff"].description.endswith("Effective temperature")


def test_ecsv_and_csv_carry_provenance(table, tmp_path):
    export(table, tmp_path / "stars.ecsv", "ecsv")
    assert Table.read(tmp_path / "stars.ecsv").meta["provenance"] == PROVENANCE
    files = export(table, tmp_path / "stars.csv", "csv")
    assert [f.name for f in files] == ["stars.csv", "stars.csv.json"]
    assert json.loads(files[1].read_text())["provenance"] == PROVENANCE
    frame = pd.read_csv(files[0], dtype={"other_id": "Int64"})
    assert frame["other_id"].tolist()[0] == ID
    assert frame["ra"].tolist() == table["ra"].to_pylist()


@pytest.mark.parametrize("kind", EXPORT_FORMATS)
def test_no_rows(table, tmp_path, kind):
    flat, schema = scalars(table)
    for number, tables in enumerate(([], [flat.slice(0, 0)])):
        path = tmp_path / f"{number}.out"
        export_table(tables, schema, path, kind, name="stars")
        if kind != "mrt":
            assert read_table(path).num_rows == 0
            assert read_table(path).column_names == list(schema.names)


def test_open_schema_keeps_further_columns(tmp_path):
    schema = SOURCES["reference_labels"]
    rows = pa.table({n: pa.nulls(1, f.type) for n, f in zip(schema.names, arrow_schema(schema), strict=True)})
    notes = {"unit": "K", "description": "Teff", "ucd": "phys.temperature.effective"}
    field = pa.field("teff", pa.float32(), metadata=notes)
    rows = rows.append_column(field, pa.array([5000.0], pa.float32())).append_column("_row", pa.array([1]))
    export_table([rows], schema, tmp_path / "a.fits", "fits", name="a")
    last = probe_table(tmp_path / "a.fits")[-1]
    assert (last.name, last.unit, last.ucd) == ("teff", "K", "phys.temperature.effective")


def test_nothing_is_overwritten_unless_allowed_and_a_failure_leaves_nothing(table, tmp_path):
    path = tmp_path / "stars.fits"
    path.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        export(table, path, "fits")
    assert path.read_text() == "precious"
    export(table, path, "fits", overwrite=True)
    assert read_table(path).num_rows == 3

    def broken():
        yield table
        raise RuntimeError("the disk fell off")

    for kind in EXPORT_FORMATS:
        with pytest.raises(RuntimeError):
            export_table(broken(), SCHEMA, tmp_path / "new", kind, name="a")
        with pytest.raises(SchemaError, match="flags"):
            export_table([table.drop(["flags"])], SCHEMA, tmp_path / "new", kind, name="a")
    assert [p.name for p in tmp_path.iterdir()] == ["stars.fits"]
    with pytest.raises(UsageError, match="fits"):
        export(table, tmp_path / "x", "fit")
    with pytest.raises(UsageError, match="does not exist"):
        export(table, tmp_path / "no" / "x", "fits")


def test_a_tree_is_copied(table, tmp_path):
    tree = tmp_path / "tree"
    pixel = tree / "dataset" / "Norder=0" / "Dir=0"
    pixel.mkdir(parents=True)
    for number in (10, 2):
        pq.write_table(table.slice(0, 1 if number == 2 else 2), pixel / f"Npix={number}.parquet")
    (tree / "hats.properties").write_text("obs_collection=stars\n")
    made = export_hats(tree, tmp_path / "copy")
    assert made == [tmp_path / "copy"]
    assert read_table(made[0])["source_id"].to_pylist() == [ID, ID, 1]  # pixel 2, then pixel 10
    with pytest.raises(UsageError, match="exists"):
        export_hats(tree, tmp_path / "copy")
