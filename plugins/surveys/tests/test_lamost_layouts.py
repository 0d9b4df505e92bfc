"""The three layouts, the header facts, the grid and the mask."""

import gzip

import numpy as np
import pytest
from astropy.io import fits
from vacframe_surveys.readers.lamost_files import inflate, read_astropy, read_fast
from vacframe_surveys.readers.unusable import Unusable

from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP

GRID = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
LAYOUTS = ("table", "image", "oldest")


def arrays(wavelength, flux=None):
    flux = 100 + 20 * np.sin(wavelength / 50) if flux is None else flux
    return [flux, np.full(len(wavelength), 0.04), wavelength, np.zeros(len(wavelength))]


def cells(made, column):
    return np.array(made.table[column].to_pylist())


def same(one, other):
    assert one.cards == other.cards
    assert {k: type(v) for k, v in one.cards.items()} == {k: type(v) for k, v in other.cards.items()}
    for name in ("flux", "ivar", "third", "andmask"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_give_the_same_row(write, read, layout, name):
    made = read(write(name, layout=layout))
    row = made.table.to_pylist()[0]
    assert len(made.rejects) == 0
    assert (row["obsid"], row["ra"], row["dec"]) == (937808200, 44.738173, 7.478148)
    assert (row["lmjd"], row["planid"], row["spid"], row["fiberid"]) == (59517, "EG025613N082253M02", 8, 200)
    assert (row["class"], row["subclass"], row["obs_date"]) == ("STAR", "G3", "2021-10-29T23:34:17.750")
    assert row["z"] == pytest.approx(-0.00029227)
    assert [row[f"snr_{b}"] for b in "ugriz"] == pytest.approx([1.41, 13.07, 29.38, 46.16, 30.79])
    np.testing.assert_allclose(row["flux"], 100 + 20 * np.sin(GRID / 50), rtol=1e-6)
    np.testing.assert_allclose(row["ivar"], 0.04, rtol=1e-6)
    assert np.flatnonzero(row["mask"]).tolist() == [7]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fast_path_equals_astropy(write, layout, dtype):
    facts = {"SUBCLASS": "it's", "Z": 1e-05, "FIBERID": "27"}
    raw = inflate(write(layout=layout, dtype=dtype, facts=facts).read_bytes())
    fast = read_fast(raw)
    assert fast is not None
    assert fast.cards["SUBCLASS"] == "it's"
    same(fast, read_astropy(raw))


def test_unusual_files_are_read_through_astropy(write, read, tmp_path):
    scaled = tmp_path / "scaled.fits"
    flux = np.round(np.array([*arrays(GRID)[:2], GRID, GRID * 0, GRID * 0]))
    unit = fits.PrimaryHDU(flux.astype("f4"), fits.getheader(write("x.fits", layout="image")))
    unit.scale("int16", bscale=1, bzero=1000)
    unit.writeto(scaled)
    assert read_fast(scaled.read_bytes()) is None
    assert read(scaled).rejects["reason"].to_pylist() == ["no_good_pixel"]  # ivar 0.04 rounds to 0: it was scaled back
    continued = write("long.fits", facts={"PLANID": "P" * 90})
    assert read_fast(continued.read_bytes()) is None
    assert read(continued).table["planid"].to_pylist() == ["P" * 90]


def test_gzip_of_several_members(write, read, tmp_path):
    raw = write("a.fits", layout="image").read_bytes()
    path = tmp_path / "two.fits.gz"
    path.write_bytes(gzip.compress(raw[:5000]) + gzip.compress(raw[5000:]))
    assert read(path).table["flux"].to_pylist() == read(tmp_path / "a.fits").table["flux"].to_pylist()


@pytest.mark.parametrize("layout", ["table", "image"])
@pytest.mark.parametrize(("first", "count"), [(0, 3820), (158, 3751), (-20, 3909), (100, 3909)])
def test_spectra_on_the_grid_are_shifted(write, read, layout, first, count):
    wavelength = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * (first + 0.0175 + np.arange(count)))
    made = read(write(layout=layout, arrays=arrays(wavelength, np.arange(1.0, count + 1))))
    pixel = np.arange(LAMOST_PIXELS)
    covered = (pixel >= first) & (pixel < first + count)
    np.testing.assert_array_equal(cells(made, "flux")[0], np.where(covered, pixel - first + 1, 0))
    np.testing.assert_array_equal(cells(made, "mask")[0], ~covered)
    np.testing.assert_array_equal(cells(made, "ivar")[0] > 0, covered)


