"""Pieces of the compiled sum."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm
from vacframe_bayes_isochrone import candidates, integral
from vacframe_bayes_isochrone.exponential import exponential
from vacframe_bayes_isochrone.moments import percentile


def test_exponential():
    x = np.linspace(-59.9, 80, 4001).astype(np.float32)
    found = np.array([exponential(value) for value in x])
    np.testing.assert_allclose(found, np.exp(x.astype(float)), rtol=3e-7)
    assert exponential(np.float32(-60.1)) == 0
    assert exponential(np.float32(-np.inf)) == 0


@pytest.mark.parametrize("fraction", [0.16, 0.5, 0.84])
def test_percentiles_of_a_coarse_histogram(fraction):
    """Bins of half a standard deviation: within 0.005 of it, where a straight line within the bin is 0.02 off."""
    edges = np.arange(-6, 6, 0.5) + 0.13
    found = percentile(np.diff(norm.cdf(edges)), edges, fraction)
    assert found == pytest.approx(norm.ppf(fraction), abs=0.005)


def test_percentile_in_the_first_and_the_only_bin():
    assert percentile(np.array([2.0, 0.0]), np.array([1.0, 3.0, 4.0]), 0.5) == pytest.approx(2.0, abs=0.5)
    assert percentile(np.array([5.0]), np.array([1.0, 3.0]), 0.25) == pytest.approx(1.5)


def test_extremes():
    values = np.random.default_rng(1).normal(size=131).astype(np.float32)
    for part in (values, values[:1], values[:16], values[:17]):
        assert candidates.extent(part) == (part.min(), part.max())


def test_blocks_hold_every_point_once():
    rng = np.random.default_rng(2)
    start = np.array([[0, 40, 40, 73], [73, 74, 170, 200]])
    teff, logg = rng.uniform(4e3, 6e3, 200).astype(np.float32), rng.uniform(0, 5, 200).astype(np.float32)
    first, bins, labels, brightest, faintest = candidates.blocks_of(start, teff, logg, np.stack([teff, logg]))
    assert (np.diff(first) > 0).all()
    assert np.diff(first).max() <= candidates.BLOCK
    np.testing.assert_array_equal(first[bins], start)
    for k, (a, b) in enumerate(pairwise(first)):
        assert labels[:, k].tolist() == [teff[a:b].min(), teff[a:b].max(), logg[a:b].min(), logg[a:b].max()]
        assert brightest[1, k] == logg[a:b].min()
        assert faintest[0, k] == teff[a:b].max()


def test_combine():
    rng = np.random.default_rng(3)
    factors, rows = rng.random((5, 8), np.float32), rng.random((8, 16), np.float32)
    factors[2] = 0
    out = np.empty((5, 16), np.float32)
    integral.combine(factors, rows, out)
    np.testing.assert_allclose(out, factors @ rows, rtol=1e-5)
