"""Spectra joined to Gaia sources: against astropy, at the edges of the sky, and through whole builds."""

import astropy.units as u
import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import Distance, SkyCoord
from astropy.time import Time
from vacframe_surveys import plugin
from vacframe_surveys.config import SurveysConfig

from vacframe import Workspace
from vacframe.testing import run_product

GAIA = ("source_id", "ra", "dec", "pmra", "pmdec")
J2000, DR3 = Time(2000.0, format="jyear", scale="tcb"), Time(2016.0, format="jyear", scale="tcb")


def gaia_table(ra, dec, pmra, pmdec):
    count = len(ra)
    values = (np.arange(count) + 10**15, ra, dec, pmra, pmdec)
    return dict(zip(GAIA, (np.asarray(v) for v in values), strict=True))


def carried(gaia, year):
    """Return ra, dec at an epoch by astropy; far enough for parallax and radial velocity not to matter."""
    here = SkyCoord(
        gaia["ra"] * u.deg, gaia["dec"] * u.deg, pm_ra_cosdec=np.nan_to_num(gaia["pmra"]) * u.mas / u.yr,
        pm_dec=np.nan_to_num(gaia["pmdec"]) * u.mas / u.yr, distance=Distance(1e6 * np.ones(len(gaia["ra"])), u.kpc),
        obstime=DR3,
    )  # fmt: skip
    there = here.apply_space_motion(Time(year, format="jyear", scale="tcb"))
    return SkyCoord(there.ra, there.dec)


def mjd(year):
    return np.round((np.asarray(year) - 2000.0) * 365.25 + 51544.5).astype(np.int32)


def spectra_table(ra, dec, days=None, first=1):
    days = np.full(len(ra), 56000, np.int32) if days is None else days
    obsid = np.arange(len(ra), dtype=np.int64) + first
    return {"obsid": obsid, "ra": np.asarray(ra, float), "dec": np.asarray(dec, float), "lmjd": days}


def match(spectra, gaia, **config):
    inputs = {"lamost_spectra": spectra, "gaia_sources": gaia}
    made = run_product(plugin, "crossmatch", inputs, config=SurveysConfig(**config))
    made.table = made.table.sort_by("obsid")
    return made


def brute_force(here, years, gaia):
    """Return nearest row, its separation and epoch, and the number of sources within 3 arcsec, by astropy."""
    at_2000 = carried(gaia, 2000.0)
    row, angle, _ = here.match_to_catalog_sky(at_2000)
    epoch, angle = np.full(len(here), 2000.0), angle.arcsec.copy()
    inside = here[:, None].separation(at_2000[None]).arcsec <= 3.0
    for year in np.unique(years):
        rows = np.flatnonzero(years == year)
        then = carried(gaia, year)
        other, new, _ = here[rows].match_to_catalog_sky(then)
        nearer = new.arcsec < angle[rows]
        row[rows[nearer]], angle[rows[nearer]], epoch[rows[nearer]] = other[nearer], new.arcsec[nearer], year
        inside[rows] |= here[rows][:, None].separation(then[None]).arcsec <= 3.0
    return row, angle, epoch, inside.sum(axis=1)


def field(count=4000, seed=0, spread=0.5):
    """Return Gaia sources in a crowded field; a hundredth of them fast, some without proper motion."""
    rng = np.random.default_rng(seed)
    speed = np.where(rng.random(count) < 0.01, 3000.0, 30.0)
    pmra, pmdec = rng.normal(0, 1, (2, count)) * speed
    pmra[::50] = pmdec[::50] = np.nan
    return gaia_table(120 + rng.uniform(0, spread, count), 30 + rng.uniform(0, spread, count), pmra, pmdec)