def test_oldest_layout_takes_the_wavelength_from_the_header(write, read):
    wavelength = GRID[10:3900]
    made = read(write(layout="oldest", arrays=arrays(wavelength), facts={"COEFF0": LOGLAM_FIRST + 10 * LOGLAM_STEP}))
    np.testing.assert_allclose(cells(made, "flux")[0, 10:3900], 100 + 20 * np.sin(wavelength / 50), rtol=1e-6)
    assert cells(made, "mask")[0].sum() == 19


@pytest.mark.parametrize(("offset", "step"), [(0.3, 1.0), (0.0, 0.7), (5.5, 1.3)])
def test_spectra_off_the_grid_are_resampled(write, read, offset, step):
    wavelength = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * (offset + step * np.arange(3000)))
    made = read(write(arrays=arrays(wavelength)))
    good = cells(made, "mask")[0] == 0
    assert good.sum() == pytest.approx(min(LAMOST_PIXELS - offset, 3000 * step), abs=2)
    np.testing.assert_allclose(cells(made, "flux")[0][good], (100 + 20 * np.sin(GRID / 50))[good], atol=0.15)


def test_mask(write, read):
    flux, ivar, wavelength, andmask = arrays(GRID)
    flux[[3, 4]] = np.nan, np.inf
    ivar[[5, 6, 7, 8]] = 0, -1, np.nan, np.inf
    andmask[[9, 10]] = 1, 128
    made = read(write(arrays=[flux, ivar, wavelength, andmask]))
    assert np.flatnonzero(cells(made, "mask")[0]).tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert np.flatnonzero(cells(made, "ivar")[0] == 0).tolist() == [3, 4, 5, 6, 7, 8]
    assert np.flatnonzero(cells(made, "flux")[0] == 0).tolist() == [3, 4, 7, 8]


def test_fillers_become_nulls(write, read):
    facts = {"Z": -9999, "SNRU": -9999.0, "SUBCLASS": "", "LMJD": None, "SPID": None}
    row = read(write(facts=facts)).table.to_pylist()[0]
    assert [row[k] for k in ("z", "snr_u", "subclass", "lmjd", "spid")] == [None] * 5
    assert row["obsid"] == 937808200


def test_old_header_names(write, read):
    facts = {"SNRG": None, "SN_G": 71.41, "FIBERID": "27      "}
    row = read(write(layout="image", facts=facts)).table.to_pylist()[0]
    assert row["snr_g"] == pytest.approx(71.41)
    assert row["fiberid"] == 27


def test_identifier_without_obsid(write, read):
    path = write(facts={"OBSID": None})
    other = write("b.fits", facts={"OBSID": None, "FIBERID": 201})
    mine, its = read(path).table["obsid"].to_pylist()[0], read(other).table["obsid"].to_pylist()[0]
    assert mine < 0
    assert -mine % 100_000 == 8200
    assert mine - its == 1
    assert read(path, plan_numbers={"59517-EG025613N082253M02": 9378}).table["obsid"].to_pylist() == [937808200]


def test_any_split_of_the_files_gives_the_same_rows(write, read):
    paths = [write(f"{i}.fits.gz", layout=LAYOUTS[i % 3], facts={"OBSID": 10 + i}) for i in range(5)]
    (paths[0].parent / "bad.fits").write_bytes(b"no")
    together = read(*paths[:2], paths[0].parent / "bad.fits", *paths[2:])
    assert sorted(together.table["_file"].to_pylist()) == [0, 1, 3, 4, 5]
    alone = [read(p).table.drop_columns("_file").to_pylist()[0] for p in paths]
    rows = sorted(together.table.drop_columns("_file").to_pylist(), key=lambda r: r["obsid"])
    assert rows == alone


def test_no_files(read):
    made = read()
    assert made.table.num_rows == 0
    assert "flux" in made.table.column_names
    assert len(made.rejects) == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fast_path_never_differs_on_damaged_headers(write, layout):
    """Random bytes in the headers: the fast path raises nothing, and what both accept is the same."""
    raw = write("a.fits", layout=layout).read_bytes()
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(150):
        damaged = bytearray(raw)
        for place in rng.integers(0, 5760, 3):
            damaged[place] = rng.choice(list(b" '/=TF019.-+EDeA&\x00\xff"))
        fast = read_fast(bytes(damaged))
        try:
            slow = read_astropy(bytes(damaged))
        except Unusable:
            continue
        if fast is not None:
            same(fast, slow)
            compared += 1
    assert compared > 10
