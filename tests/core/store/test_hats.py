import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.columns.arrow import arrow_schema, to_arrow
from vacframe.core.columns.position import HEALPIX, healpix29, in_order, pixel_of, stored_schema
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.core.store import hats
from vacframe.core.store.partition import write_table

STARS = 300
SCHEMA = stored_schema(
    TableSchema(
        columns=(
            column("obsid", "int64", "Identifier of the spectrum", ucd="meta.id;meta.main", nullable=False),
            column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
            column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
            column("pmra", "float32", "Proper motion", unit="mas / yr", ucd="pos.pm;pos.eq.ra"),
            column("subclass", "string", "Spectral class", ucd="src.spType"),
            column("flux", "float32", "Flux", length=5),
        ),
        key="obsid",
        position=Position(),
    )
)


def stars():
    """Stars over the sky in canonical order; some classes null, some proper motions NaN."""
    random = np.random.default_rng(11)
    ra, dec = random.uniform(0, 360, STARS), np.degrees(np.arcsin(random.uniform(-1, 1, STARS)))
    pmra = random.normal(0, 5, STARS).astype("f4")
    pmra[::17] = np.nan
    values = {
        HEALPIX: healpix29(ra, dec),
        "obsid": (1 << 60) + np.arange(STARS),
        "ra": ra,
        "dec": dec,
        "pmra": pmra,
        "subclass": [None if i % 7 == 0 else f"K{i % 12}" for i in range(STARS)],
        "flux": random.normal(size=(STARS, 5)).astype("f4"),
    }
    table = pa.table([to_arrow(values[c.name], c) for c in SCHEMA.columns], schema=arrow_schema(SCHEMA))
    return in_order(table, "obsid")


def partition(table, root):
    """Write pixels 0 to 8 of order 0 whole and the others split to order 1; return (order, pixel, rows)."""
    coarse, fine = (pixel_of(table[HEALPIX].to_numpy(), order) for order in (0, 1))
    chosen = [(0, p, coarse == p) for p in range(9)] + [(1, p, fine == p) for p in range(36, 48)]
    parts = []
    for order, pix, rows in chosen:
        path = root / hats.relative_path(order, pix)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(table.filter(pa.array(rows)), SCHEMA, path, name="stars", description="Some stars")
        parts.append((order, pix, int(rows.sum())))
    return parts


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("hats") / "stars"
    parts = partition(stars(), root)
    hats.write_catalog(root, SCHEMA, parts, name="stars", description="Some stars", created="2026-01-02T03:04:05Z")
    return root


@pytest.fixture
def catalogue(made, tmp_path):
    """A copy to damage."""
    shutil.copytree(made, tmp_path / "stars")
    return tmp_path / "stars"


def test_paths_are_those_of_hats():
    from hats.io.paths import pixel_catalog_file
    from hats.pixel_math import HealpixPixel

    for order, pix in [(0, 11), (5, 9999), (5, 10000), (8, 123456)]:
        expected = pixel_catalog_file("/catalogue", HealpixPixel(order, pix))
        assert f"/catalogue/{hats.relative_path(order, pix)}" == str(expected)


def test_hats_accepts_it(made):
    assert hats.validate_with_hats(made)
    assert hats.check_catalog(made) == []


def test_properties_as_hats_reads_them(made):
    import hats as peer

    found = peer.read_hats(made)
    info = found.catalog_info
    assert (info.catalog_name, info.catalog_type, info.total_rows) == ("stars", "object", STARS)
    assert (info.ra_column, info.dec_column, info.healpix_column, info.healpix_order) == ("ra", "dec", HEALPIX, 29)
    assert info.moc_sky_fraction == pytest.approx(found.partition_info.calculate_fractional_coverage(), abs=1e-5)
    assert info.__pydantic_extra__["hats_creation_date"] == "2026-01-02T03:04:05Z"
    assert (made / "properties").read_bytes() == (made / "hats.properties").read_bytes()


