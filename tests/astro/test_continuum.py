"""Running median, polynomial and shift against scipy, pandas and numpy; properties of the whole normalisation."""

import numba
import numpy as np
import pandas as pd
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from vacframe.astro.continuum import normalise
from vacframe.astro.polynomials import fit_polynomials, polynomial_basis
from vacframe.astro.running_median import running_median
from vacframe.astro.wavelength import log_grid

PIXELS = 600
GRID = log_grid(3.6, 1e-4, PIXELS)
WINDOWS = (range(30, 300), range(350, 560))


def spectra(n, seed=1, bad=0.05):
    """Return noisy spectra with lines and bad pixels: flux, ivar, mask."""
    rng = np.random.default_rng(seed)
    shape = 1000 * np.exp(-(((GRID[None] - rng.uniform(4100, 4500, (n, 1))) / 900) ** 2))
    centres = rng.uniform(GRID[0], GRID[-1], (n, 40, 1))
    lines = 1 - (0.4 * np.exp(-0.5 * ((GRID - centres) / 1.5) ** 2)).sum(axis=1).clip(0, 0.9)
    flux = (shape * lines + rng.normal(0, 10, (n, PIXELS))).astype(np.float32)
    mask = (rng.random((n, PIXELS)) < bad).astype(np.uint8)
    return flux, np.full((n, PIXELS), 0.01, np.float32), mask


def run(flux, ivar, mask, shift=None, **options):
    return normalise(flux, ivar, mask, np.zeros(len(flux)) if shift is None else shift, GRID, WINDOWS, **options)


def same(one, other):
    """Whether two results are bitwise equal."""
    return all(
        np.array_equal(getattr(one, k), getattr(other, k), equal_nan=True)
        for k in ("flux", "ivar", "bad_fraction", "lowest")
    )


@pytest.mark.parametrize("width", [1, 3, 21, 75])
def test_running_median_equals_scipy_away_from_the_ends(width):
    values = spectra(3)[0]
    ours = running_median(values, np.ones(values.shape, bool), width)
    half = width // 2
    inner = slice(half, PIXELS - half)
    for row in range(3):
        np.testing.assert_array_equal(ours[row, inner], scipy.signal.medfilt(values[row], width)[inner])
        np.testing.assert_array_equal(ours[row, inner], scipy.ndimage.median_filter(values[row], width)[inner])


@pytest.mark.parametrize("bad", [0.0, 0.3, 0.97])
@pytest.mark.parametrize("width", [1, 21, 1301])
def test_running_median_equals_pandas_with_bad_pixels_and_at_the_ends(width, bad):
    values, _, mask = spectra(19, bad=bad)
    values = np.round(values, -1)  # ties
    ours = running_median(values, mask == 0, width)
    for row in range(19):
        series = pd.Series(np.where(mask[row] == 0, values[row].astype(float), np.nan))
        theirs = series.rolling(width, center=True, min_periods=1).median().to_numpy()
        np.testing.assert_array_equal(ours[row], theirs)


def test_running_median_wants_an_odd_width():
    with pytest.raises(ValueError, match="odd number of pixels, not 20"):
        running_median(np.zeros((1, 50)), np.ones((1, 50), bool), 20)


def test_polynomial_equals_polyfit_with_and_without_unknown_values():
    values = spectra(4)[0].astype(float)
    known = np.ones(values.shape, bool)
    known[1, :100] = known[2, 250:400] = False
    known[3] = np.random.default_rng(0).random(PIXELS) < 0.5
    values[~known] = np.nan
    ours = fit_polynomials(values, known, polynomial_basis(GRID, 6))
    x = (GRID - GRID.mean()) / np.ptp(GRID)
    for row in range(4):
        theirs = np.polyval(np.polyfit(x[known[row]], values[row, known[row]], 6), x)
        np.testing.assert_allclose(ours[row], theirs, rtol=1e-9)


def test_undetermined_polynomial_is_nan():
    known = np.zeros((2, PIXELS), bool)
    known[1, :6] = True  # seven unknowns
    assert np.isnan(fit_polynomials(np.ones((2, PIXELS)), known, polynomial_basis(GRID, 6))).all()
    with pytest.raises(ValueError, match="5 pixels do not determine"):
        polynomial_basis(GRID[:5], 6)


def test_basis_is_orthonormal():
    basis = polynomial_basis(log_grid(3.59, 1e-4, 1724), 12)
    np.testing.assert_allclose(basis @ basis.T, np.eye(13), atol=1e-13)


