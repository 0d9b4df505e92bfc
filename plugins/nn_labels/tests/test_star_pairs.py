"""Reddening by star pairs, against a plain calculation star by star, and by what must hold for any stars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vacframe_nn_labels.method.star_pairs import Controls, PairLimits, pair_reddening

LIMITS = PairLimits(3e-5, 0.5, 0.3, 5)
COEFFICIENTS = np.array([1.261, 1.59, 0.414])
SLOPES = np.array([[-2.4e-4, 0.03, 0.05], [-3.1e-4, -0.02, 0.11], [-1.5e-4, 0.01, -0.04]])
"""Change of the three colours with temperature, log g and [Fe/H]."""


def make_stars(count, seed, scatter=0.02):
    """Return labels, identifiers, colours without reddening, their errors; a tenth of the colours is missing."""
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.uniform(4500, 6500, count), rng.uniform(1, 5, count), rng.uniform(-1.5, 0.4, count)], axis=1)
    errors = rng.uniform(0.005, 0.03, (count, 3))
    colours = 0.8 + (labels - [5500.0, 3.0, 0.0]) @ SLOPES.T + scatter * rng.normal(size=(count, 3))
    missing = rng.random((count, 3)) < 0.1
    colours[missing], errors[missing] = np.nan, np.nan
    return labels, np.arange(count) + 1000 * seed, colours, errors


def star_by_star(stars, controls):
    """Return ebv, error, pairs and colours of stars as a plain loop computes them, with numpy's least squares."""
    near, near_id, near_colours, near_errors = controls
    out = []
    for label, star, colour, error in zip(*stars, strict=True):
        widths = np.array([label[0] * (LIMITS.teff_width * label[0]) ** 2, LIMITS.logg_width, LIMITS.feh_width])
        pairs = (np.abs(near - label) < widths).all(axis=1) & (near_id != star)
        design = np.column_stack([np.ones(pairs.sum()), (near[pairs] - label) / widths])
        fits = {}
        for c in range(3):
            known = np.isfinite(near_colours[pairs, c])
            if np.isfinite(colour[c]) and known.sum() >= LIMITS.minimum_pairs:
                x, y = design[known], near_colours[pairs, c][known]
                found = np.linalg.lstsq(x, y)[0]
                residual = np.full(pairs.sum(), np.nan)
                residual[known] = y - x @ found
                own = (near_errors[pairs, c][known] ** 2).mean()
                fits[c] = found[0], np.linalg.inv(x.T @ x)[0, 0], own, residual, known.sum()
        if not fits:
            out.append((np.nan, np.nan, 0, 0))
            continue
        used = list(fits)
        covariance = np.zeros((len(used), len(used)))
        for a, c in enumerate(used):
            for b, d in enumerate(used):
                product = fits[c][3] * fits[d][3]
                both = np.isfinite(product).sum()
                covariance[a, b] = np.nansum(product) / (both - 4) if both > 4 else 0.0
                if c != d:
                    covariance[a, b] = max(covariance[a, b], 0) * (1 + np.sqrt(fits[c][1] * fits[d][1]))
            scatter = covariance[a, a]
            covariance[a, a] = max(scatter - fits[c][2], 0) + error[c] ** 2 + fits[c][1] * scatter
        estimates = np.array([(colour[c] - fits[c][0]) / COEFFICIENTS[c] for c in used])
        shares = COEFFICIENTS[used] ** 2 / np.diag(covariance)
        shares /= shares.sum()
        scaled = shares / COEFFICIENTS[used]
        error_of_mean = np.sqrt(max(scaled @ covariance @ scaled, 0.0))
        out.append((shares @ estimates, error_of_mean, max(fits[c][4] for c in used), len(used)))
    return np.array(out).T


def solve(stars, controls):
    return pair_reddening(*stars, Controls.of(*controls, LIMITS), COEFFICIENTS, LIMITS)


