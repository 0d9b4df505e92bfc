"""`lamost_normalized`: schema, rest frame, rejects, chunks, and 200 real spectra."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from pydantic import ValidationError
from vacframe_nn_labels import plugin
from vacframe_nn_labels.config import NnLabelsConfig, TrainingSet
from vacframe_nn_labels.pixels import pixel_count, pixel_wavelengths, pixel_windows, select_pixels

from vacframe import to_numpy
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe.testing import product_of, run_product

PRODUCT = "lamost_normalized"
WINDOWS = NnLabelsConfig().windows
GRID = 10 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
LINES = np.array([4862.721, 5176.7, 8544.44])
"""H beta, Mg b, Ca II: rest wavelengths in vacuum, Å."""


def mock_spectra(n, seed=0, bad=0.02):
    """Return `lamost_spectra` rows: smooth continua with three lines at each row's redshift, noise, bad pixels."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(-1e-3, 1e-3, n).astype(np.float32)
    rest = GRID / (1 + z[:, None].astype(float))
    flux = 500 + 300 * np.sin(rest / 3000)
    for line in LINES:
        flux = flux * (1 - 0.5 * np.exp(-0.5 * ((rest - line) / 3) ** 2))
    flux = flux + rng.normal(0, 2, flux.shape)
    return {
        "obsid": np.arange(n, dtype=np.int64) + 100,
        "ra": rng.uniform(0, 360, n),
        "dec": rng.uniform(-10, 60, n),
        "snr_g": rng.uniform(10, 100, n).astype(np.float32),
        "z": z,
        "flux": flux.astype(np.float32),
        "ivar": np.full(flux.shape, 0.25, np.float32),
        "mask": (rng.random(flux.shape) < bad).astype(np.uint8),
    }


def make(spectra, **options):
    return run_product(plugin, PRODUCT, {"lamost_spectra": spectra}, **options)


def column(made, name):
    return to_numpy(made.table[name])[0]


def test_schema_follows_the_windows():
    schema = product_of(plugin, PRODUCT).table
    assert schema["flux"].length == schema["ivar"].length == pixel_count(WINDOWS) == 1974
    config = NnLabelsConfig(windows=((3900, 4400),), training_sets=(TrainingSet(name="a", label_columns=("teff",)),))
    assert product_of(plugin, PRODUCT, config).table["flux"].length == pixel_count(config.windows)


def test_pixels_are_those_inside_the_windows():
    inside = [(low <= GRID) & (high >= GRID) for low, high in WINDOWS]
    np.testing.assert_allclose(pixel_wavelengths(WINDOWS), np.concatenate([GRID[i] for i in inside]))
    np.testing.assert_array_equal(pixel_windows(WINDOWS), [0] * inside[0].sum() + [1] * inside[1].sum())
    chosen = select_pixels(WINDOWS, ((3900, 4400), (8450, 8950)))
    wavelength = pixel_wavelengths(WINDOWS)
    np.testing.assert_array_equal(chosen, (wavelength <= 4400) | (wavelength >= 8450))
    assert select_pixels(WINDOWS, None).all()


def test_lines_land_at_their_rest_wavelengths():
    made = make(mock_spectra(30))
    wavelength = pixel_wavelengths(WINDOWS)
    flux = np.median(column(made, "flux"), axis=0)
    for line in LINES:
        near = np.flatnonzero(np.abs(wavelength - line) < 15)
        depth = 1 - flux[near]
        centre = np.sum(depth * wavelength[near]) / depth.sum()
        assert centre == pytest.approx(line, abs=0.1)


def test_inverse_variance_is_that_of_the_scatter():
    made = make(mock_spectra(400, bad=0))
    flux, ivar = column(made, "flux"), column(made, "ivar")
    far = np.all([np.abs(pixel_wavelengths(WINDOWS) - line) > 30 for line in LINES], axis=0)
    pull = ((flux - np.median(flux, axis=0)) * np.sqrt(ivar))[:, far]
    assert np.std(pull) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("rows", [1, 7])
def test_chunks_change_no_bit(rows):
    spectra = mock_spectra(40)
    bytes_per_row = 20_000 + sum(spectra[n].nbytes for n in ("obsid", "snr_g", "z", "flux", "ivar", "mask")) // 40
    whole, parts = make(spectra), make(spectra, chunk_bytes=rows * bytes_per_row + 1)
    assert whole.table.equals(parts.table)
    assert whole.rejects.equals(parts.rejects)


def test_no_row_and_one_row():
    spectra = mock_spectra(3)
    assert make({k: v[:0] for k, v in spectra.items()}).table.num_rows == 0
    one = make({k: v[1:2] for k, v in spectra.items()})
    np.testing.assert_array_equal(column(one, "flux")[0], column(make(spectra), "flux")[1])