def test_equals_astropy_at_both_epochs():
    gaia = field()
    rng = np.random.default_rng(5)
    chosen = rng.choice(4000, 1500)
    years = rng.choice([2012.3, 2014.8, 2019.1], 1500)
    places = carried(gaia, 2000.0)[chosen]
    for year in np.unique(years):
        late = (years == year) & (rng.random(1500) < 0.5)
        places[late] = carried(gaia, year)[chosen[late]]
    scatter = rng.normal(0, 1.0, (2, 1500)) / 3600
    ra, dec = places.ra.deg + scatter[0] / np.cos(places.dec.rad), places.dec.deg + scatter[1]
    days = mjd(years)
    made = match(spectra_table(ra, dec, days), gaia).table
    exact = 2000.0 + (days - 51544.5) / 365.25
    row, angle, epoch, inside = brute_force(SkyCoord(ra * u.deg, dec * u.deg), exact, gaia)
    found = np.array(made["source_id"].is_valid())
    assert np.array_equal(found, angle <= 3.0)
    assert 1000 < found.sum() < 1500
    assert np.array_equal(np.array(made["source_id"].drop_null()), gaia["source_id"][row[found]])
    assert np.abs(np.array(made["separation"])[found] - angle[found]).max() < 1e-5
    moving = found & np.isfinite(gaia["pmra"][row])
    assert np.allclose(np.array(made["match_epoch"])[moving], epoch[moving], atol=1e-3)
    assert set(epoch[moving]) == {2000.0, *exact}
    assert np.array_equal(np.array(made["n_candidates"]), inside)
    assert made["n_candidates"].to_numpy().max() > 1


def test_a_fast_star_is_found_where_it_was_in_2000():
    """Barnard's star: position and proper motion of Gaia DR3; position at J2000 of SIMBAD."""
    gaia = gaia_table([269.44850252543836], [4.739420051112412], [-801.551], [10362.394])
    barnard = SkyCoord("17h57m48.498s +04d41m36.11s")
    made = match(spectra_table([barnard.ra.deg], [barnard.dec.deg]), gaia).table
    assert made["source_id"][0].as_py() == 10**15
    assert made["match_epoch"][0].as_py() == 2000.0
    assert made["separation"][0].as_py() < 0.2


def test_a_smaller_largest_motion_reads_less_of_gaia():
    config = SurveysConfig(crossmatch_max_proper_motion=2.0)
    assert [n.margin for n in plugin.requires("crossmatch", config)] == [0.0, pytest.approx(35 / 3600)]
    gaia = gaia_table([10.0], [20.0], [0.0], [2100.0])
    place = carried(gaia, 2000.0)
    spectrum = spectra_table(place.ra.deg, place.dec.deg)
    assert match(spectrum, gaia).table["source_id"].to_pylist() == [10**15]
    assert match(spectrum, gaia, crossmatch_max_proper_motion=2.0).table["source_id"].to_pylist() == [None]


def test_two_spectra_of_a_star_and_none_near():
    gaia = gaia_table([10.0, 10.0005], [20.0, 20.0], [np.nan, 0.0], [np.nan, 0.0])
    made = match(spectra_table([10.0, 10.0, 11.0], [20.0, 20.0, 20.0]), gaia)
    assert made.table["source_id"].to_pylist() == [10**15, 10**15, None]
    assert made.table["n_candidates"].to_pylist() == [2, 2, 0]
    assert made.counts["matched"] == 2
    assert made.counts["no_source_within_radius"] == 1
    assert made.counts["several_sources_within_radius"] == 2


def test_missing_and_impossible_dates_leave_the_comparison_at_2000():
    gaia = gaia_table([10.0], [20.0], [0.0], [500.0])
    place = carried(gaia, 2000.0)
    days = np.ma.masked_array([0, 56000], mask=[False, True], dtype=np.int32)
    made = match(spectra_table(np.repeat(place.ra.deg, 2), np.repeat(place.dec.deg, 2), days), gaia)
    assert made.table["match_epoch"].to_pylist() == [2000.0, 2000.0]
    assert made.counts["without_a_usable_date"] == 2


