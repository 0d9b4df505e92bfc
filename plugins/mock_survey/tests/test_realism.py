"""Mock spectra against real LAMOST spectra of the same labels."""

import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from vacframe_mock_survey.method.lamost import telluric
from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH, planck
from vacframe_mock_survey.method.spectra.synthesis import normalised

from vacframe import RowRandom

DATA = Path(os.environ.get("VACFRAME_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data")) / "lamost_dr10"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real LAMOST spectra at {DATA}")

BINS = {
    "cool giants": (4500, 5200, 0.0, 3.5),
    "cool dwarfs": (4500, 5400, 3.7, 6.0),
    "solar": (5400, 5900, 3.7, 6.0),
    "F dwarfs": (5900, 6500, 3.7, 6.0),
    "hot": (6500, 8000, 3.7, 6.0),
}


def over_envelope(flux, low, high):
    """Flux over a fifth-order polynomial fitted to its upper part, the same for both kinds of spectra."""
    inside = (low < WAVELENGTH) & (high > WAVELENGTH)
    x, y = np.linspace(-1, 1, inside.sum()), flux[inside].astype(float)
    keep = y > 0
    for _ in range(6):
        ratio = y / np.polynomial.Polynomial.fit(x[keep], y[keep], 5)(x)
        keep &= (ratio > 1 - 0.5 * ratio[keep].std()) & (ratio < 1.2)
    return ratio


@pytest.fixture(scope="module")
def labels():
    import pandas

    table = pandas.read_csv(DATA / "labels.csv")
    return table[(table["snrg"] > 60) & (table["teff_lasp"] < 8000)]


def real_spectrum(name):
    with fits.open(DATA / "spectra" / name) as hdus:
        row = hdus[1].data[0]
        place = np.round((np.log10(row["WAVELENGTH"].astype(float)) - 3.5682) / 1e-4).astype(int)
        out = np.zeros(len(WAVELENGTH))
        good = (place >= 0) & (place < len(out))
        out[place[good]] = row["FLUX"][good]
    return out


@pytest.mark.parametrize("name", BINS)
def test_same_lines_with_similar_depth(labels, name):
    cold, hot, low, high = BINS[name]
    stars = labels[labels["teff_lasp"].between(cold, hot) & labels["logg_lasp"].between(low, high)].head(15)
    alpha = np.clip(-0.2 * stars["feh_lasp"], 0, 0.3)
    # Giants after the first dredge-up: less carbon, more nitrogen.
    mixed = stars["logg_lasp"].to_numpy() < 3.2
    carbon, nitrogen = np.where(mixed, -0.15, 0.0), np.where(mixed, 0.25, 0.0)
    labels = (stars[f"{name}_lasp"] for name in ("teff", "logg", "feh"))
    model = normalised(*labels, alpha, carbon, nitrogen, stars["z"] * 299792.458)
    model = model * planck(WAVELENGTH, stars["teff_lasp"].to_numpy()[:, None])
    real = [real_spectrum(f) for f in stars["file"]]
    for window, limit in (((4000, 5500), 0.035), ((8450, 8750), 0.02)):
        ours = np.array([over_envelope(m, *window) for m in model])
        theirs = np.array([over_envelope(r, *window) for r in real])
        assert np.median(np.abs(ours - theirs)) < limit
        if window[0] == 4000:
            assert np.corrcoef(np.median(ours, axis=0), np.median(theirs, axis=0))[0, 1] > 0.85


def test_water_that_the_correction_leaves(labels):
    stars = labels[labels["teff_lasp"].between(4500, 7000)].iloc[::4]
    inside = (WAVELENGTH > 8900) & (WAVELENGTH < 9035)
    real = np.array([real_spectrum(f) for f in stars["file"]])[:, inside]
    ours = np.ones((1, len(WAVELENGTH)))
    telluric.multiply(ours, 0.0, RowRandom(np.arange(1), 1))
    level = np.median(real[:, :20], axis=1)
    real = np.median(real[level > 0] / level[level > 0, None], axis=0)
    assert np.corrcoef(real, ours[0, inside])[0, 1] > 0.8
    assert real.min() == pytest.approx(ours[0, inside].min(), abs=0.06)


@pytest.fixture(scope="module")
def comparison():
    """The script that compares with real spectra, for few stars per group."""
    path = Path(__file__).parents[3] / "examples" / "compare_spectra.py"
    module = module_from_spec(spec := spec_from_file_location("compare_spectra", path))
    spec.loader.exec_module(module)
    module.STARS = 8
    return module


def test_miles_stars(comparison):
    folder = DATA.parent / "miles"
    if not folder.is_dir():
        pytest.skip(f"no MILES spectra at {folder}")
    groups = comparison.compare(comparison.miles(folder))
    assert {"M giants", "cool giants"} <= set(groups)
    limits = {(4000, 5500): 0.07, (5500, 7300): 0.06}
    for name, windows in groups.items():
        assert all(windows[w][3] < limit for w, limit in limits.items()), name


def test_xp_giants(comparison):
    folder = DATA.parent / "xp_apogee_giants"
    if not folder.is_dir():
        pytest.skip(f"no XP spectra at {folder}")
    panels = comparison.xp(folder)
    assert {name: panel[3] for name, panel in panels.items() if panel[3] > 0.045} == {}
