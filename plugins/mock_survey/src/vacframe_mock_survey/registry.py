"""The plugin object and its configuration."""

from __future__ import annotations

import vacframe as vf
from vacframe_mock_survey.config import MockSurveyConfig

plugin = vf.Plugin(
    "mock_survey",
    config=MockSurveyConfig,
    mock=True,
    citation="Made-up data of vacframe's mock_survey plugin; not observations.",
)
