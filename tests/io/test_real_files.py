"""Real files: the same table in four formats, and archives' own files against astropy's readers."""

import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits, votable
from astropy.table import Table

from vacframe.core.columns.arrow import arrow_schema, to_arrow
from vacframe.core.contract.schema import TableSchema
from vacframe.io.tables import iter_tables, probe_table, read_table
from vacframe.publish.export import export_table
from vacframe.schemas import SOURCES

DATA = Path(os.environ.get("VACFRAME_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the real data in {DATA}")
PRODUCTS = ("XP_CONTINUOUS", "XP_SAMPLED", "MCMC_MSC")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The Gaia archive's datalink products of one source: product → format → path."""
    folder = tmp_path_factory.mktemp("archive")
    found = {product: {} for product in PRODUCTS}
    for kind in ("csv", "ecsv", "fits", "vot"):
        with zipfile.ZipFile(next((DATA / "astroquery_tables").glob(f"*products_{kind}.zip"))) as packed:
            packed.extractall(folder / kind)
        for path in (folder / kind).iterdir():
            found[path.name.partition("-")[0]][kind] = path
    return found


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_same_table_in_four_formats(archive, product):
    tables = {kind: read_table(path) for kind, path in archive[product].items()}
    assert set(tables) == {"csv", "ecsv", "fits", "vot"}
    common = set.intersection(*(set(t.column_names) for t in tables.values()))
    assert len(common) >= 3
    for name in sorted(common):
        columns = {kind: table[name] for kind, table in tables.items()}
        reference = columns["vot"].combine_chunks()
        for kind, column in columns.items():
            assert column.combine_chunks().cast(reference.type).equals(reference), (name, kind)
    for kind in ("ecsv", "fits"):
        notes = {c.name: (c.dtype, c.length, c.ucd) for c in probe_table(archive[product][kind])}
        for col in probe_table(archive[product]["vot"]):
            if col.name in notes:
                assert notes[col.name] == (col.dtype, col.length, col.ucd), (kind, col.name)


def test_xp_coefficients_fit_the_schema_in_every_format(archive):
    schema = SOURCES["gaia_xp_spectra"]
    names = [n for n in schema.names if n not in ("ra", "dec")]
    arrays = {}
    for kind, path in archive["XP_CONTINUOUS"].items():
        table = read_table(path, names)
        arrays[kind] = [to_arrow(table[n], schema[n]) for n in names]
    assert arrays["csv"] == arrays["ecsv"] == arrays["fits"] == arrays["vot"]


def _expected(column):
    """Return an astropy column as a list with None for what is missing."""
    values = np.ma.asarray(column)
    if values.dtype.kind in "SUO":
        return [str(v).strip() or None if v is not np.ma.masked else None for v in values]
    masked = values.mask if values.mask is not np.ma.nomask else np.zeros(values.shape, bool)
    missing = masked | (np.isnan(values.data) if values.dtype.kind == "f" else False)
    return [None if m else v for v, m in zip(values.data.tolist(), missing, strict=True)]


def test_gaia_fits_against_astropy():
    path = DATA / "gaia_random" / "gdr3_sm.fits"
    table = read_table(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = Table.read(path)
    assert table.column_names == reference.colnames
    for name in table.column_names:
        assert table[name].to_pylist() == _expected(reference[name]), name
    with fits.open(path) as hdus:
        header = hdus[1].header
    for number, col in enumerate(probe_table(path), start=1):
        assert col.description == " ".join(header.get(f"TCOMM{number}", "").split())
        assert col.ucd == header.get(f"TUCD{number}")


def test_gaia_votable_against_astropy():
    path = DATA / "astroquery_tables" / "1710099405832VAL-result.vot"
    table = read_table(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = votable.parse(path).get_first_table()
        columns = reference.to_table(use_names_over_ids=True)
    ucds = {c.name: c.ucd for c in probe_table(path)}
    for field, name in zip(reference.fields, columns.colnames, strict=True):
        assert table[name].to_pylist() == _expected(columns[name]), name
        assert ucds[name] == field.ucd


@pytest.mark.parametrize("file", ["gaia_random/gedr3_sm.fits", "xp_coefficients/xp_continuous_combined_chunk0.fits"])
def test_slices_give_the_whole(file):
    parts = list(iter_tables(DATA / file, batch_rows=333))
    assert max(p.num_rows for p in parts) == 333
    assert pa.concat_tables(parts).combine_chunks().equals(read_table(DATA / file))


def test_ecsv_and_csv_against_astropy():
    for file, kind in (("kepler_giants/kepler_giants.ecsv", "ascii.ecsv"), ("lamost_dr10/labels.csv", "ascii.csv")):
        table, reference = read_table(DATA / file), Table.read(DATA / file, format=kind)
        assert table.column_names == reference.colnames
        for name in table.column_names:
            assert table[name].to_pylist() == _expected(reference[name]), name


def test_parquet_against_pyarrow():
    path = DATA / "gaia_edr3_fields" / "gaia_edr3_fields.parquet"
    table, reference = read_table(path), pq.read_table(path)
    assert table.num_rows == 43993
    assert table["source_id"].equals(reference["source_id"])
    for name in ("parallax", "pseudocolour", "nu_eff_used_in_astrometry"):
        expected = reference[name].to_numpy()
        assert np.array_equal(table[name].to_numpy(), expected, equal_nan=True)
        assert table[name].null_count == np.isnan(expected).sum()


@pytest.mark.parametrize("kind", ["fits", "votable", "ecsv", "parquet"])
def test_all_columns_of_gaia_survive_an_export(tmp_path, kind):
    path = DATA / "gaia_random" / "gdr3_sm.fits"
    table = read_table(path).slice(0, 200)
    schema = TableSchema(columns=probe_table(path))
    export_table([table], schema, tmp_path / "out", kind, name="gaia")
    back = read_table(tmp_path / "out")
    for col in schema.columns:
        assert to_arrow(back[col.name], col).equals(table[col.name].combine_chunks()), col.name
    for found, col in zip(probe_table(tmp_path / "out"), schema.columns, strict=True):
        assert (found.unit, found.ucd, found.description) == (col.unit, col.ucd, col.description)
    assert arrow_schema(schema).names == back.column_names


def test_every_table_among_the_real_files_is_read():
    files = [p for s in ("csv", "ecsv", "fits", "parquet", "vot", "xml", "csv.gz") for p in DATA.glob(f"[!l]*/*.{s}")]
    files += [p for s in ("csv", "ecsv", "fits", "xml") for p in DATA.glob(f"xp_tests/*/*.{s}")]
    tables = 0
    for path in files:
        if "SFD_dust" in path.name:
            continue  # an image
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tables += read_table(path).num_columns > 0
    assert tables >= 50