def test_whole_normalisation_equals_the_plain_recipe():
    flux, ivar, mask = spectra(5, bad=0)
    made = run(flux, ivar, mask)
    start = 0
    for window in WINDOWS:
        x = GRID[window.start : window.stop] / 1000 - 4.2
        part = slice(start, start := start + len(window))
        for row in range(5):
            cut = flux[row, window.start : window.stop].astype(float)
            median = pd.Series(cut).rolling(21, center=True, min_periods=1).median().to_numpy()
            continuum = np.polyval(np.polyfit(x, median, 6), x)
            np.testing.assert_allclose(made.flux[row, part], cut / continuum, rtol=2e-6, atol=1e-6)
            np.testing.assert_allclose(made.ivar[row, part], 0.01 * continuum**2, rtol=2e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(-20, 20))
def test_scaling_by_a_power_of_two_changes_no_bit(power):
    flux, ivar, mask = spectra(3)
    scale = np.float32(2.0**power)
    made, scaled = run(flux, ivar, mask), run(flux * scale, ivar / scale**2, mask)
    np.testing.assert_array_equal(made.flux, scaled.flux)
    np.testing.assert_array_equal(made.ivar, scaled.ivar)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-0.2, 0.2), min_size=4, max_size=4))
def test_a_smooth_factor_is_taken_out(coefficients):
    flux, ivar, mask = spectra(3)
    factor = 1 + np.polynomial.polynomial.polyval((GRID - 4200) / 300, [0, *coefficients])
    factor = np.where(factor > 0.1, factor, 0.1) if factor.min() <= 0.1 else factor
    if factor.min() <= 0.1:
        return
    smooth = factor.astype(np.float32)
    made, other = run(flux, ivar, mask), run(flux * smooth, ivar / smooth**2, mask)
    usable = made.ivar > 0
    assert np.median(np.abs(made.flux - other.flux)[usable]) < 0.01


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0]), st.sampled_from([np.nan, 0.0, -1.0, np.inf, 5.0]))
def test_values_of_bad_pixels_have_no_influence(value, weight):
    flux, ivar, mask = spectra(4)
    shift = np.array([0.0, 2.0, -0.3, 7.7])
    bad = mask != 0
    other_flux, other_ivar = flux.copy(), ivar.copy()
    other_flux[bad], other_ivar[bad] = value, weight
    assert same(run(flux, ivar, mask, shift), run(other_flux, other_ivar, mask, shift))


@pytest.mark.parametrize(
    ("flux_value", "ivar_value"), [(np.nan, 1), (np.inf, 1), (1, 0), (1, -1), (1, np.nan), (1, np.inf)]
)
def test_unusable_values_count_as_masked(flux_value, ivar_value):
    flux, ivar, mask = spectra(2)
    bad = np.zeros(mask.shape, bool)
    bad[0, 100:104] = bad[1, 30] = True
    other_flux, other_ivar = np.where(bad, flux_value, flux), np.where(bad, ivar_value, ivar)
    expected = run(flux, ivar, np.where(bad, 1, mask))
    assert same(expected, run(other_flux.astype(np.float32), other_ivar.astype(np.float32), mask))


def test_bad_pixels_are_filled_and_have_no_weight():
    flux, ivar, mask = spectra(1, bad=0)
    mask[0, 30:33] = mask[0, 100:104] = mask[0, 299] = 1
    made = run(flux, ivar, mask)
    bad = np.flatnonzero(made.ivar[0] == 0)
    np.testing.assert_array_equal(bad, [0, 1, 2, 70, 71, 72, 73, 269])
    np.testing.assert_array_equal(made.flux[0, [0, 1, 2, 269]], 1)
    line = np.interp([70, 71, 72, 73], [69, 74], made.flux[0, [69, 74]].astype(float))
    np.testing.assert_allclose(made.flux[0, 70:74], line, rtol=1e-6)
    np.testing.assert_allclose(made.bad_fraction, [[8 / 270, 0]])


def test_whole_shift_moves_pixels_and_their_weights():
    flux, ivar, mask = spectra(2)
    ivar *= np.random.default_rng(0).uniform(0.5, 2, ivar.shape).astype(np.float32)
    moved = [np.roll(a, 7, axis=1) for a in (flux, ivar, mask)]
    assert same(run(flux, ivar, mask), run(*moved, shift=np.full(2, 7.0)))


