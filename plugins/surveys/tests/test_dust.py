"""Dust maps from files of every form, and the analytic disc on the product's pixels."""

import h5py
import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from dustmaps.bayestar import BayestarQuery
from dustmaps.sfd import SFDQuery
from vacframe_surveys import plugin
from vacframe_surveys.config import DustDiscConfig, SurveysConfig
from vacframe_surveys.readers.dust_rows import MODULI, at_moduli, on_order

from vacframe import PlanError, SourceFile, Workspace
from vacframe.astro.dust import analytic_disc_profile, av_infinity
from vacframe.testing import run_product


def make(product, *paths, inputs=None, **config):
    settings = {"reddening_map_order": 3, "dust_3d_order": 2, **config}
    files = [SourceFile(p.name, p) for p in paths] or [SourceFile("shard 0", shard=0)]
    return run_product(plugin, product, inputs, files=files, config=SurveysConfig(**settings))


def centres(order):
    return healpy.pix2ang(1 << order, np.arange(12 << (2 * order)), nest=True, lonlat=True)


def smooth_sky(order=3):
    lon, lat = centres(order)
    return (0.5 + 0.3 * np.cos(np.radians(lat)) * np.sin(np.radians(lon)) + 0.1 * np.sin(np.radians(lat))).astype("f4")


def write_sfd(folder, size=512):
    """Write two images as dustmaps fetches them: zenithal equal area about the Galactic poles."""
    paths = []
    for pole, sign in (("ngp", 1), ("sgp", -1)):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval = ["GLON-ZEA", "GLAT-ZEA"], [0.0, 90.0 * sign]
        scale = np.degrees(np.sqrt(2)) / (size / 2)
        wcs.wcs.crpix, wcs.wcs.cdelt = [size / 2 + 0.5] * 2, [-scale, scale]
        x, y = np.meshgrid(np.arange(size), np.arange(size))
        lon, lat = wcs.wcs_pix2world(x.ravel(), y.ravel(), 0)
        image = 0.5 + 0.3 * np.cos(np.radians(lat)) * np.sin(np.radians(lon)) + 0.1 * np.sin(np.radians(lat))
        image = np.nan_to_num(image).reshape(size, size).astype("f4")
        paths.append(folder / f"SFD_dust_4096_{pole}.fits")
        fits.PrimaryHDU(image, wcs.to_header()).writeto(paths[-1])
    return paths


def test_images_of_sfd_equal_dustmaps(tmp_path):
    made = make("reddening_map", *write_sfd(tmp_path)).table
    assert made["healpix"].to_pylist() == list(range(768))
    lon, lat = centres(3)
    query = SFDQuery(map_dir=str(tmp_path))(SkyCoord(lon, lat, unit="deg", frame="galactic"))
    np.testing.assert_allclose(made["ebv"].to_numpy(), query, atol=1e-6)
    assert set(made["scale"].to_pylist()) == {"sfd"}
    assert set(made["healpix_order"].to_pylist()) == {3}


@pytest.mark.parametrize("nest", [True, False])
@pytest.mark.parametrize("coord", ["G", "C"])
def test_healpix_fits_of_every_kind(tmp_path, nest, coord):
    sky, path = smooth_sky(5), tmp_path / "map.fits"
    if coord == "C":
        icrs = SkyCoord(*healpy.pix2ang(32, np.arange(12288), nest=True, lonlat=True), unit="deg").galactic
        lon, lat = np.radians(icrs.l.deg), np.radians(icrs.b.deg)
        sky = (0.5 + 0.3 * np.cos(lat) * np.sin(lon) + 0.1 * np.sin(lat)).astype("f4")
    healpy.write_map(path, sky if nest else healpy.reorder(sky, n2r=True), nest=nest, coord=coord, dtype="f4")
    made = make("reddening_map", path, reddening_map_order=3).table
    np.testing.assert_allclose(made["ebv"].to_numpy(), smooth_sky(3), atol=0.005)


def test_healpix_fits_of_a_part_of_the_sky(tmp_path):
    sky = smooth_sky(3)
    columns = [fits.Column("PIXEL", "J", array=np.arange(50, 150)), fits.Column("E", "E", array=sky[50:150])]
    columns[1].array[-1] = healpy.UNSEEN
    unit = fits.BinTableHDU.from_columns(columns)
    cards = {"PIXTYPE": "HEALPIX", "ORDERING": "NESTED", "NSIDE": 8, "INDXSCHM": "EXPLICIT", "COORDSYS": "G"}
    unit.header.update(cards)
    unit.writeto(tmp_path / "part.fits")
    made = make("reddening_map", tmp_path / "part.fits").table
    assert made["healpix"].to_pylist() == list(range(50, 149))
    np.testing.assert_array_equal(made["ebv"].to_numpy(), smooth_sky(3)[50:149])


