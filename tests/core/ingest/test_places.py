"""Sources without positions of their own: anchored on another product, or placed by their Gaia identifier."""

import engine_plugin
import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.contract.errors import ConfigError, PlanError
from vacframe.workspace import Workspace

CODE = '''
import vacframe as vf

plugin = vf.Plugin("homes")
POSITION = (
    vf.column("ra", "float64", "Right ascension", unit="deg"), vf.column("dec", "float64", "Declination", unit="deg"),
)

def table(key, *columns):
    return vf.TableSchema(key=key, position=vf.Position(), columns=(
        vf.column(key, "int64", "Identifier", nullable=False), *POSITION, *columns))

def source(name, key):
    @plugin.product(name, kind="source", table=table(key, vf.column("mag", "float64", "Magnitude", unit="mag")))
    def read(inputs, context):
        """Stars."""

source("stars", "star")
source("labels", "star")
source("gaia", "source_id")

@plugin.product("colours", table=table("star", vf.column("colour", "float64", "Colour")), row_wise=True,
    needs=[vf.same("stars", ["mag"]), vf.same("labels", ["mag"])])
def colours(inputs, context):
    """Differences of the magnitudes of two products."""
    return {"colour": inputs["stars"]["mag"] - inputs["labels"]["mag"]}
'''
ANCHORED = """
[sources.stars]
files = ["stars.parquet"]
[sources.labels]
files = ["labels*.parquet"]
anchor = "stars"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site", "homes", CODE)
    engine_plugin.write_stars(tmp_path / "stars.parquet", 300)
    star = np.random.default_rng(4).permutation(320)
    pq.write_table(pa.table({"star": star, "mag": star / 100.0}), tmp_path / "labels.parquet")
    (tmp_path / "vacframe.toml").write_text(ANCHORED)
    return tmp_path


def space(project, name="ws", *overrides):
    return Workspace(project / name, project / "vacframe.toml", overrides)


def homes(ws, product, key="star"):
    table = ws.read(product)
    return dict(zip(table[key].to_pylist(), table["_healpix_29"].to_pylist(), strict=True))


def test_anchored_rows_lie_where_their_anchor_lies(project):
    spaces = [space(project, f"ws{order}", f"pixel_order={order}") for order in (0, 2)]
    for ws in spaces:
        report = ws.build("colours", workers=1)
        assert report.ok
        assert report["labels"].rejects == {"no_anchor": 20}
        stars = homes(ws, "stars")
        assert homes(ws, "labels") == stars
        assert {r["key"] for r in ws.rejects("labels").to_pylist()} == {str(k) for k in range(300, 320)}
        table, own = ws.read("colours"), ws.read("stars")
        star = table["star"].to_numpy()
        mag = own["mag"].to_numpy()[np.argsort(own["star"].to_numpy())]
        np.testing.assert_allclose(table["colour"].to_numpy(), mag[star] - star / 100)
        labels = ws.read("labels")
        middle = healpy.pix2ang(1 << 29, labels["_healpix_29"].to_numpy(), nest=True, lonlat=True)
        np.testing.assert_allclose([labels["ra"].to_numpy(), labels["dec"].to_numpy()], middle, rtol=0, atol=1e-12)
    digest = [[ws.version(p).manifest["digest"] for p in ("labels", "colours")] for ws in spaces]
    assert digest[0] == digest[1]


def test_rows_follow_an_anchor_that_moves(project):
    ws = space(project, "ws", "pixel_order=1")
    ws.build("colours", workers=1)
    table = pq.read_table(project / "stars.parquet")
    ra = table["ra"].to_numpy().copy()
    ra[7] = (ra[7] + 180) % 360
    moved = table.set_column(1, "ra", pa.array(ra))
    pq.write_table(moved.take(np.setdiff1d(np.arange(300), [11])), project / "stars.parquet")
    report = ws.build("colours", workers=1)
    assert report.ok
    assert report["labels"].rejects == {"no_anchor": 21}
    assert report["labels"].ran <= 3
    stars = homes(ws, "stars")
    assert 11 not in stars
    assert homes(ws, "labels") == stars == homes(ws, "colours")
    assert ws.build("colours", workers=1).ran == 0


def test_an_anchored_row_that_occurs_twice_is_kept_once(project):
    pq.write_table(pa.table({"star": [3, 4], "mag": [50.0, 60.0]}), project / "labels2.parquet")
    ws = space(project)
    report = ws.build("labels", workers=1)
    assert report["labels"].rejects == {"no_anchor": 20, "duplicate_key": 2}
    table = ws.read("labels")
    assert table["mag"].to_pylist()[table["star"].to_pylist().index(3)] == 0.03


def source_ids(ra, dec, number):
    """Identifiers as Gaia's: the order-12 pixel above bit 35 (Gaia DR3 documentation, 20.1.1)."""
    return (healpy.ang2pix(1 << 12, ra, dec, nest=True, lonlat=True) << 35) + number


def write_gaia(project, with_positions, number=500):
    random = np.random.default_rng(8)
    ra, dec = random.uniform(0, 360, number), np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    source_id = source_ids(ra, dec, np.arange(number))
    columns = {"source_id": source_id, "mag": np.arange(number) / 10}
    if with_positions:
        columns |= {"ra": (ra + random.normal(0, 0.003, number)) % 360, "dec": np.clip(dec, -90, 90)}
    pq.write_table(pa.table(columns), project / "gaia.parquet")
    (project / "vacframe.toml").write_text('[sources.gaia]\nfiles = ["gaia.parquet"]\nposition = "source_id"\n')
    return columns


@pytest.mark.parametrize("with_positions", [False, True])
def test_rows_placed_by_their_gaia_identifier(project, with_positions):
    columns = write_gaia(project, with_positions)
    ws = space(project, "ws", "pixel_order=2")
    assert ws.build("gaia", workers=1).ok
    table = ws.read("gaia").sort_by("mag")
    home = table["_healpix_29"].to_numpy()
    np.testing.assert_array_equal(home >> 34, columns["source_id"] >> 35)
    ra, dec = table["ra"].to_numpy(), table["dec"].to_numpy()
    if with_positions:
        np.testing.assert_array_equal(ra, columns["ra"])
        own = healpy.ang2pix(1 << 12, ra, dec, nest=True, lonlat=True)
        assert (own != columns["source_id"] >> 35).any()
    else:
        np.testing.assert_array_equal(healpy.ang2pix(1 << 12, ra, dec, nest=True, lonlat=True), home >> 34)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('[sources.labels]\nfiles = ["labels.parquet"]\n', ConfigError, 'anchor = "<product with the same key>"'),
        ('[sources.labels]\nfiles = ["labels.parquet"]\nposition = "source_id"\n', ConfigError, "no column source_id"),
        ('[sources.labels]\nfiles = ["labels.parquet"]\nanchor = "star"\n', PlanError, "Did you mean 'stars'"),
        (
            '[sources.labels]\nfiles = ["labels.parquet"]\nanchor = "gaia"\n'
            '[sources.gaia]\nfiles = ["gaia.parquet"]\nposition = "source_id"\n',
            PlanError,
            "anchor = 'gaia' has no column 'star'",
        ),
    ],
)
def test_a_source_that_leads_to_no_position_is_refused(project, text, error, said):
    write_gaia(project, False)
    (project / "vacframe.toml").write_text(text)
    with pytest.raises(error, match=said):
        space(project).plan("labels")