@pytest.mark.parametrize("tiny", [1e-17, -1e-17, 1e-200, -1e-12])
def test_a_shift_by_next_to_nothing_is_none(tiny):
    spectrum = spectra(2)
    assert same(run(*spectrum), run(*spectrum, shift=np.full(2, tiny)))


@settings(max_examples=25, deadline=None)
@given(st.floats(-15, 15))
def test_fractional_shift_follows_a_smooth_line(shift):
    """Four-point interpolation of a line of LAMOST's width (sigma 1.02 pixels) is within 0.03 of its depth."""
    pixel = np.arange(PIXELS)

    def line(centre):
        return 1 - 0.5 * np.exp(-0.5 * ((pixel - centre) / 1.02) ** 2)

    flux = np.stack([line(150 + shift), 0 * pixel + 1.0]).astype(np.float32)
    good = np.zeros(flux.shape, np.uint8)
    made = run(flux, np.ones_like(flux), good, np.full(2, shift))
    continuum = made.flux[0, 0] / line(150)[30]
    np.testing.assert_allclose(made.flux[0, 100:140], continuum * line(150)[130:170], atol=0.03)
    assert np.argmin(made.flux[0, :270]) == 120


def test_interpolation_is_exact_for_cubics_and_linear_beside_bad_pixels():
    pixel = np.arange(PIXELS)
    flux = (1e-6 * (pixel - 150.0) ** 3 + 20)[None].astype(np.float32)
    mask = np.zeros(flux.shape, np.uint8)
    mask[0, 200] = 1
    ivar = np.full(flux.shape, 4, np.float32)
    made = run(flux, ivar, mask, np.array([0.25]))
    smooth = made.ivar[0] / made.ivar[0, 0]  # continuum ** 2, as the weights are uniform but beside bad pixels
    assert np.flatnonzero(made.ivar[0, :270] == 0).tolist() == [199 - 30, 200 - 30]
    ratio = made.flux[0, 100:160] / made.flux[0, 100]
    truth = (1e-6 * (pixel + 0.25 - 150.0) ** 3 + 20)[130:190]
    continuum = np.sqrt(smooth[100:160] / smooth[100])
    np.testing.assert_allclose(ratio * continuum, truth / truth[0], rtol=1e-5)
    # variance of the weights 0.75 and 0.25 against those of the four-point formula
    four = np.array([-0.0546875, 0.8203125, 0.2734375, -0.0390625])
    expected = np.sum(four**2) / (0.75**2 + 0.25**2)
    np.testing.assert_allclose(made.ivar[0, 168] / made.ivar[0, 167], expected, rtol=1e-3)


def test_mask_grows_by_the_interpolation_only():
    flux, ivar, mask = spectra(1, bad=0)
    mask[0, 100] = 1
    assert np.flatnonzero(run(flux, ivar, mask, np.array([3.0])).ivar[0] == 0).tolist() == [67]
    assert np.flatnonzero(run(flux, ivar, mask, np.array([3.5])).ivar[0] == 0).tolist() == [66, 67]


@pytest.mark.parametrize("shift", [np.nan, np.inf, -1e9, 1e300, PIXELS - 1.0, 1.5 - PIXELS])
def test_a_shift_out_of_the_grid_leaves_no_good_pixel(shift):
    flux, ivar, mask = spectra(2, bad=0)
    made = run(flux, ivar, mask, np.array([shift, 0.0]))
    np.testing.assert_array_equal(made.bad_fraction, [[1, 1], [0, 0]])
    assert np.isnan(made.lowest[0]).all()


def test_output_depends_on_no_other_row_and_on_no_thread_count():
    flux, ivar, mask = spectra(37)
    shift = np.random.default_rng(2).uniform(-15, 15, 37)
    together = run(flux, ivar, mask, shift)
    for size in (1, 7):
        parts = [
            run(flux[i : i + size], ivar[i : i + size], mask[i : i + size], shift[i : i + size])
            for i in range(0, 37, size)
        ]
        for name in ("flux", "ivar", "bad_fraction", "lowest"):
            np.testing.assert_array_equal(np.concatenate([getattr(p, name) for p in parts]), getattr(together, name))
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert same(together, run(flux, ivar, mask, shift))
    finally:
        numba.set_num_threads(threads)


def test_no_rows():
    flux, ivar, mask = spectra(1)
    made = run(flux[:0], ivar[:0], mask[:0])
    assert made.flux.shape == (0, 480)
    assert made.lowest.shape == (0, 2)
