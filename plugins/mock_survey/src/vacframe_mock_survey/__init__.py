"""vacframe plugin: a made-up survey with known truth."""

from __future__ import annotations

from vacframe_mock_survey import (
    dust_maps,
    gaia,
    labels,
    observations,
    photometry,
    spectra,
    truth,
    validation,
    xp_spectra,
)
from vacframe_mock_survey.registry import MockSurveyConfig, plugin

__all__ = [
    "MockSurveyConfig",
    "dust_maps",
    "gaia",
    "labels",
    "observations",
    "photometry",
    "plugin",
    "spectra",
    "truth",
    "validation",
    "xp_spectra",
]
