"""Product `uacsnet_model`: the trained network."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.registry import plugin

LEARNED = ("source_id", "flux", "flux_error", "bp_rp0", "feh")
"""Columns of `xp_training_set` that the network learns from."""


@plugin.product(
    "uacsnet_model",
    kind="model",
    needs=[vf.all_rows("xp_training_set", LEARNED, where="in_training")],
    resources=vf.Resources(gpu="preferred"),
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy"),
        config_fields=("network", "pixels"),
        exactness=vf.Exactness.statistical,
    ),
)
def uacsnet_model(inputs: vf.Inputs, context: vf.Context) -> vf.Model:
    """Network UA-CSNet (uncertainty-aware, cost-sensitive), trained on the stars with labels."""
    from vacframe_xp_uacsnet.method.estimator import learn

    return learn(inputs["xp_training_set"], context, context.config.network)