def test_unusable_rows_are_rejected_with_reasons():
    spectra = mock_spectra(9, bad=0)
    spectra["z"][0] = np.nan
    spectra["z"][1] = -9999
    spectra["flux"][2] = np.nan
    spectra["mask"][3, 300:1000] = 1
    spectra["flux"][4] = 0
    spectra["flux"][5] *= -1
    spectra["z"][6] = 0.5  # both windows lie beyond the red end or in the other part
    spectra["ivar"][7, 3600:3800] = 0
    made = make(spectra)
    found = {(r["key"], r["reason"]) for r in made.rejects.to_pylist()}
    assert found == {
        ("100", "no_redshift"),
        ("101", "no_redshift"),
        ("102", "few_good_pixels"),
        ("103", "few_good_pixels"),
        ("104", "bad_continuum"),
        ("105", "bad_continuum"),
        ("106", "few_good_pixels"),
        ("107", "few_good_pixels"),
    }
    assert made.table["obsid"].to_pylist() == [108]
    assert made.table["ra"].to_pylist() == [spectra["ra"][8]]
    details = {r["key"]: r["detail"] for r in made.rejects.to_pylist()}
    assert "window 3900-5800 Å" in details["103"]
    assert "window 8450-8950 Å" in details["107"]


def test_all_nan_input_gives_rejects_only():
    spectra = mock_spectra(4)
    for name in ("flux", "ivar", "z", "snr_g"):
        spectra[name][:] = np.nan
    made = make(spectra)
    assert (made.table.num_rows, made.rejects.num_rows) == (0, 4)


def test_bad_fraction_is_that_of_the_worst_window():
    spectra = mock_spectra(1, bad=0)
    spectra["z"][:] = 0
    spectra["mask"][0, 3600:3650] = 1
    assert column(make(spectra), "bad_fraction")[0] == pytest.approx(50 / 250)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"median_pixels": 20}, "an odd number is needed"),
        ({"windows": ((3900, 5800), (5700, 6000))}, "overlaps or precedes"),
        ({"windows": ((5800, 3900),)}, "is not ascending"),
        ({"windows": ((3000, 3900),)}, "leaves the spectra's 3700-9099"),
        ({"windows": ((3900, 3910),)}, "need at least 28"),
        ({"training_sets": ({"name": "a", "label_columns": ("x", "x")},)}, "names 'x' twice"),
        ({"training_sets": ({"name": "a", "label_columns": ("x",)},) * 2}, "'a' is used twice"),
        (
            {"training_sets": ({"name": "a", "label_columns": ("x",), "windows": ((5700, 5900),)},)},
            "does not lie within one of the plugin's windows",
        ),
        ({"median_pixel": 21}, "Extra inputs are not permitted"),
    ],
)
def test_configuration_errors_say_what_is_wrong(options, message):
    with pytest.raises(ValidationError, match=message):
        NnLabelsConfig(**options)


@pytest.fixture(scope="module")
def real_spectra():
    root = os.environ.get("VACFRAME_SHARED_DATA")
    folder = Path(root) if root else Path(__file__).parents[3].parent / "shared" / "data"
    files = sorted((folder / "lamost_dr10" / "spectra").glob("*.fits.gz"))[:200]
    if not files:
        pytest.skip(f"no real spectra in {folder}; set VACFRAME_SHARED_DATA")
    rows = {
        "flux": np.zeros((len(files), LAMOST_PIXELS), np.float32),
        "mask": np.ones((len(files), LAMOST_PIXELS), "u1"),
    }
    rows["ivar"] = np.zeros_like(rows["flux"])
    cards = {"obsid": "OBSID", "ra": "RA", "dec": "DEC", "snr_g": "SNRG", "z": "Z"}
    headers = []
    for row, path in enumerate(files):
        with fits.open(path) as hdus:
            headers.append([hdus[0].header[c] for c in cards.values()])
            data = hdus[1].data[0]
            pixel = np.rint((np.log10(data["WAVELENGTH"]) - LOGLAM_FIRST) / LOGLAM_STEP).astype(int)
            rows["flux"][row, pixel], rows["ivar"][row, pixel] = data["FLUX"], data["IVAR"]
            rows["mask"][row, pixel] = (data["IVAR"] <= 0) | (data["ANDMASK"] != 0)
    for name, values in zip(cards, zip(*headers, strict=True), strict=True):
        rows[name] = np.array(values)
    return rows


def test_real_spectra(real_spectra):
    made = make(real_spectra)
    flux, ivar = column(made, "flux"), column(made, "ivar")
    total = len(real_spectra["obsid"])
    assert made.table.num_rows + made.rejects.num_rows == total
    assert made.table.num_rows > 0.9 * total
    assert np.isfinite(flux).all()
    assert np.isfinite(ivar).all()
    assert (ivar >= 0).all()
    medians = np.median(flux, axis=1)
    assert medians.min() > 0.98
    assert medians.max() < 1.03
    bright = column(made, "snr_g") > 50
    near = np.abs(pixel_wavelengths(WINDOWS) - LINES[2]) < 12
    mean = flux[bright][:, near].mean(axis=0)
    wavelength = pixel_wavelengths(WINDOWS)[near]
    assert np.sum((1 - mean) * wavelength) / np.sum(1 - mean) == pytest.approx(LINES[2], abs=0.5)