def write_bayestar(path):
    """Write a map of two resolutions in the layout of bayestar2019.h5."""
    rng = np.random.default_rng(2)
    coarse, fine = np.arange(12 * 16), np.arange(4 * 12 * 16)
    kept = coarse % 3 != 0
    pixels = [(4, i) for i in coarse[kept]] + [(8, i) for i in fine[~np.repeat(kept, 4)]]
    kinds = [("nside", "i4"), ("healpix_index", "i8"), ("converged", "i1"), ("DM_reliable_min", "f4")]
    info = np.zeros(len(pixels), [*kinds, ("DM_reliable_max", "f4")])
    info["nside"], info["healpix_index"] = np.array(pixels).T
    best = np.cumsum(rng.uniform(0, 0.02, (len(pixels), 120)), axis=1).astype("f4")
    with h5py.File(path, "w") as file:
        file["pixel_info"] = info
        file["pixel_info"].attrs["DM_bin_edges"] = MODULI
        file["best_fit"] = best
        file["samples"] = best[:, None]
    return path


def test_bayestar_equals_dustmaps(tmp_path):
    path = write_bayestar(tmp_path / "bayestar2019.h5")
    made = make("dust_3d", path, dust_3d_order=3).table
    lon, lat = centres(3)
    place = SkyCoord(lon, lat, unit="deg", frame="galactic")
    expected = BayestarQuery(map_fname=str(path))(place, mode="best")
    np.testing.assert_array_equal(np.stack(made["ebv"].to_numpy()), expected)
    assert set(made["scale"].to_pylist()) == {"bayestar19"}
    total = make("reddening_map", path, reddening_map_order=3).table
    np.testing.assert_array_equal(total["ebv"].to_numpy(), expected[:, -1])


def test_arrays_and_tables(tmp_path):
    cube = np.cumsum(np.random.default_rng(1).random((192, 120)), axis=1).astype("f4")
    np.save(tmp_path / "cube.npy", cube.astype("f8"))
    np.testing.assert_array_equal(np.stack(make("dust_3d", tmp_path / "cube.npy").table["ebv"].to_numpy()), cube)
    half = np.stack(make("dust_3d", tmp_path / "cube.npy", dust_3d_order=1).table["ebv"].to_numpy())
    np.testing.assert_allclose(half, cube.reshape(48, 4, 120).mean(axis=1), rtol=1e-6)
    table = Table({"healpix": np.arange(5, 10), "healpix_order": np.full(5, 3), "ebv": np.arange(5.0)})
    table.write(tmp_path / "table.fits")
    made = make("reddening_map", tmp_path / "table.fits", dust_scale="bayestar19").table
    assert made["healpix"].to_pylist() == [5, 6, 7, 8, 9]
    assert set(made["scale"].to_pylist()) == {"bayestar19"}


def test_other_distances_are_interpolated(tmp_path):
    distance = 10.0 ** (0.2 * np.arange(4.0, 20.0, 0.5) - 2.0)
    np.save(tmp_path / "cube.npy", np.repeat(np.log10(1 + distance)[None], 12, axis=0))
    found = make("dust_3d", tmp_path / "cube.npy", dust_3d_order=0, dust_moduli=(4.0, 0.5)).table["ebv"].to_numpy()
    np.testing.assert_allclose(found[7], np.log10(1 + 10.0 ** (0.2 * MODULI - 2.0)), atol=2e-3)
    late = at_moduli(np.array([[1.0, 2.0]]), np.array([9.0, 10.0]))[0]
    np.testing.assert_allclose(late[[0, 20, 40, 48, 60]], [0.1, 10**-0.5, 1.0, 2.0, 2.0])


def test_pixels_of_several_orders_on_one():
    order, pixel = np.array([0, 2, 2]), np.array([1, 0, 1])
    seen, values = on_order(order, pixel, np.array([[1.0], [2.0], [4.0]]), 1)
    assert seen.tolist() == [0, 4, 5, 6, 7]
    assert values[:, 0].tolist() == [3.0, 1.0, 1.0, 1.0, 1.0]
    assert on_order(order[:1], pixel[:1], np.array([[np.nan]]), 1)[0].tolist() == []


