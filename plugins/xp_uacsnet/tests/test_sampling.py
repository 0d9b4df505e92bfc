"""Sampled spectra are those of GaiaXPy: its own recorded solutions, and `gaiaxpy.calibrate` itself."""

import numpy as np
import pytest
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.method.sampled_spectra import BLOCK, designs, sample
from vacframe_xp_uacsnet.xp_pixels import WAVELENGTHS

from vacframe import Batch, read_table, to_numpy
from vacframe.testing import run_product

CONTINUOUS = "xp_tests/xp_continuous/"
SOLUTIONS = "xp_tests/calibrator_solution/"


def recorded(path):
    """Return source_id, flux and error of a solution of GaiaXPy's own tests."""
    table = read_table(path)
    cells = {n: table[n].to_pylist() for n in ("flux", "flux_error")}
    if isinstance(cells["flux"][0], str):
        cells = {n: [np.array(t.strip("()[]").split(","), float) for t in v] for n, v in cells.items()}
    return table["source_id"].to_numpy(), *(np.array(v, float) for v in cells.values())


@pytest.mark.parametrize(
    ("file", "solution", "truncate"),
    [
        ("XP_CONTINUOUS_RAW.csv", "calibrator_solution_default.csv", False),
        ("XP_CONTINUOUS_RAW_with_missing_BP.fits", "with_missing_calibrator_solution.csv", False),
        ("XP_CONTINUOUS_RAW.xml", "calibrator_solution_truncation_default.csv", True),
    ],
)
def test_recorded_solutions_of_gaiaxpy(shared_data, file, solution, truncate):
    spectra = Batch(read_table(shared_data / CONTINUOUS / file))
    keys, flux, error = recorded(shared_data / SOLUTIONS / solution)
    made = sample(spectra, truncate=truncate)
    place = spectra.match("source_id", keys)
    np.testing.assert_allclose(made["flux"][place], flux, rtol=1e-5, atol=0)
    np.testing.assert_allclose(made["flux_error"][place], error, rtol=1e-5, atol=0)
    assert made["full_covariance"].all()


def test_gaiaxpy_itself_with_full_covariance(shared_data):
    gaiaxpy = pytest.importorskip("gaiaxpy")
    path = shared_data / "xp_coefficients" / "xp_continuous_combined_weiler2023_examples.vot"
    table = read_table(path)
    made = sample(Batch(table), truncate=False)
    frame = table.to_pandas()
    for band in ("bp", "rp"):
        for name in ("coefficients", "coefficient_errors", "coefficient_correlations"):
            frame[f"{band}_{name}"] = [np.array(v, float) for v in frame[f"{band}_{name}"]]
    theirs, grid = gaiaxpy.calibrate(frame, save_file=False)
    assert np.array_equal(grid, WAVELENGTHS)
    place = Batch(table).match("source_id", theirs["source_id"].to_numpy())
    for name in ("flux", "flux_error"):
        np.testing.assert_allclose(made[name][place], np.stack(theirs[name].to_numpy()), rtol=1e-5, atol=0)


def test_a_lone_band_is_not_weighted():
    bp, rp = designs()
    coefficients = np.zeros((2, 55))
    coefficients[:, 0] = 1000.0
    nothing = np.full((2, 55), np.nan)
    made = run_product(
        plugin,
        "xp_sampled",
        {
            "gaia_xp_spectra": {
                "source_id": np.array([1, 2]) << 36,
                "ra": np.zeros(2),
                "dec": np.zeros(2),
                "bp_coefficients": np.stack([coefficients[0], nothing[0]]),
                "rp_coefficients": np.stack([nothing[0], coefficients[0]]),
                **{f"{b}_coefficient_errors": np.ones((2, 55), np.float32) for b in ("bp", "rp")},
                **{f"{b}_coefficient_correlations": np.zeros((2, 1485), np.float32) for b in ("bp", "rp")},
                **{f"{b}_n_relevant_bases": np.full(2, 55, np.int16) for b in ("bp", "rp")},
            }
        },
    ).table
    flux = to_numpy(made["flux"])[0]
    np.testing.assert_allclose(flux[0, bp.span], 1000 * bp.flux[0], rtol=1e-6)
    np.testing.assert_allclose(flux[1, rp.span], 1000 * rp.flux[0], rtol=1e-6)
    assert np.isnan(flux[0, bp.span.stop :]).all()
    assert np.isnan(flux[1, : rp.span.start]).all()
    assert made["has_bp"].to_pylist() == [True, False]
    # Uncorrelated unit errors: the variance is the sum of the squared basis functions.
    error = to_numpy(made["flux_error"])[0]
    np.testing.assert_allclose(error[0, bp.span], np.sqrt((bp.flux**2).sum(axis=0)), rtol=1e-6)


def test_numbers_do_not_depend_on_the_company(shared_data):
    whole = read_table(shared_data / CONTINUOUS / "XP_CONTINUOUS_RAW_with_missing_BP.csv")
    many = Batch(whole.take(np.arange(BLOCK + 5) % 3))
    made = sample(many, truncate=False)
    alone = sample(Batch(whole), truncate=False)
    for name in ("flux", "flux_error"):
        np.testing.assert_array_equal(made[name], alone[name][np.arange(BLOCK + 5) % 3])
