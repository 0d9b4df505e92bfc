"""GaiaXPy, which the mock's inference never sees, reads the mock's XP spectra."""

import gaiaxpy
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.gaia.xp_coefficients import coefficients, covariance_factor, project, synthetic
from vacframe_mock_survey.method.gaia.xp_instruments import PIXEL_WAVELENGTH
from vacframe_mock_survey.method.spectra.sed import flux_densities

from vacframe import to_numpy
from vacframe.testing import run_product

CONFIG = MockSurveyConfig(xp_missing_band_fraction=0.1)
GRID = np.arange(400.0, 951.0, 10.0)
"""Edges, nm, of bins that are wider than the photometers resolve."""


def archive(table):
    """The table as GaiaXPy takes it from the archive: correlations as matrices."""
    out = {"source_id": table["source_id"].to_numpy()}
    rows = np.tril_indices(55, -1)
    for band in ("bp", "rp"):
        for name in ("n_relevant_bases", "relative_shrinking", "standard_deviation"):
            out[f"{band}_{name}"] = table[f"{band}_{name}"].to_pandas().to_numpy(dtype=float)
        for name in ("coefficients", "coefficient_errors"):
            out[f"{band}_{name}"] = list(to_numpy(table[f"{band}_{name}"])[0].astype(float))
        matrices = []
        for lower in to_numpy(table[f"{band}_coefficient_correlations"])[0].astype(float):
            matrix = np.eye(55)
            matrix[rows] = matrix[rows[1], rows[0]] = lower
            matrices.append(matrix)
        out[f"{band}_coefficient_correlations"] = matrices
        out[f"{band}_n_parameters"] = 55
    return pd.DataFrame(out)


def calibrated(frame):
    spectra, grid = gaiaxpy.calibrate(frame, save_file=False)
    flux, error = (np.array(spectra[name].to_list(), dtype=float) for name in ("flux", "flux_error"))
    return flux, error, np.asarray(grid)


def binned(wavelength, flux):
    fine = np.arange(GRID[0], GRID[-1], 0.1) + 0.05
    return np.interp(fine, wavelength, flux).reshape(len(GRID) - 1, -1).mean(axis=1)


@pytest.fixture(scope="module")
def stars(truth):
    frame = truth.slice(0, 120).to_pandas()
    return frame[frame["mag_g"] < CONFIG.xp_faintest].reset_index(drop=True)


@pytest.fixture(scope="module")
def table(truth):
    return run_product(plugin, "gaia_xp_spectra", {"mock_truth": truth.slice(0, 120)}, config=CONFIG).table


@pytest.fixture(scope="module")
def exact(stars):
    """Light and coefficients without noise of 40 stars."""
    some = {name: stars[name].to_numpy()[:40] for name in stars}
    light = flux_densities(some)
    magnitudes = np.array([some[f"mag_{band}"] for band in ("g", "bp", "rp")], dtype=float).T
    return light, [coefficients(spectrum, row) for spectrum, row in zip(light, magnitudes, strict=True)], magnitudes


def frame_of(parts):
    """Noise-free coefficients as an archive frame."""
    columns = {"source_id": np.arange(len(parts), dtype=np.int64)}
    for band in ("bp", "rp"):
        columns[f"{band}_coefficients"] = [part[band] for part in parts]
        columns[f"{band}_coefficient_errors"] = [np.full(55, 1e-3 * part[band][0]) for part in parts]
        columns[f"{band}_coefficient_correlations"] = [np.eye(55)] * len(parts)
        columns |= {f"{band}_standard_deviation": 1.0, f"{band}_n_relevant_bases": 55, f"{band}_n_parameters": 55}
        columns[f"{band}_relative_shrinking"] = 1.0
    return pd.DataFrame(columns)


def test_gaiaxpy_returns_the_spectrum_that_went_in(exact):
    light, parts, _ = exact
    flux, _, grid = calibrated(frame_of(parts))
    ratio = np.array([
        binned(grid, f) / binned(PIXEL_WAVELENGTH, spectrum) for f, spectrum in zip(flux, light, strict=True)
    ])  # fmt: skip
    # The tilt to the star's colour is smooth: a quadratic takes it out.
    middle = 0.5 * (GRID[1:] + GRID[:-1])
    residual = [row / np.polynomial.Polynomial.fit(middle, row, 2)(middle) - 1.0 for row in ratio]
    assert np.median(np.abs(residual)) < 0.006
    assert np.percentile(np.abs(residual), 90) < 0.025


