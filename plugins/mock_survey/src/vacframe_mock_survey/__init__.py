"""vacframe plugin: a made-up survey with known truth."""

from __future__ import annotations

from vacframe_mock_survey import products
from vacframe_mock_survey.config import MockSurveyConfig
from vacframe_mock_survey.registry import plugin

__all__ = ["MockSurveyConfig", "plugin", "products"]
