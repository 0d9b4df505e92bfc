"""Product `isochrone_validation`: how far estimates are from asteroseismology and clusters."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import COMPARED
from vacframe_bayes_isochrone.registry import plugin

TABLE = vf.TableSchema(
    description="How far estimates are from asteroseismic and cluster values: (estimate - reference) / reference",
    columns=(
        vf.column("reference", "string", "Product that the reference values are from", ucd="meta.ref"),
        vf.column("quantity", "string", "What is compared", ucd="meta.id"),
        vf.column("n", "int64", "Number of stars", ucd="meta.number"),
        vf.column("median", "float64", "Median fractional difference", ucd="stat.value"),
        vf.column("p16", "float64", "16th percentile", ucd="stat.value"),
        vf.column("p84", "float64", "84th percentile", ucd="stat.value"),
        vf.column("half_width", "float64", "Half of p84 - p16", ucd="stat.stdev"),
        vf.column("quoted_error", "float64", "Median of the estimates' own relative errors", ucd="stat.error"),
    ),
)
_COLUMNS = ("reference", "logg", "flag", *(f"{n}{s}" for n in COMPARED for s in ("", "_error", "_reference")))


@plugin.product(
    "isochrone_validation",
    table=TABLE,
    kind="whole",
    needs=[vf.all_rows("isochrone_comparison", _COLUMNS)],
    method=vf.Method(config_fields=("giant_logg",)),
)
def isochrone_validation(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Median and scatter of estimates against asteroseismology and clusters, for log g below `giant_logg`."""
    from vacframe_bayes_isochrone.method.reference_comparison import relative_differences

    return relative_differences(inputs["isochrone_comparison"], context.config.giant_logg)
