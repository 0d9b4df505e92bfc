"""Product `xp_calibration`: estimates against labels, and predicted errors against the residuals."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.columns import CALIBRATION, PASSED
from vacframe_xp_uacsnet.registry import plugin


@plugin.product(
    "xp_calibration",
    kind="whole",
    table=CALIBRATION,
    needs=[
        vf.all_rows("xp_training_set", ["source_id", *PASSED, "feh", "feh_error", "in_training"]),
        vf.all_rows("uacsnet_model"),
    ],
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy"),
        config_fields=("network", "pixels", "report_groups", "compare_unweighted"),
        exactness=vf.Exactness.statistical,
    ),
)
def xp_calibration(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Calibration report: bias, scatter and coverage of [Fe/H] by group, with and without cost weights."""
    from vacframe_xp_uacsnet.method.calibration import report

    return report(inputs["xp_training_set"], inputs["uacsnet_model"], context)
