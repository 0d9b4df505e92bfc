"""Catalogues that a build leaves open in the tools that astronomers have."""

import numpy as np
import pytest

import vacframe as vf
from vacframe.core.columns.position import HEALPIX
from vacframe.core.store.hats import check_catalog, validate_with_hats

pytest.importorskip("vacframe_mock_survey", reason="the plugin mock_survey is not installed")
pytest.importorskip("vacframe_surveys", reason="the plugin surveys, which has the isochrones, is not installed")

STARS = 40
SETTINGS = """
survey = "mock"
pixel_order = 1
[plugins.mock_survey]
stars = 40
repeat_fraction = 0.0
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opens")
    (folder / "vacframe.toml").write_text(SETTINGS)
    made = vf.Workspace(folder / "ws", folder / "vacframe.toml")
    assert made.build("lamost_spectra", "gaia_sources", workers=1).ok
    return made


def tree(workspace, product):
    """The folder of the current version of a product."""
    return workspace.version(product).root


@pytest.fixture(scope="module")
def spectra(workspace):
    return tree(workspace, "lamost_spectra")


@pytest.fixture(scope="module")
def expected(workspace):
    """The rows as vacframe itself reads them, by key."""
    table = workspace.read("lamost_spectra")
    assert table.num_rows == STARS
    return table.sort_by("obsid")


@pytest.mark.parametrize("product", ["lamost_spectra", "gaia_sources", "mock_truth"])
def test_hats_and_our_own_check_accept_every_product(workspace, product):
    root = tree(workspace, product)
    assert check_catalog(root) == []
    pytest.importorskip("hats")
    assert validate_with_hats(root)


def test_lsdb(spectra, expected):
    lsdb = pytest.importorskip("lsdb")
    found = lsdb.open_catalog(spectra).compute().sort_values("obsid")
    assert found["obsid"].to_list() == expected["obsid"].to_pylist()
    flux = np.array([np.asarray(cell, "f4") for cell in found["flux"]])
    assert np.array_equal(flux, np.array(expected["flux"].to_pylist(), "f4"))


def test_lsdb_crossmatches_two_products(workspace, spectra):
    lsdb = pytest.importorskip("lsdb")
    left = lsdb.open_catalog(spectra, columns=["obsid", "ra", "dec"])
    right = lsdb.open_catalog(tree(workspace, "gaia_sources"), columns=["source_id", "ra", "dec"])
    found = left.crossmatch(
        right, radius_arcsec=1.0, suffixes=("_lamost", "_gaia"), require_right_margin=False
    ).compute()
    assert len(found) == STARS


def test_pandas(spectra, expected):
    import pandas as pd

    found = pd.read_parquet(spectra / "dataset").sort_values("obsid")
    assert found["obsid"].to_list() == expected["obsid"].to_pylist()
    assert np.array_equal(np.stack(found["ivar"]), np.array(expected["ivar"].to_pylist(), "f4"))


def test_duckdb(spectra, expected):
    duckdb = pytest.importorskip("duckdb")
    query = f"SELECT obsid, len(flux), ra FROM read_parquet('{spectra}/dataset/**/*.parquet') ORDER BY obsid"
    rows = duckdb.sql(query).fetchall()
    lengths = [len(cell) for cell in expected["flux"].to_pylist()]
    assert rows == list(zip(expected["obsid"].to_pylist(), lengths, expected["ra"].to_pylist(), strict=True))


def test_astropy_with_units_descriptions_and_ucds(workspace, spectra, expected):
    from astropy.table import Table, vstack

    files = sorted((spectra / "dataset").rglob("*.parquet"))
    assert len(files) > 1
    found = vstack([Table.read(file, format="parquet.votable") for file in files], metadata_conflicts="silent")
    found.sort("obsid")
    assert found["obsid"].tolist() == expected["obsid"].to_pylist()
    checked = 0
    for column in workspace.describe("lamost_spectra")["columns"]:
        name = column["name"]
        assert str(found[name].unit or "") == str(astropy_unit(column.get("unit")))
        assert found[name].description == column["description"]
        assert found[name].meta.get("ucd") == column.get("ucd")
        checked += bool(column.get("unit"))
    assert checked >= 2


def astropy_unit(unit):
    from astropy import units

    return units.Unit(unit) if unit else ""


def test_units_descriptions_and_ucds_survive_export(workspace, tmp_path):
    from astropy.io import votable
    from astropy.io.fits import getheader
    from astropy.table import Table

    declared = {c["name"]: c for c in workspace.describe("gaia_sources")["columns"] if c.get("unit")}
    assert declared["pmra"]["unit"]
    for format, suffix in (("fits", "fits"), ("votable", "xml")):
        workspace.export("gaia_sources", format, tmp_path / f"gaia.{suffix}")
    fits, vot = Table.read(tmp_path / "gaia.fits"), Table.read(tmp_path / "gaia.xml", format="votable")
    fields = {f.name: f for f in votable.parse_single_table(tmp_path / "gaia.xml").fields}
    header = getheader(tmp_path / "gaia.fits", 1)
    for name, column in declared.items():
        number = fits.colnames.index(name) + 1
        assert fits[name].unit == vot[name].unit == astropy_unit(column["unit"]), name
        assert header[f"TCOMM{number}"] == vot[name].description == column["description"]
        assert header[f"TUCD{number}"] == fields[name].ucd == column["ucd"]
    original = workspace.read("gaia_sources").sort_by("source_id")
    for found in (fits, vot):
        found.sort("source_id")
        assert found["source_id"].tolist() == original["source_id"].to_pylist()


def test_the_home_of_every_row_is_what_cdshealpix_says(expected):
    nested = pytest.importorskip("cdshealpix.nested")
    from astropy.coordinates import Latitude, Longitude

    ra, dec = Longitude(expected["ra"].to_numpy(), "deg"), Latitude(expected["dec"].to_numpy(), "deg")
    assert nested.lonlat_to_healpix(ra, dec, depth=29).tolist() == expected[HEALPIX].to_pylist()
