"""Stars drawn from the prior come back unbiased, with errors and percentiles that cover."""

import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig

from vacframe.testing import run_product


@pytest.mark.parametrize("prior", ["flat", "binney2014"])
def test_closure(parsec, example, segments, prior):
    """Bounds are three standard errors of the statistics of 2,000 stars, or the 0.9 to 1.1 asked of pulls."""
    closure = example("bayes_isochrone_closure")
    config = BayesIsochroneConfig(prior=prior, mh_step=0.2, mh_max=0.2, age_step=0.5, segments=segments)
    grid = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
    stars, truth = closure.draw(grid, config, count=2000, seed=5)
    for name, row in closure.closure(stars, truth, grid, config).items():
        assert row["stars"] > 1990, name
        assert abs(row["bias"]) < 0.067, name
        assert 0.9 < row["pull"] < 1.1, name
        for percent, width in ((16, 0.025), (50, 0.034), (84, 0.025)):
            assert row[f"below_{percent}"] == pytest.approx(percent / 100, abs=width), name