def test_gaiaxpy_returns_the_magnitudes(exact):
    _, parts, magnitudes = exact
    system = gaiaxpy.PhotometricSystem.Gaia_DR3_Vega
    made = gaiaxpy.generate(frame_of(parts), photometric_system=system, save_file=False, error_correction=False)
    g, bp, rp = (made[f"GaiaDr3Vega_mag_{band}"].to_numpy() for band in ("G", "BP", "RP"))
    np.testing.assert_allclose(g, magnitudes[:, 0], atol=1e-3)
    np.testing.assert_allclose(bp - rp, magnitudes[:, 1] - magnitudes[:, 2], atol=5e-3)


def test_colours_of_the_physics_are_those_of_the_isochrones(stars):
    some = stars[(stars["teff"] > 4000) & (stars["mag_g"] < 17)].head(40)
    light = flux_densities({name: some[name].to_numpy() for name in some})
    colours = np.array([synthetic(project(spectrum)) for spectrum in light])
    difference = colours[:, 1] - colours[:, 2] - (some["mag_bp"] - some["mag_rp"]).to_numpy()
    assert np.median(np.abs(difference)) < 0.08


def test_errors_hold_what_was_added(table, stars):
    both = table.filter(pa.compute.and_(*(table[f"{b}_n_measurements"].is_valid() for b in ("bp", "rp"))))
    flux, error, grid = calibrated(archive(both))
    index = stars.set_index("source_id").loc[both["source_id"].to_numpy()]
    light = flux_densities({name: index[name].to_numpy() for name in index})
    magnitudes = index[["mag_g", "mag_bp", "mag_rp"]].to_numpy(dtype=float)
    parts = [coefficients(spectrum, row) for spectrum, row in zip(light, magnitudes, strict=True)]
    true = calibrated(frame_of(parts))[0]
    inside = (grid > 400) & (grid < 950)
    pull = ((flux - true) / error)[:, inside]
    assert np.mean(pull) == pytest.approx(0.0, abs=0.05)
    assert np.std(pull) == pytest.approx(1.0, abs=0.05)
    # Neighbouring samples share their noise.
    assert np.corrcoef(pull[:, 40], pull[:, 41])[0, 1] > 0.5


def test_errors_are_those_of_real_sources():
    # Medians of 2,000 sources of DR3 (gaiadr3 XP_CONTINUOUS): first coefficient, its error.
    for band, cases in {
        "bp": ((80, 0.55), (560, 1.25), (9229, 7.4), (35842, 26.2)),
        "rp": ((163, 0.53), (1154, 1.22), (8595, 3.47), (35740, 9.3)),
    }.items():
        shape = np.zeros(55)
        shape[0] = 1.0
        number = {"bp": 700.0, "rp": 900.0}[band]
        for level, error in cases:
            assert np.linalg.norm(covariance_factor(band, level * shape, number)[:, 0]) == pytest.approx(error, rel=0.2)


def test_missing_bands_and_faint_stars(table, truth):
    lost = {band: to_numpy(table[f"{band}_n_measurements"])[1] for band in ("bp", "rp")}
    count = sum(int(mask.sum()) for mask in lost.values())
    assert count == pytest.approx(0.1 * table.num_rows, abs=10)
    assert not (lost["bp"] & lost["rp"]).any()
    for band, mask in lost.items():
        values = to_numpy(table[f"{band}_coefficients"])[0]
        assert np.array_equal(np.isnan(values).all(axis=1), mask)
    some = truth.slice(0, 120).to_pandas()
    assert set(table["source_id"].to_pylist()) == set(some.loc[some["mag_g"] < CONFIG.xp_faintest, "source_id"])


@pytest.mark.parametrize("rows", [1, 17])
def test_chunks_change_nothing(truth, rows):
    some = truth.slice(0, 40)
    whole = run_product(plugin, "gaia_xp_spectra", {"mock_truth": some}).table
    parts = run_product(plugin, "gaia_xp_spectra", {"mock_truth": some}, chunk_bytes=rows * 120_500).table
    assert parts.equals(whole)
