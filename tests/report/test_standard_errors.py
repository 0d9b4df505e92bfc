"""Standard errors are what repeated experiments spread by."""

import numpy as np
import pytest

from vacframe.astro.residuals import residual_statistics
from vacframe.report.standard_errors import standard_errors

NAMES = ("bias", "scatter", "p16", "p84", "outliers", "pull_bias", "pull_scatter", "within_1", "within_2")


def test_they_are_the_spread_of_repeated_samples():
    random = np.random.default_rng(11)
    number, trials = 1000, 600
    found = [
        vars(residual_statistics(random.normal(20, 80, number), np.full(number, 80.0), outlier=2.0))
        for _ in range(trials)
    ]
    for name in NAMES:
        spread = np.std([f[name] for f in found])
        stated = np.median([standard_errors(f)[name] for f in found])
        # A standard deviation of 600 trials is known to 3 %; outliers also move with the scatter.
        assert stated == pytest.approx(spread, rel=0.13 if name != "outliers" else 0.35), name


def test_names_of_reports_and_of_agreements():
    errors = standard_errors({"n": 800, "bias": 1.0, "scatter": 4.0, "std": 8.0, "coverage": 0.5, "mean": 2.0})
    assert errors["bias"] == pytest.approx(1.2533 * 4 / 800**0.5, rel=1e-4)
    assert errors["scatter"] == pytest.approx(1.166 * 4 / 800**0.5, rel=1e-3)
    assert errors["std"] == pytest.approx(8 / 1600**0.5)
    assert errors["mean"] == pytest.approx(8 / 800**0.5)
    assert errors["coverage"] == pytest.approx(0.5 / 800**0.5)
    shares = {"number": 100, "stated": 25, "right": 20, "completeness": 0.2, "purity": 0.8}
    assert standard_errors(shares) == pytest.approx({"completeness": 0.04, "purity": 0.08})


def test_nothing_is_stated_of_what_is_not_known():
    assert standard_errors({"n": 0, "bias": 1.0, "scatter": 1.0}) == {}
    assert standard_errors({"n": 9, "bias": float("nan"), "outliers": 5.0}) == {}
    assert standard_errors({"bias": 1.0, "scatter": 2.0}) == {}
