"""vacframe plugin: a made-up survey with known truth."""

from __future__ import annotations

from vacframe_mock_survey import gaia, labels, observations, photometry, spectra, truth
from vacframe_mock_survey.registry import MockSurveyConfig, plugin

__all__ = ["MockSurveyConfig", "gaia", "labels", "observations", "photometry", "plugin", "spectra", "truth"]
