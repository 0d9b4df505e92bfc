"""Robust Gaussian fits of groups: right for Gaussians, deaf to outliers, with errors that cover."""

import numpy as np
import pytest
from scipy.stats import norm

from vacframe.astro.gaussian_fit import fit_gaussians

GROUPS = 3000


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(4)
    group = rng.integers(0, GROUPS, 90 * GROUPS)
    mean = rng.normal(-28, 10, GROUPS)
    return rng, group, mean, mean[group] + 45 * rng.normal(size=len(group))


def test_without_outliers_it_is_scipys_fit(sample):
    _, group, _, values = sample
    fits = fit_gaussians(values, group, GROUPS, clip=10.0)
    for k in range(0, GROUPS, 100):
        assert (fits.mean[k], fits.sigma[k]) == pytest.approx(norm.fit(values[group == k]), rel=1e-9)
        assert fits.count[k] == fits.used[k] == np.sum(group == k)


def test_errors_cover_and_sigma_is_not_cut(sample):
    _, group, mean, values = sample
    fits = fit_gaussians(values, group, GROUPS, clip=4.0)
    pull = (fits.mean - mean) / fits.mean_error
    assert np.std(pull) == pytest.approx(1.0, abs=0.06)
    assert np.mean(np.abs(pull) < 1) == pytest.approx(0.683, abs=0.03)
    assert np.median(fits.sigma) == pytest.approx(45.0, rel=0.015)


def test_clipping_at_two_sigma_is_allowed_for():
    values = 5 + 3 * np.random.default_rng(1).normal(size=400_000)
    fit = fit_gaussians(values, np.zeros(len(values), dtype=int), 1, clip=2.0)
    assert fit.mean[0] == pytest.approx(5.0, abs=0.05)
    assert fit.sigma[0] == pytest.approx(3.0, rel=0.02)
    assert fit.used[0] / len(values) == pytest.approx(0.9545, abs=0.005)


@pytest.mark.parametrize("far", [1e3, 1e9])
def test_outliers_have_no_weight(sample, far):
    rng, group, mean, values = sample
    spoilt = np.where(rng.random(len(values)) < 0.1, far * (1 + rng.random(len(values))), values)
    fits = fit_gaussians(spoilt, group, GROUPS, clip=4.0)
    pull = (fits.mean - mean) / fits.mean_error
    assert abs(np.mean(pull)) < 0.15
    assert np.std(pull) < 1.15


def test_small_groups_and_missing_values():
    values = np.array([5.0, 5.0, 5.0, 7.0, np.nan, 1.0])
    fits = fit_gaussians(values, np.array([0, 0, 0, 2, 2, 9]), 4)
    assert fits.count.tolist() == [3, 0, 1, 0]
    assert np.array_equal(fits.mean, [5.0, np.nan, 7.0, np.nan], equal_nan=True)
    assert np.array_equal(fits.sigma, [0.0, np.nan, 0.0, np.nan], equal_nan=True)
    assert np.array_equal(fits.mean_error, fits.sigma, equal_nan=True)