def test_files_that_are_no_maps(tmp_path):
    (tmp_path / "notes.txt").write_text("dust")
    np.save(tmp_path / "short.npy", np.ones(47))
    np.save(tmp_path / "flat.npy", np.ones(48))
    Table({"x": [1.0]}).write(tmp_path / "table.fits")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.ones(3)
    paths = [tmp_path / n for n in ("notes.txt", "short.npy", "table.fits", "other.h5", "flat.npy")]
    made = make("dust_3d", *paths)
    assert made.table.num_rows == 0
    details = {r["file"]: (r["reason"], r["detail"]) for r in made.rejects.to_pylist()}
    assert details["notes.txt"][1].startswith("is none of: a NumPy array")
    assert "has 47 rows, which is no whole sky" in details["short.npy"][1]
    assert "FITS table with columns x; expected PIXTYPE" in details["table.fits"][1]
    assert "HDF5 without pixel_info" in details["other.h5"][1]
    assert details["flat.npy"][0] == "not_three_dimensional"


def test_files_that_are_cut_off(tmp_path):
    np.save(tmp_path / "cube.npy", np.ones((192, 120)))
    write_bayestar(tmp_path / "cube.h5")
    healpy.write_map(tmp_path / "cube.fits", smooth_sky(5), nest=True, coord="G", dtype="f4")
    whole = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    for share, kept in ((0.5, "half"), (0.01, "start")):
        for name, content in whole.items():
            (tmp_path / f"{kept}-{name}").write_bytes(content[: int(len(content) * share)])
    made = make("reddening_map", *sorted(tmp_path.glob("*-*")), tmp_path / "cube.npy")
    assert made.table.num_rows == 768
    assert sorted(r["file"] for r in made.rejects.to_pylist()) == sorted(p.name for p in tmp_path.glob("*-*"))
    assert {r["reason"] for r in made.rejects.to_pylist()} == {"not_a_dust_map"}


def test_the_disc_is_scaled_to_the_map():
    lon, lat = centres(2)
    sky = smooth_sky(2)
    reddening = {"healpix": np.arange(150), "healpix_order": np.full(150, 2, np.int8), "ebv": sky[:150]}
    made = make("dust_3d", inputs={"reddening_map": reddening})
    assert made.counts == {"pixels_scaled_to_the_map": 150}
    found = 2.742 * np.stack(made.table["ebv"].to_numpy())
    profile = analytic_disc_profile(lon, lat, 10.0 ** (0.2 * MODULI - 2.0))
    np.testing.assert_allclose(found[:150], av_infinity(sky[:150])[:, None] * profile[:150], rtol=1e-5)
    plain = make("dust_3d", inputs={"reddening_map": reddening}, dust_disc=DustDiscConfig(sfd_correction=False))
    total = np.stack(plain.table["ebv"].to_numpy())[:, -1]
    np.testing.assert_allclose(total[:150], sky[:150] * profile[:150, -1], rtol=1e-5)
    alone = 2.742 * np.stack(make("dust_3d").table["ebv"].to_numpy())
    np.testing.assert_array_equal(found[150:], alone[150:])
    # Near the plane, nearby: 0.9 mag of A_V per kpc.
    near = 10.0 ** (0.2 * MODULI[20] - 2.0)
    flat = np.abs(lat) < 5
    assert alone[flat, 20].mean() == pytest.approx(0.9 * near, rel=0.2)


def test_a_build_of_the_default_needs_no_file_but_reddening_map_does(tmp_path):
    (tmp_path / "vacframe.toml").write_text("[plugins.surveys]\ndust_3d_order = 1\n")
    space = Workspace(tmp_path / "ws", tmp_path / "vacframe.toml")
    assert space.build("dust_3d", workers=1).ok
    assert space.read("dust_3d")["healpix"].to_pylist() == list(range(48))
    with pytest.raises(PlanError, match=r"no data for source product 'reddening_map'"):
        space.build("reddening_map", workers=1)


def test_the_real_map_is_read_and_the_disc_resembles_it(shared_data):
    path = shared_data / "dust" / "combined1719_hpxlevel_5.npy"
    cube = np.stack(make("dust_3d", path, dust_3d_order=5).table["ebv"].to_numpy())
    np.testing.assert_array_equal(cube, np.load(path).astype("f4"))
    total = make("reddening_map", path, reddening_map_order=5).table
    disc = np.stack(make("dust_3d", inputs={"reddening_map": total}, dust_3d_order=5).table["ebv"].to_numpy())
    lat = np.abs(centres(5)[1])
    for sample, width in ((40, 0.5), (64, 0.35), (90, 0.35)):
        ratio = (disc[:, sample] / np.maximum(cube[:, sample], 1e-3))[(cube[:, sample] > 0.03) & (lat < 60)]
        low, middle, high = np.percentile(ratio, [16, 50, 84])
        assert 0.85 < middle < 1.1
        assert high - low < width
