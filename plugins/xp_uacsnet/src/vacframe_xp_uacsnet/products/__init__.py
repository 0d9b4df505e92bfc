"""The catalogues: one module per product, named after it."""

from __future__ import annotations

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

__all__ = [
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