def test_awkward_text_in_properties(tmp_path):
    import hats as peer

    text = " a = b: \\n # ü\nsecond line"
    parts = partition(stars(), tmp_path)
    hats.write_catalog(tmp_path, SCHEMA, parts, name="stars", description="x" + text, provenance={"made_by": {"a": 1}})
    assert hats.read_properties(tmp_path)["obs_description"] == "x" + text
    extra = peer.read_hats(tmp_path).catalog_info.__pydantic_extra__
    assert extra["obs_description"] == "x" + text
    assert extra["made_by"] == '{"a": 1}'


def test_the_same_partitions_give_the_same_files(made, catalogue):
    parts = [tuple(map(int, line.split(","))) for line in (made / "partition_info.csv").read_text().split()[1:]]
    hats.write_catalog(
        catalogue, SCHEMA, parts[::-1], name="stars", description="Some stars", created="2026-01-02T03:04:05Z"
    )
    for file in ("hats.properties", "partition_info.csv", "dataset/_metadata", "dataset/_common_metadata"):
        assert (catalogue / file).read_bytes() == (made / file).read_bytes(), file


def test_empty_partitions_are_left_out(tmp_path):
    parts = partition(stars(), tmp_path)
    hats.write_catalog(tmp_path, SCHEMA, [*parts, (2, 3, 0)], name="stars")
    assert "2,3" not in (tmp_path / "partition_info.csv").read_text()
    assert hats.validate_with_hats(tmp_path)


def test_a_catalogue_without_rows(tmp_path):
    hats.write_catalog(tmp_path, SCHEMA, [(0, 4, 0)], name="stars")
    assert hats.check_catalog(tmp_path) == []
    assert pq.read_table(tmp_path / "dataset" / "_metadata").num_rows == 0


def test_lsdb_opens_it_with_spectra(made):
    lsdb = pytest.importorskip("lsdb")
    found = lsdb.open_catalog(made).compute()
    expected = stars()
    assert len(found) == STARS
    found = found.reset_index().sort_values(HEALPIX)
    assert found["obsid"].to_list() == expected["obsid"].to_pylist()
    flux = np.array([np.asarray(cell, "f4") for cell in found["flux"]])
    assert np.array_equal(flux, np.array(expected["flux"].to_pylist(), "f4"))


def test_lsdb_searches_a_cone(made):
    lsdb = pytest.importorskip("lsdb")
    from astropy.coordinates import SkyCoord

    table = stars()
    place = SkyCoord(table["ra"].to_numpy(), table["dec"].to_numpy(), unit="deg")
    centre = SkyCoord(200.0, 30.0, unit="deg")
    inside = table.filter(pa.array(place.separation(centre).deg < 20))["obsid"].to_pylist()
    found = lsdb.open_catalog(made).cone_search(200.0, 30.0, 20 * 3600.0).compute()
    assert sorted(found["obsid"]) == sorted(inside)
    assert inside


def test_pandas_opens_the_folder(made):
    import pandas as pd

    found = pd.read_parquet(made / "dataset").sort_values(HEALPIX)
    assert found["obsid"].to_list() == stars()["obsid"].to_pylist()
    assert found["subclass"].isna().sum() == stars()["subclass"].null_count


def test_duckdb_reads_the_files(made):
    duckdb = pytest.importorskip("duckdb")
    query = f"SELECT count(*), sum(obsid), avg(pmra), sum(flux[2]) FROM read_parquet('{made}/dataset/**/*.parquet')"
    rows, total, mean, flux = duckdb.sql(query).fetchall()[0]
    table = stars()
    assert (rows, total) == (STARS, sum(table["obsid"].to_pylist()))
    assert mean == pytest.approx(np.nanmean(table["pmra"].to_numpy()), rel=1e-6)
    assert flux == pytest.approx(np.array(table["flux"].to_pylist())[:, 1].sum(), rel=1e-5)


