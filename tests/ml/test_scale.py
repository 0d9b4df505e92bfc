"""Standardisation by a training set's scale."""

import numpy as np
from sklearn.preprocessing import StandardScaler

from vacframe.ml.scale import scale_of


def test_agrees_with_scikit_learn():
    values = np.random.default_rng(1).normal(3.0, [0.1, 2.0, 50.0], (200, 3))
    other = StandardScaler().fit(values)
    scale = scale_of(values)
    np.testing.assert_allclose(scale.mean, other.mean_)
    np.testing.assert_allclose(scale.std, other.scale_)
    np.testing.assert_allclose(scale.standardise(values), other.transform(values), atol=1e-6)
    np.testing.assert_allclose(scale.restore(scale.standardise(values)), values, atol=1e-4)


def test_constant_and_empty_columns_become_zero():
    values = np.array([[1.1, np.nan, 1.0], [1.1, np.nan, 3.0]], dtype=np.float32)
    scale = scale_of(values)
    assert scale.std.tolist() == [1.0, 1.0, 1.0]
    np.testing.assert_allclose(scale.standardise(values), [[0, 0, -1], [0, 0, 1]], atol=1e-6)


def test_missing_values_are_left_out_and_become_the_mean():
    values = np.array([[1.0], [np.nan], [3.0], [np.inf]])
    scale = scale_of(values)
    assert (scale.mean[0], scale.std[0]) == (2.0, 1.0)
    assert scale.standardise(values)[:, 0].tolist() == [-1.0, 0.0, 1.0, 0.0]


def test_outliers_are_limited():
    scale = scale_of(np.array([[0.0], [2.0]]))
    assert scale.standardise(np.array([[100.0], [-100.0], [1.5]]), clip=5.0)[:, 0].tolist() == [5.0, -5.0, 0.5]
