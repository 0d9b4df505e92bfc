"""Shifting alone against numpy, and the fused normalisation against the shift followed by a division."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vacframe.astro.continuum import normalise
from vacframe.astro.polynomials import fit_polynomials, polynomial_basis
from vacframe.astro.running_median import running_median
from vacframe.astro.shift import shift_spectra
from vacframe.astro.wavelength import log_grid

PIXELS = 240
GRID = log_grid(3.6, 1e-4, PIXELS)
WINDOWS = (range(20, 120), range(130, 220))
SHIFTS = st.one_of(st.floats(-30, 30), st.integers(-30, 30).map(float), st.sampled_from([np.nan, np.inf, 1e9, 1e-12]))


def spectra(n, seed, bad):
    """Return noisy spectra with bad pixels of every kind: flux, ivar, mask."""
    rng = np.random.default_rng(seed)
    flux = (1000 + 200 * np.sin(GRID / 40) + rng.normal(0, 20, (n, PIXELS))).astype(np.float32)
    ivar = rng.uniform(0.001, 0.01, (n, PIXELS)).astype(np.float32)
    mask = (rng.random((n, PIXELS)) < bad / 3).astype(np.uint8)
    flux[rng.random((n, PIXELS)) < bad / 3] = np.nan
    ivar[rng.random((n, PIXELS)) < bad / 3] = 0
    return flux, ivar, mask


@settings(max_examples=40, deadline=None)
@given(st.lists(SHIFTS, min_size=3, max_size=3), st.integers(0, 1000), st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_normalising_is_shifting_then_dividing(shift, seed, bad):
    """Bit for bit at good pixels, with the same good pixels."""
    flux, ivar, mask = spectra(3, seed, bad)
    shift = np.array(shift)
    made = normalise(flux, ivar, mask, shift, GRID, WINDOWS)
    start = 0
    for number, window in enumerate(WINDOWS):
        part = slice(start, start := start + len(window))
        moved, weight = shift_spectra(flux, ivar, mask, shift, window)
        good = weight > 0
        smooth = running_median(moved, good, 21)
        continuum = fit_polynomials(smooth, np.isfinite(smooth), polynomial_basis(GRID[window.start : window.stop], 6))
        np.testing.assert_array_equal(made.bad_fraction[:, number], (~good).mean(axis=1))
        known = good & np.isfinite(continuum)
        np.testing.assert_array_equal(made.flux[:, part][known], (moved / continuum).astype(np.float32)[known])
        expected = (weight * continuum * continuum).astype(np.float32)
        np.testing.assert_array_equal(made.ivar[:, part][known], expected[known])
        np.testing.assert_array_equal(made.ivar[:, part][~good], 0)


@settings(max_examples=40, deadline=None)
@given(st.floats(-30, 30), st.integers(0, 1000))
def test_fractional_shift_equals_the_lagrange_formula(shift, seed):
    flux, ivar, mask = spectra(2, seed, 0.05)
    moved, weight = shift_spectra(flux, ivar, mask, np.full(2, shift), range(50, 190))
    nearest = round(shift)
    shift = float(nearest) if abs(shift - nearest) < 1e-9 else shift
    whole = int(np.floor(shift))
    nodes, t = np.arange(-1, 3), shift - whole
    share = [np.prod([(t - m) / (k - m) for m in nodes if m != k]) for k in nodes]
    good = (mask == 0) & np.isfinite(flux) & (ivar > 0)
    for row in range(2):
        for place in range(140):
            first = 50 + place + whole - 1
            four = slice(first, first + 4)
            inner = slice(first + 1, first + 3)
            if t == 0:
                used, factors = slice(first + 1, first + 2), [1.0]
            elif good[row, four].all():
                used, factors = four, share
            else:
                used, factors = inner, [1 - t, t]
            if good[row, used].all():
                value = float(np.dot(factors, flux[row, used].astype(float)))
                variance = float(np.dot(np.square(factors), 1 / ivar[row, used].astype(float)))
                np.testing.assert_allclose([moved[row, place], weight[row, place]], [value, 1 / variance], rtol=1e-5)
            else:
                assert (moved[row, place], weight[row, place]) == (0, 0)


def test_a_redshift_is_taken_out():
    """Docstring of `shift`: log10(1 + z) over the step of the grid."""
    redshift, line = 2e-3, GRID[120]
    flux = (1 - 0.5 * np.exp(-0.5 * ((GRID / (line * (1 + redshift)) - 1) / 5e-4) ** 2))[None].astype(np.float32)
    shift = np.array([np.log10(1 + redshift) / 1e-4])
    moved, _ = shift_spectra(flux, np.ones_like(flux), np.zeros(flux.shape, np.uint8), shift, range(PIXELS - 20))
    assert np.argmin(moved[0]) == 120


@pytest.mark.parametrize("shift", [np.nan, np.inf, -np.inf, 1e300, PIXELS, -PIXELS])
def test_a_shift_out_of_the_spectrum_leaves_nothing(shift):
    flux, ivar, mask = spectra(1, 0, 0)
    for values in shift_spectra(flux, ivar, mask, np.array([shift]), range(PIXELS)):
        np.testing.assert_array_equal(values, 0)
        assert values.dtype == np.float32


def test_a_whole_shift_copies_every_bit():
    flux, ivar, mask = spectra(2, 1, 0)
    moved, weight = shift_spectra(flux, ivar, mask, np.array([3.0, -3.0]), range(10, 30))
    for row, start in ((0, 13), (1, 7)):
        np.testing.assert_array_equal(moved[row], flux[row, start : start + 20])
        np.testing.assert_allclose(weight[row], ivar[row, start : start + 20], rtol=1e-7)
