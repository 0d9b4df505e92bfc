"""Errors: the law of the random part, and the part of the method."""

import numpy as np
import pytest
from vacframe_nn_labels.method.label_errors import fit_noise_law, method_error, noise_response, random_error
from vacframe_nn_labels.method.model_card import NoiseLaw


def test_law_of_the_paper():
    """Table 2 and its text: sigma(Teff) at S/N 50 is 94 K with a, c in units of 100 K and sigma_m = 75 K."""
    law = NoiseLaw(a=21.0, b=1.229, c=4282.7)
    assert np.hypot(random_error(law, np.array([50.0])), 75.0)[0] == pytest.approx(94, abs=0.5)


def test_fit_finds_the_law_it_was_drawn_from():
    rng = np.random.default_rng(0)
    snr = np.exp(rng.uniform(np.log(5), np.log(300), 20_000))
    true = NoiseLaw(a=20.0, b=1.2, c=4000.0)
    law = fit_noise_law(snr, rng.normal(size=len(snr)) * random_error(true, snr))
    at = np.array([10.0, 30.0, 100.0, 200.0])
    np.testing.assert_allclose(random_error(law, at), random_error(true, at), rtol=0.07)


def test_too_few_stars_for_a_law_give_a_constant():
    law = fit_noise_law(np.array([10.0, 20.0, 30.0]), np.array([-1.0, 0.0, 1.0]))
    assert (law.a, law.c) == (pytest.approx(1.4826), 0.0)


def test_method_error_completes_the_coverage():
    rng = np.random.default_rng(1)
    snr = rng.uniform(20, 200, 50_000)
    law = NoiseLaw(a=0.0, b=1.0, c=10.0)
    residual = rng.normal(size=len(snr)) * np.hypot(random_error(law, snr), 0.3)
    found = method_error(residual, law, snr)
    assert found == pytest.approx(0.3, rel=0.05)
    assert np.mean(np.abs(residual) < np.hypot(random_error(law, snr), found)) == pytest.approx(0.683, abs=0.01)
    assert method_error(residual * 0, law, snr) == 0.0


def test_response_of_a_linear_model_is_its_own_noise():
    """A linear estimate changes by the weights times the noise, whatever the spectrum."""
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(40, 1))
    errors = np.full((500, 40), 0.1, dtype=np.float32)
    response = noise_response(lambda x: x @ weights, np.zeros_like(errors), errors, np.full(500, 80.0), 0)
    for amplitude in (0.5, 1.0, 2.0, 4.0):
        change = response.change[response.snr == 80 / amplitude]
        assert change.std() == pytest.approx(amplitude * 0.1 * np.linalg.norm(weights), rel=0.1)


def test_no_error_without_signal():
    assert np.isnan(random_error(NoiseLaw(a=1, b=1, c=1), np.array([0.0, -3.0, np.nan]))).all()