def test_observations_without_dates_by_configuration():
    stars = spectra_table([10.0], [20.0])
    del stars["lmjd"]
    config = SurveysConfig(crossmatch_observations="lamost_stars", crossmatch_date="")
    inputs = {"lamost_stars": stars, "gaia_sources": gaia_table([10.0], [20.0], [0.0], [0.0])}
    made = run_product(plugin, "crossmatch", inputs, config=config)
    assert made.table["source_id"].to_pylist() == [10**15]
    assert made.table["match_epoch"].to_pylist() == [2000.0]


def test_of_sources_at_one_place_the_smaller_identifier_is_taken():
    gaia = gaia_table([10.0, 10.0, 10.0], [20.0, 20.0, 20.0], [0.0, np.nan, 0.0], [0.0, np.nan, 0.0])
    gaia = {name: values[::-1] for name, values in gaia.items()}
    made = match(spectra_table([10.0], [20.0]), gaia).table
    assert made["source_id"].to_pylist() == [10**15]
    assert made["n_candidates"].to_pylist() == [3]


def test_no_sources_and_no_spectra():
    nothing = {name: values[:0] for name, values in gaia_table([1.0], [1.0], [0.0], [0.0]).items()}
    made = match(spectra_table([10.0, 11.0], [20.0, 21.0]), nothing)
    assert made.table["source_id"].to_pylist() == [None, None]
    assert made.table["n_candidates"].to_pylist() == [0, 0]
    assert made.counts["no_source_within_radius"] == 2
    none = {name: values[:0] for name, values in spectra_table([1.0], [1.0]).items()}
    assert match(none, gaia_table([10.0], [20.0], [0.0], [0.0])).table.num_rows == 0


def test_a_star_that_moves_out_of_its_partition(tmp_path):
    """Gaia's position in one partition, the spectrum 160 arcsec away in the next, which holds no source of its own."""
    line = np.arange(100.0, 110.0, 0.001)
    pixels = healpy.ang2pix(16, line, np.full(len(line), 10.0), nest=True, lonlat=True)
    edge = line[np.flatnonzero(np.diff(pixels))[0]]
    gaia = gaia_table([edge - 0.02], [10.0], [-10300.0], [0.0])
    place = carried(gaia, 2000.0)
    pq.write_table(pa.table(gaia), tmp_path / "gaia.parquet")
    pq.write_table(pa.table(spectra_table(place.ra.deg, place.dec.deg)), tmp_path / "spectra.parquet")
    text = '[sources.gaia_sources]\nfiles = ["gaia.parquet"]\n[sources.lamost_spectra]\nfiles = ["spectra.parquet"]\n'
    (tmp_path / "vacframe.toml").write_text("pixel_order = 4\n" + text)
    space = Workspace(tmp_path / "ws", tmp_path / "vacframe.toml")
    assert space.build("crossmatch", workers=1).ok
    assert 160 < 3600 * (place.ra.deg - gaia["ra"])[0] * np.cos(np.radians(10)) < 170
    assert healpy.ang2pix(16, gaia["ra"], [10.0], nest=True, lonlat=True) != healpy.ang2pix(
        16, place.ra.deg, place.dec.deg, nest=True, lonlat=True
    )
    made = space.read("crossmatch")
    assert made["source_id"].to_pylist() == [10**15]
    assert made["match_epoch"].to_pylist() == [2000.0]


