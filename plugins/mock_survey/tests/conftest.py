import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.conformance import synthetic_isochrones

from vacframe import SourceFile
from vacframe.testing import run_product


@pytest.fixture(scope="session")
def isochrones():
    return synthetic_isochrones()


@pytest.fixture(scope="session")
def make_truth(isochrones):
    def make(seed=0, product="mock_truth", **options):
        config = MockSurveyConfig(**options)
        shards = -(-config.stars // config.shard_size)
        files = [SourceFile(f"shard {k}", shard=k) for k in range(shards)]
        return run_product(plugin, product, {"isochrones": isochrones}, files=files, config=config, seed=seed).table

    return make


@pytest.fixture(scope="session")
def truth(make_truth):
    return make_truth(stars=3000)


@pytest.fixture(scope="session")
def observations(make_truth):
    return make_truth(stars=3000, product="mock_observations")
