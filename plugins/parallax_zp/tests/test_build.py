"""A whole build from a user's own files, and the maps that other tools open."""

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.conformance import chain, made_up
from vacframe_parallax_zp.method.lindegren_2021 import zero_points
from vacframe_parallax_zp.products.gaia_parallax_l21 import ZERO_POINT_INPUTS

import vacframe as vf
from vacframe import PlanError

TARGETS = ("gaia_parallax_spatial", "parallax_zp_map_equatorial", "zp_giants")
OFFSETS = ("offset_corr", "offset_corr_error", "offset_noncorr", "offset_noncorr_error")
TABLE_1 = dict.fromkeys(("ra", "dec", "gl", "gb"), "deg") | dict.fromkeys(OFFSETS, "uas") | {"n": None}
CONFIGURATION = """
pixel_order = 0

[plugins.parallax_zp.distances]
product = "my_distances"

[plugins.parallax_zp.maps]
order = 2
more_than = 20
ordering = "ring"

[build]
workers = 1
"""


@pytest.fixture(scope="module")
def inputs():
    tables = made_up(1200, cap=60.0).inputs
    return {"my_distances" if name == "nn_labels" else name: table for name, table in tables.items()}


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    text = CONFIGURATION
    for name, table in inputs.items():
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
        key = 'key = "obsid"\n' if name == "my_distances" else ""
        text += f'\n[sources.{name}]\nfiles = ["{name}.parquet"]\n{key}'
    (folder / "vacframe.toml").write_text(text)
    workspace = vf.Workspace(folder / "workspace", config=folder / "vacframe.toml")
    workspace.build(*TARGETS)
    return workspace


def test_healpy_reads_the_map_with_missing_pixels(built):
    for frame, letter in (("galactic", "G"), ("equatorial", "C")):
        name = f"parallax_zp_map_{frame}"
        table = built.read(name).to_pandas()
        (path,) = (built.folder / "products" / name).rglob("*.fits")
        place = [c for c in table.columns if c not in ("_healpix_29", "hindex")].index("offset_corr")
        values, cards = healpy.read_map(path, field=place, nest=False, h=True)
        cards = dict(cards)
        assert (cards["ORDERING"], cards["COORDSYS"]) == ("RING", letter)
        assert values.shape == (192,)
        assert np.allclose(values[table["hindex"]], table["offset_corr"])
        others = np.setdiff1d(np.arange(192), table["hindex"])
        assert (values[others] == healpy.UNSEEN).all()
        assert 0 < len(table) < 192


@pytest.fixture(scope="module")
def levels(tmp_path_factory):
    """A workspace of its own, in which every level is built after the other."""
    return tmp_path_factory.mktemp("levels")


@pytest.mark.parametrize("order", [3, 4, 5, 6, 7])
def test_maps_of_every_level_have_the_columns_of_table_1(built, levels, order):
    ordering = ("nested", "ring")[order % 2]
    settings = {"order": order, "ordering": f'"{ordering}"', "more_than": 1}
    overrides = [f"plugins.parallax_zp.maps.{name}={value}" for name, value in settings.items()]
    workspace = vf.Workspace(levels, built.folder.parent / "vacframe.toml", overrides)
    assert workspace.build("parallax_zp_map_galactic", "parallax_zp_map_equatorial", workers=1).ok
    giants = workspace.read("zp_giants").to_pandas().drop_duplicates("source_id")
    giants = giants[giants["astrometric_params_solved"] == 31]
    for frame, lon, lat in (("galactic", "gl", "gb"), ("equatorial", "ra", "dec")):
        name = f"parallax_zp_map_{frame}"
        pixel = healpy.ang2pix(2**order, giants[lon], giants[lat], nest=ordering == "nested", lonlat=True)
        number = np.bincount(pixel, minlength=12 * 4**order)
        path = workspace.version(name).root / f"{name}.fits"
        columns = [c.name for c in fits.open(path)[1].columns]
        units = dict(zip(columns, fits.open(path)[1].columns.units, strict=True))
        assert {*columns, "hindex"} == {"hindex", *TABLE_1}
        assert [u.Unit(units[c], format="fits").to(TABLE_1[c]) for c in columns if c != "n"] == [1.0] * 8
        values, cards = healpy.read_map(path, field=columns.index("n"), nest=None, h=True)
        cards = dict(cards)
        assert (cards["NSIDE"], cards["ORDERING"]) == (2**order, ordering.upper())
        assert np.array_equal(np.where(values == healpy.UNSEEN, 0, values), np.where(number > 1, number, 0))


