"""Product `xp_calibration`: estimates against labels, and predicted errors against the residuals."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_xp_uacsnet.columns import PASSED
from vacframe_xp_uacsnet.registry import plugin

CALIBRATION = vf.TableSchema(
    description="[Fe/H] minus label for training and test stars, and how well the predicted errors cover it",
    columns=(
        vf.column("model", "string", "uacsnet, or unweighted: trained without cost weights", ucd="meta.id"),
        vf.column("part", "string", "training or test", ucd="meta.id"),
        vf.column("group", "string", "Group of stars (report_groups), or bin of the predicted error", ucd="meta.id"),
        vf.column("stars", "int64", "Number of stars", ucd="meta.number"),
        vf.column("bias", "float32", "Median of estimate minus label", unit="dex", ucd="stat.value"),
        vf.column("mean", "float32", "Mean of estimate minus label", unit="dex", ucd="stat.value"),
        vf.column("scatter", "float32", "1.4826 median absolute deviation of it", unit="dex", ucd="stat.stdev"),
        vf.column("deviation", "float32", "Standard deviation of it", unit="dex", ucd="stat.stdev"),
        vf.column("sigma", "float32", "Median predicted error", unit="dex", ucd="stat.error;stat.median"),
        vf.column("within_1", "float32", "Fraction within 1 sigma (0.683 for honest errors)", ucd="stat.value"),
        vf.column("within_2", "float32", "Fraction within 2 sigma (0.954)", ucd="stat.value"),
        vf.column("pull", "float32", "1.4826 median absolute deviation of residual over error (1)", ucd="stat.value"),
    ),
)
"""Errors of the labels, where they are known, are added to the predicted ones in quadrature."""


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
def xp_calibration(inputs: vf.Inputs, context: vf.Context) -> dict[str, list[Any]]:
    """Calibration report: bias, scatter and coverage of [Fe/H] by group, with and without cost weights."""
    from vacframe_xp_uacsnet.method.error_coverage import report

    rows = report(inputs["xp_training_set"], inputs["uacsnet_model"], context)
    return {name: [row[name] for row in rows] for name in CALIBRATION.names}
