"""The plugin object, and the shards in which its stars are drawn."""

from __future__ import annotations

import vacframe as vf
from vacframe_mock_survey.config import MockSurveyConfig

plugin = vf.Plugin(
    "mock_survey",
    config=MockSurveyConfig,
    mock=True,
    citation="Made-up data of vacframe's mock_survey plugin; not observations.",
)


def shards(config: MockSurveyConfig) -> vf.Files:
    """Return the shards in which the stars are drawn."""
    return vf.Files(shards=-(-config.stars // config.shard_size))