def test_astropy_reads_a_partition_with_units_and_ucds(made):
    from astropy.table import Table

    path = made / hats.relative_path(0, 3)
    plain = Table.read(path)
    chosen = stars().filter(pa.array(pixel_of(stars()[HEALPIX].to_numpy(), 0) == 3))
    assert plain["obsid"].tolist() == chosen["obsid"].to_pylist()
    described = Table.read(path, format="parquet.votable")
    assert described["pmra"].unit == "mas / yr"
    assert described["pmra"].description == "Proper motion"
    assert described["pmra"].meta["ucd"] == "pos.pm;pos.eq.ra"
    assert described["subclass"].tolist() == plain["subclass"].tolist()
    assert described["ra"].meta["ucd"] == "pos.eq.ra;meta.main"


def test_the_common_footer_has_units_and_the_widest_text(made):
    fields = pq.read_schema(made / "dataset" / "_common_metadata")
    assert fields.field("pmra").metadata[b"unit"] == b"mas / yr"
    assert b'ucd="pos.pm;pos.eq.ra"' in fields.metadata[b"IVOA.VOTable-Parquet.content"]
    assert fields.metadata[b"table::len::subclass"] == b"3"


def test_a_file_too_many_or_too_few_is_seen(catalogue):
    file = catalogue / hats.relative_path(0, 3)
    file.rename(file.with_name("Npix=99.parquet"))
    problems = hats.check_catalog(catalogue)
    assert len(problems) == 2
    assert "Npix=3.parquet is listed in partition_info.csv and does not exist" in problems[0]
    assert "Npix=99.parquet is not listed" in problems[1]


def test_rows_out_of_order_are_seen_where_hats_sees_nothing(catalogue):
    rows = stars().filter(pa.array(pixel_of(stars()[HEALPIX].to_numpy(), 0) == 3))
    backwards = rows.take(pa.array(np.arange(len(rows))[::-1]))
    write_table(backwards, SCHEMA, catalogue / hats.relative_path(0, 3), name="stars", description="")
    assert hats.validate_with_hats(catalogue)
    assert hats.check_catalog(catalogue) == [
        "dataset/Norder=0/Dir=0/Npix=3.parquet: its rows are not sorted by _healpix_29"
    ]


def test_rows_of_another_pixel_and_wrong_counts_are_seen(catalogue):
    rows = stars().filter(pa.array(pixel_of(stars()[HEALPIX].to_numpy(), 0) == 4)).slice(1)
    write_table(rows, SCHEMA, catalogue / hats.relative_path(0, 3), name="stars", description="")
    text = " ".join(hats.check_catalog(catalogue))
    assert f"{len(rows)} rows lie outside its pixel" in text
    assert f"holds {len(rows)} rows, partition_info.csv says" in text


def test_damage_is_seen(catalogue):
    path = catalogue / hats.relative_path(0, 3)
    damaged = bytearray(path.read_bytes())
    damaged[60] ^= 0xFF
    path.write_bytes(damaged)
    assert len(hats.check_catalog(catalogue)) == 1
    (catalogue / "partition_info.csv").write_text("nonsense")
    assert "cannot be read" in hats.check_catalog(catalogue)[0]


def test_other_columns_or_counts_are_refused(catalogue):
    parts = [tuple(map(int, line.split(","))) for line in (catalogue / "partition_info.csv").read_text().split()[1:]]
    order, pix, rows = parts[0]
    with pytest.raises(CorruptFileError, match=f"holds {rows} rows instead of {rows + 1}"):
        hats.write_catalog(catalogue, SCHEMA, [(order, pix, rows + 1), *parts[1:]], name="stars")
    other = stars().slice(0, rows).drop_columns(["flux"])
    write_table(other, SCHEMA, catalogue / hats.relative_path(order, pix), name="stars", description="")
    with pytest.raises(CorruptFileError, match="same columns"):
        hats.write_catalog(catalogue, SCHEMA, parts, name="stars")


def test_a_table_without_position_is_no_catalogue(tmp_path):
    with pytest.raises(ValueError, match="position"):
        hats.write_catalog(tmp_path, TableSchema(columns=(column("x", "int64"),)), [], name="x")
