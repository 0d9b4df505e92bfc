"""Robust statistics against astropy, NumPy and pandas."""

import warnings

import numpy as np
import pandas as pd
import pytest
from astropy.stats import mad_std

from vacframe.astro.robust import by_group, mad_sigma, nan_median


@pytest.fixture
def values():
    rng = np.random.default_rng(3)
    numbers = rng.normal(3, 2, (40, 7))
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    return numbers


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_equal_to_astropy(values, axis):
    np.testing.assert_allclose(mad_sigma(values, axis=axis), mad_std(values, axis=axis, ignore_nan=True), rtol=1e-12)
    np.testing.assert_array_equal(nan_median(values, axis=axis), np.nanmedian(values, axis=axis))


@pytest.mark.parametrize("empty", [np.array([]), np.full(5, np.nan)])
def test_no_value_is_nan_without_a_warning(empty):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(mad_sigma(empty))
        assert np.isnan(nan_median(np.empty((3, 0)), axis=1)).all()


def test_groups_equal_pandas(values):
    groups = np.array(["a", "b", "c", "d"])[np.random.default_rng(1).integers(0, 3, values.size)]
    flat = values.ravel().copy()
    groups[:3], flat[:3] = "d", np.nan  # a group without a value
    found = by_group(flat, groups)
    frame = pd.DataFrame({"v": flat, "g": groups}).groupby("g")["v"]
    assert found.group.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(found.count, frame.count())
    np.testing.assert_allclose(found.median, frame.median())
    expected = frame.apply(lambda v: mad_std(v.dropna()) if v.notna().any() else np.nan)
    np.testing.assert_allclose(found.sigma, expected)


def test_no_groups():
    assert len(by_group(np.array([]), np.array([], dtype=int)).median) == 0
