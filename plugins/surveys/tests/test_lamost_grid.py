"""Resampling: closed forms and conservation."""

import numpy as np
from vacframe_surveys.readers.lamost_grid import first_pixel, is_wavelength, resample

from vacframe.schemas.lamost import LAMOST_PIXELS


def test_half_a_pixel_averages_two_neighbours():
    rng = np.random.default_rng(1)
    flux, ivar = rng.normal(10, 1, 300), rng.uniform(0.5, 2, 300)
    mean, weight, bad = resample(99.5 + np.arange(300), flux, ivar, np.zeros(300, bool))
    np.testing.assert_allclose(mean[100:399], 0.5 * (flux[:-1] + flux[1:]))
    np.testing.assert_allclose(1 / weight[100:399], 0.25 * (1 / ivar[:-1] + 1 / ivar[1:]))
    assert np.flatnonzero(~bad).tolist() == list(range(100, 399))


def test_on_the_grid_nothing_changes():
    flux, ivar = np.linspace(1, 2, 50), np.linspace(3, 4, 50)
    bad = np.zeros(50, bool)
    bad[20] = True
    mean, weight, wrong = resample(10.0 + np.arange(50), flux, ivar, bad)
    good = ~bad
    np.testing.assert_allclose(mean[10:60][good], flux[good])
    np.testing.assert_allclose(weight[10:60][good], ivar[good])
    np.testing.assert_array_equal(wrong[10:60], bad)


def test_the_flux_is_conserved():
    step = 0.37
    position = 200 + step * np.arange(5000)
    line = np.exp(-0.5 * ((position - 1000) / 3) ** 2)
    mean, _, _ = resample(position, line, np.ones(5000), np.zeros(5000, bool))
    np.testing.assert_allclose(mean.sum(), line.sum() * step, rtol=1e-9)


def test_the_variance_is_that_of_repeated_noise():
    rng = np.random.default_rng(2)
    position = 50 + 1.3 * np.arange(100) + 0.2
    draws = [resample(position, rng.normal(0, 2, 100), np.full(100, 0.25), np.zeros(100, bool))[0] for _ in range(2000)]
    _, weight, bad = resample(position, np.ones(100), np.full(100, 0.25), np.zeros(100, bool))
    ratio = np.var(draws, axis=0)[~bad] * weight[~bad]
    assert abs(ratio.mean() - 1) < 0.02
    assert np.all(np.abs(ratio - 1) < 0.2)


def test_a_bad_pixel_spoils_what_it_touches_and_no_more():
    bad = np.zeros(100, bool)
    bad[40] = True
    _, _, wrong = resample(200.5 + np.arange(100), np.ones(100), np.ones(100), bad)
    assert np.flatnonzero(wrong[201:300]).tolist() == [39, 40]


def test_beyond_both_ends():
    mean, _, bad = resample(-3000.3 + np.arange(9000), np.full(9000, 7.0), np.ones(9000), np.zeros(9000, bool))
    assert not bad.any()
    np.testing.assert_allclose(mean, 7.0)
    assert mean.shape == (LAMOST_PIXELS,)


def test_which_spectra_are_on_the_grid():
    assert first_pixel(158.0175 + np.arange(3000)) == 158
    assert first_pixel(158.3 + np.arange(3000)) is None
    assert first_pixel(1.00001 * np.arange(3909)) is None


def test_what_can_be_wavelengths():
    assert is_wavelength(np.array([3700.0, 3701, 3702]))
    assert not is_wavelength(np.array([3700.0, 3700, 3702]))
    assert not is_wavelength(np.array([-1.0, 1, 2]))
    assert not is_wavelength(np.array([1.0, np.nan, 2]))
