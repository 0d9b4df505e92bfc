"""vacframe plugin: a made-up survey with known truth."""

from __future__ import annotations

from vacframe_mock_survey.config import MockSurveyConfig
from vacframe_mock_survey.products import (
    apogee_labels,
    asteroseismic_labels,
    cluster_members,
    dust_3d,
    gaia_sources,
    gaia_xp_spectra,
    geometric_distances,
    lamost_spectra,
    lamost_stars,
    mock_observations,
    mock_truth,
    pastel_labels,
    photometry,
    reddening_map,
    reference_labels,
    saga_labels,
)
from vacframe_mock_survey.registry import plugin

__all__ = [
    "MockSurveyConfig", "apogee_labels", "asteroseismic_labels", "cluster_members", "dust_3d", "gaia_sources",
    "gaia_xp_spectra", "geometric_distances", "lamost_spectra", "lamost_stars", "mock_observations", "mock_truth",
    "pastel_labels", "photometry", "plugin", "reddening_map", "reference_labels", "saga_labels",
]  # fmt: skip