def edges():
    """Return Gaia sources at the poles and, within 3 h of 0 h, anywhere and at pixel corners; some very fast."""
    rng = np.random.default_rng(8)
    ra, dec = [rng.uniform(0, 360, 300)], [np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))]
    ra += [rng.uniform(0, 360, 40), rng.choice([0.0, 359.99999, 1e-7], 40), np.zeros(2)]
    dec += [
        rng.choice([-1, 1], 40) * (90 - rng.uniform(0, 2e-3, 40)),
        rng.uniform(-60, 60, 40),
        np.array([90.0, -90.0]),
    ]
    vectors = [healpy.boundaries(2**o, np.arange(12 * 4**o), step=3, nest=True) for o in (0, 2)]
    vectors = np.unique(np.round(np.concatenate([v.transpose(0, 2, 1).reshape(-1, 3) for v in vectors]), 9), axis=0)
    corners = healpy.vec2ang(vectors, lonlat=True)
    ra, dec = np.concatenate([*ra, corners[0]]), np.concatenate([*dec, corners[1]])
    chosen = (np.abs((ra + 180) % 360 - 180) < 45) | (np.abs(dec) > 85)
    ra, dec = ra[chosen], dec[chosen]
    speed = rng.choice([0.0, 50.0, 7000.0], len(ra))
    angle = rng.uniform(0, 2 * np.pi, len(ra))
    return gaia_table(ra, dec, speed * np.cos(angle), speed * np.sin(angle))


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sky")
    gaia = edges()
    places = carried(gaia, 2000.0).directional_offset_by(
        np.random.default_rng(1).uniform(0, 360, len(gaia["ra"])) * u.deg, 1.5 * u.arcsec
    )
    spectra = spectra_table(places.ra.deg, places.dec.deg)
    pq.write_table(pa.table(gaia), folder / "gaia.parquet")
    pq.write_table(pa.table(spectra), folder / "spectra.parquet")
    text = '[sources.gaia_sources]\nfiles = ["gaia.parquet"]\n[sources.lamost_spectra]\nfiles = ["spectra.parquet"]\n'
    (folder / "vacframe.toml").write_text(text)
    return folder, gaia, places


def test_margins_cover_edges_poles_and_the_origin(sky):
    folder, gaia, places = sky
    tables, digests = [], []
    for order in (0, 2):
        space = Workspace(folder / f"ws{order}", folder / "vacframe.toml", [f"pixel_order={order}"])
        report = space.build("crossmatch", workers=1)
        assert report.ok
        tables.append(space.read("crossmatch").sort_by("obsid"))
        digests.append(space.show("crossmatch")["digest"])
    assert digests[0] == digests[1]
    made = {n: tables[0][n].to_numpy(zero_copy_only=False) for n in tables[0].column_names}
    row, angle, epoch, inside = brute_force(places, np.full(len(places), 2000.0 + (56000 - 51544.5) / 365.25), gaia)
    assert np.array_equal(made["source_id"], gaia["source_id"][row])
    assert np.abs(made["separation"] - angle).max() < 1e-4
    assert np.array_equal(made["n_candidates"], inside)
    assert np.abs(made["match_epoch"] - epoch)[gaia["pmra"][row] != 0].max() < 1e-3


def test_real_gaia_sources_are_found_again(shared_data):
    """Rows of real cluster fields, placed at J2000 by astropy; and the LAMOST giants that lie in those fields."""
    table = pq.read_table(shared_data / "gaia_edr3_fields" / "gaia_edr3_fields.parquet", columns=list(GAIA))
    gaia = {n: table[n].to_numpy() for n in GAIA}
    places = carried(gaia, 2000.0)
    made = match(spectra_table(places.ra.deg, places.dec.deg), gaia).table
    assert np.array_equal(made["source_id"].to_numpy(), gaia["source_id"])
    assert np.array(made["separation"]).max() < 1e-4
    rows = np.loadtxt(shared_data / "lamost_giants" / "LMDR3_diskRGB2.dat", usecols=(0, 1, 2), skiprows=1)
    observed = spectra_table(rows[:, 1], rows[:, 2])
    found = match(observed | {"obsid": rows[:, 0].astype(np.int64)}, gaia).table
    assert found["source_id"].is_valid().to_numpy(zero_copy_only=False).sum() == 3
    assert np.nanmax(found["separation"].to_numpy()) < 0.15
