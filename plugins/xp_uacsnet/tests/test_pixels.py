"""Pixels, dereddening and the extinction curve."""

from itertools import pairwise

import numpy as np
import pytest
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.method.extinction_curve import extinction_curve
from vacframe_xp_uacsnet.method.pixel_fluxes import make_pixels, normalisation_range, sample_ranges
from vacframe_xp_uacsnet.xp_pixels import PIXELS, WAVELENGTHS

WAVE = np.array(WAVELENGTHS)


def test_pixels_are_medians_and_root_mean_squares():
    rng = np.random.default_rng(0)
    flux = rng.uniform(1, 2, (30, 343)).astype(np.float32)
    error = rng.uniform(0.01, 0.02, (30, 343)).astype(np.float32)
    flux[3, 40] = np.nan
    pixels, errors = make_pixels(
        flux, error, np.ones(343), np.zeros(30), sample_ranges(PIXELS), normalisation_range((545, 555))
    )
    norm = flux[:, (WAVE >= 545) & (WAVE <= 555)].mean(axis=1, dtype=float)
    for number, (low, high) in enumerate(PIXELS):
        inside = (low <= WAVE) & (high > WAVE)
        np.testing.assert_allclose(pixels[:, number], np.nanmedian(flux[:, inside], axis=1) / norm, rtol=1e-6)
        seen = np.where(np.isnan(flux[:, inside]), np.nan, error[:, inside])
        np.testing.assert_allclose(errors[:, number], np.sqrt(np.nanmean(seen**2, axis=1)) / norm, rtol=1e-5)


def test_default_ranges_are_sixty_that_touch():
    assert len(PIXELS) == 60
    assert all(a[1] == b[0] for a, b in pairwise(PIXELS))
    assert (PIXELS[0][0], PIXELS[-1][1]) == (380.0, 1019.0)


def test_a_reddened_spectrum_comes_back():
    star = (WAVE / 550) ** 1.5
    strength = np.array([0.0, 0.1, 0.7])
    extinction = (extinction_curve() + 2.730)[None, :] * strength[:, None]
    flux = star * 10 ** (-0.4 * extinction)
    pixels, _ = make_pixels(
        flux, 0.01 * flux, extinction_curve() + 2.730, strength, sample_ranges(PIXELS), normalisation_range((545, 555))
    )
    np.testing.assert_allclose(pixels[1:], pixels[:1].repeat(2, axis=0), rtol=1e-5)


def test_the_zero_point_of_the_curve_cancels():
    flux = np.ones((1, 343), np.float32)
    made = [
        make_pixels(flux, flux, extinction_curve() + zero, np.array([0.5]), sample_ranges(PIXELS), np.array([105, 110]))
        for zero in (2.730, 0.0)
    ]
    np.testing.assert_allclose(made[0][0], made[1][0], rtol=1e-6)


def test_the_curve_is_normalised_to_440_and_550_nm():
    # E(λ-55) / E(44-55) is 0 at 550 nm and 1 at 440 nm but for the noise of the measured curve.
    np.testing.assert_allclose(np.interp([440, 550], WAVE, extinction_curve()), [1, 0], atol=0.03)


def test_no_positive_flux_at_550_gives_no_pixels():
    flux = -np.ones((1, 343), np.float32)
    pixels, errors = make_pixels(
        flux, flux, np.ones(343), np.zeros(1), sample_ranges(PIXELS), normalisation_range((545, 555))
    )
    assert np.isnan(pixels).all()
    assert np.isnan(errors).all()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"pixels": [(380, 390), (1015, 1030)]}, "leaves it"),
        ({"normalise": (551.0, 551.5)}, "holds no sample"),
        ({"training_where": "logg < 3"}, "training_where uses logg"),
        ({"distance": "none"}, "needs distances"),
        ({"labels": "saga_labels", "test_labels": "saga_labels"}, "leave test_labels empty"),
    ],
)
def test_settings_that_cannot_be_are_refused(setting, words):
    with pytest.raises(ValueError, match=words):
        XpUacsnetConfig(**setting)
