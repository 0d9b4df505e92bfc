"""Product `xp_metallicities`: metallicities of red giants."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.columns import METALLICITIES, SHOWN
from vacframe_xp_uacsnet.registry import plugin


@plugin.product(
    "xp_metallicities",
    table=METALLICITIES,
    needs=[
        vf.same("xp_features", ["source_id", "flux", "flux_error", *(c.name for c in SHOWN), "flags"], where="giant"),
        vf.all_rows("uacsnet_model"),
    ],
    row_wise=True,
    companions=("xp_calibration",),
    resources=vf.Resources(gpu="preferred", row_bytes=4_000),
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy", "scipy"),
        config_fields=("reliable_ebv", "reliable_magnitude", "hull_distance"),
        exactness=vf.Exactness.tolerance,
    ),
)
def xp_metallicities(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Metallicities of red giants with errors and flags."""
    from vacframe_xp_uacsnet.method.estimates import estimate_rows

    return estimate_rows(inputs["xp_features"], inputs["uacsnet_model"], context.config)