def test_agrees_with_a_plain_loop():
    controls, stars = make_stars(4000, 1), make_stars(300, 2)
    stars[2][:] += 0.2 * COEFFICIENTS
    found, expected = solve(stars, controls), star_by_star(stars, controls)
    np.testing.assert_array_equal(found.pairs, expected[2])
    np.testing.assert_array_equal(found.colours, expected[3])
    np.testing.assert_allclose(found.ebv, expected[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.error, expected[1], rtol=1e-7)
    assert np.isfinite(found.ebv).sum() > 200


def test_thin_controls_agree_too():
    """Few pairs: fits on the edge of being possible, stars without any, cells without control stars."""
    controls, stars = make_stars(150, 3), make_stars(300, 4)
    found, expected = solve(stars, controls), star_by_star(stars, controls)
    assert 0 < np.isfinite(found.ebv).sum() < 300
    np.testing.assert_array_equal(np.isfinite(found.ebv), np.isfinite(expected[0]))
    np.testing.assert_allclose(found.ebv, expected[0], rtol=1e-6, atol=1e-8)


def test_control_stars_do_not_pair_with_themselves():
    controls = make_stars(3000, 5)
    found, expected = solve(controls, controls), star_by_star([a[:50] for a in controls], controls)
    np.testing.assert_allclose(found.ebv[:50], expected[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(found.pairs[:50], expected[2])


@settings(deadline=None, max_examples=25)
@given(ebv=st.floats(-0.5, 3.0), seed=st.integers(10, 1000))
def test_reddening_a_star_raises_its_ebv_by_that(ebv, seed):
    controls, stars = make_stars(1500, 1), make_stars(40, seed)
    before = solve(stars, controls)
    after = solve((stars[0], stars[1], stars[2] + ebv * COEFFICIENTS, stars[3]), controls)
    np.testing.assert_allclose(after.ebv - before.ebv, np.where(np.isfinite(before.ebv), ebv, np.nan), atol=1e-9)
    np.testing.assert_array_equal(after.error, before.error)


def test_colours_linear_in_the_labels_give_the_reddening_exactly():
    controls, stars = make_stars(3000, 6, scatter=0.0), make_stars(100, 7, scatter=0.0)
    found = solve((stars[0], stars[1], stars[2] + 0.37 * COEFFICIENTS, stars[3]), controls)
    known = np.isfinite(found.ebv)
    assert known.sum() > 80
    np.testing.assert_allclose(found.ebv[known], 0.37, atol=1e-9)
    all_three = np.isfinite(stars[3]).all(axis=1) & known
    weights = COEFFICIENTS**2 / stars[3][all_three] ** 2
    np.testing.assert_allclose(found.error[all_three], weights.sum(axis=1) ** -0.5, rtol=1e-6)


def test_errors_cover_the_scatter_that_labels_bring():
    """Labels with errors move all colours together; the error of the mean knows."""
    rng = np.random.default_rng(0)
    tables = []
    for seed, count in ((8, 60_000), (9, 5000)):
        labels, ids, colours, errors = make_stars(count, seed, scatter=0.0)
        colours += errors * rng.normal(size=errors.shape)
        tables.append((labels + rng.normal(size=labels.shape) * [80.0, 0.1, 0.05], ids, colours, errors))
    found = solve(tables[1], tables[0])
    known = found.pairs > 30
    pull = (found.ebv / found.error)[known]
    assert known.sum() > 4500
    assert np.std(pull) == pytest.approx(1.0, abs=0.03)
    assert np.mean(pull) == pytest.approx(0.0, abs=0.05)


def test_stars_that_lack_something_have_no_reddening():
    controls, stars = make_stars(1000, 11), make_stars(6, 12, scatter=0.0)
    labels, _, colours, _ = stars
    labels[0, 1] = np.nan
    colours[1] = np.nan
    labels[2] = 3000.0, 4.0, 0.0
    found = solve(stars, controls)
    assert np.isnan(found.ebv[:3]).all()
    assert (found.pairs[:3] == 0).all()
    none = tuple(a[:0] for a in controls)
    assert np.isnan(solve(stars, none).ebv).all()
