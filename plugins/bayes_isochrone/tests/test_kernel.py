"""Pieces of the compiled sum."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import lognorm, norm, truncnorm
from vacframe_bayes_isochrone.method import candidate_points, sightline_integral
from vacframe_bayes_isochrone.method.exponential import exponential
from vacframe_bayes_isochrone.method.posterior_moments import between_nodes, extinction_at, percentile


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
        assert candidate_points.extent(part) == (part.min(), part.max())


def test_blocks_hold_every_point_once():
    rng = np.random.default_rng(2)
    start = np.array([[0, 40, 40, 73], [73, 74, 170, 200]])
    teff, logg = rng.uniform(4e3, 6e3, 200).astype(np.float32), rng.uniform(0, 5, 200).astype(np.float32)
    first, bins, labels, brightest, faintest = candidate_points.blocks_of(start, teff, logg, np.stack([teff, logg]))
    assert (np.diff(first) > 0).all()
    assert np.diff(first).max() <= candidate_points.BLOCK
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
    sightline_integral.combine(factors, rows, out)
    np.testing.assert_allclose(out, factors @ rows, rtol=1e-5)


@pytest.mark.parametrize("centre", [-8, -3.6, -1, 0, 0.5, 3, 19.5])
def test_quadrature_and_percentiles_of_extinction_under_a_uniform_prior(centre):
    """A Gaussian cut off at A = 0 and at A = 20: moments to 0.4 % of its width, percentiles to 1 %."""
    nodes, widths = np.empty(sightline_integral.Q_MAX), np.empty(sightline_integral.Q_MAX)
    n = sightline_integral.extinctions(
        sightline_integral.UNIFORM_FIRST, min(20.0, max(centre + 7.0, 2.0)), 1.0, 0.0, nodes, widths
    )
    exact = truncnorm(-centre, 20.0 - centre, loc=centre)
    nodes, shares = nodes[:n], widths[:n] * np.exp(-0.5 * (nodes[:n] - centre) ** 2)
    mean, second = np.average(nodes, weights=shares), np.average(nodes**2, weights=shares)
    assert mean == pytest.approx(exact.mean(), abs=4e-3 * exact.std())
    assert (second - mean**2) ** 0.5 == pytest.approx(exact.std(), rel=4e-3)
    bins, edges = between_nodes(shares)
    for fraction in (0.16, 0.5, 0.84):
        found = extinction_at(nodes, percentile(bins, edges, fraction))
        assert found == pytest.approx(exact.ppf(fraction), abs=0.01 * exact.std())


@pytest.mark.parametrize("scatter", [0.4, 1.4])
def test_quadrature_of_extinction_under_a_lognormal_prior(scatter):
    nodes, widths = np.empty(sightline_integral.Q_MAX), np.empty(sightline_integral.Q_MAX)
    exact = lognorm(scatter, scale=0.1)
    n = sightline_integral.extinctions(0.1 * np.exp(-4.0 * scatter), 25.0, 0.2, scatter, nodes, widths)
    nodes, shares = nodes[:n], widths[:n] * exact.pdf(nodes[:n])
    assert shares.sum() == pytest.approx(1, abs=2e-4)
    below_25 = exact.mean() * norm.cdf(np.log(25.0 / 0.1) / scatter - scatter)
    assert (shares * nodes).sum() == pytest.approx(below_25, rel=1e-3)
    bins, edges = between_nodes(shares)
    for fraction in (0.16, 0.5, 0.84):
        found = extinction_at(nodes, percentile(bins, edges, fraction))
        assert found == pytest.approx(exact.ppf(fraction), rel=3e-3)
