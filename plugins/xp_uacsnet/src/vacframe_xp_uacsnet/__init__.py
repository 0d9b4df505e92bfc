"""Metallicities of giants from Gaia XP spectra by an uncertainty-aware, cost-sensitive network (Yang et al. 2025)."""

from __future__ import annotations

from vacframe_xp_uacsnet import (
    calibration,
    correction_tables,
    features,
    metallicities,
    model,
    papers,
    sampled,
    training_set,
    validation,
)
from vacframe_xp_uacsnet.registry import plugin

__all__ = [
    "calibration",
    "correction_tables",
    "features",
    "metallicities",
    "model",
    "papers",
    "plugin",
    "sampled",
    "training_set",
    "validation",
]