def test_a_build_makes_what_the_functions_make_of_the_whole_sky(built, inputs):
    config = plugin.config_model(
        distances={"product": "my_distances"}, maps={"order": 2, "more_than": 20, "ordering": "ring"}
    )
    tables = chain(inputs, config)
    for name in ("gaia_parallax_l21", "zp_giants", "parallax_zp_map_galactic", "gaia_parallax_spatial"):
        found, expected = built.read(name), tables[name]
        assert found.num_rows == expected.num_rows > 0
        assert all(found[column].equals(expected[column]) for column in expected.column_names), name


def test_giants_come_with_their_counts(built):
    counts = built.read("zp_giants_counts").to_pandas()
    giants = built.read("zp_giants").to_pandas()
    assert counts["n_five"].iloc[-2] + counts["n_six"].iloc[-2] == len(giants)


@pytest.mark.parametrize("suffix", ["parquet", "fits", "ecsv"])
def test_a_file_with_the_five_inputs_and_gaps_is_enough(inputs, tmp_path, suffix):
    """No positions, no parallax, values missing everywhere, whole numbers as floats and the other way round."""
    rng = np.random.default_rng(6)
    columns = {n: np.ma.masked_invalid(inputs["gaia_sources"][n]) for n in ZERO_POINT_INPUTS}
    for values in columns.values():
        values[rng.random(len(values)) < 0.1] = np.ma.masked
    columns["phot_g_mean_mag"] = columns["phot_g_mean_mag"].astype(np.int32)
    if suffix != "ecsv":
        columns["astrometric_params_solved"] = columns["astrometric_params_solved"].astype(np.float64)
    table = {"source_id": inputs["gaia_sources"]["source_id"], **columns}
    if suffix == "parquet":
        pq.write_table(pa.table({n: pa.array(v) for n, v in table.items()}), tmp_path / "gaia.parquet")
    else:
        Table(table).write(tmp_path / f"gaia.{suffix}")
    text = f'[sources.gaia_sources]\nfiles = ["gaia.{suffix}"]\nposition = "source_id"\n'
    (tmp_path / "vacframe.toml").write_text(text)
    workspace = vf.Workspace(tmp_path / "ws", tmp_path / "vacframe.toml")
    assert workspace.build("gaia_parallax_l21", workers=1).ok
    made = workspace.read("gaia_parallax_l21").to_pandas().sort_values("source_id")
    numbers = [columns[n].astype(np.float64).filled(np.nan) for n in ZERO_POINT_INPUTS]
    solved = np.nan_to_num(numbers.pop()).astype(np.int16)
    expected = zero_points(*numbers, solved)
    assert np.allclose(made["zero_point"], expected.value, rtol=0, atol=1e-9, equal_nan=True)
    assert made["zero_point_flag"].tolist() == expected.flag.tolist()
    assert {0, 4, 8} <= set(expected.flag)
    assert made["parallax_corrected"].isna().all()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("product", "my_distance", r"'my_distance' is named by plugins\.parallax_zp\.distances\.product.*my_distances"),
        ("column", "dist", r"'dist' is named by plugins\.parallax_zp\.distances\.column.*It has: .*distance"),
        ("logg", '["logg_a"]', r"'logg_a' is named by plugins\.parallax_zp\.distances\.logg.*logg_apogee"),
    ],
)
def test_a_product_or_column_that_is_not_there_names_the_option(built, tmp_path, option, value, message):
    override = f"plugins.parallax_zp.distances.{option}={value}"
    workspace = vf.Workspace(tmp_path, built.folder.parent / "vacframe.toml", [override])
    with pytest.raises(PlanError, match=message):
        workspace.plan("zp_giants")
