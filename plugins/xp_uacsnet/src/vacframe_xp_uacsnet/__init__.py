"""Metallicities of giants from Gaia XP spectra by an uncertainty-aware, cost-sensitive network (Yang et al. 2025)."""

from __future__ import annotations

from vacframe_xp_uacsnet import papers
from vacframe_xp_uacsnet.products import (
    uacsnet_model,
    xp_calibration,
    xp_correction_tables,
    xp_features,
    xp_metallicities,
    xp_sampled,
    xp_training_set,
    xp_validation,
    xp_vmp_candidates,
)
from vacframe_xp_uacsnet.registry import plugin

__all__ = [
    "papers",
    "plugin",
    "uacsnet_model",
    "xp_calibration",
    "xp_correction_tables",
    "xp_features",
    "xp_metallicities",
    "xp_sampled",
    "xp_training_set",
    "xp_validation",
    "xp_vmp_candidates",
]
