"""Product `isochrone_validation`: how far estimates are from those values."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import (
    COMPARED,
    REFERENCES,
)
from vacframe_bayes_isochrone.registry import plugin

_VALIDATION = vf.TableSchema(
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


@plugin.product(
    "isochrone_validation",
    table=_VALIDATION,
    kind="whole",
    needs=[
        vf.all_rows(
            "isochrone_comparison",
            ["reference", "logg", "flag", *(f"{n}{s}" for n in COMPARED for s in ("", "_error", "_reference"))],
        )
    ],
    method=vf.Method(config_fields=("giant_logg",)),
)
def isochrone_validation(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Median and scatter of estimates against asteroseismology and clusters, for log g below `giant_logg`."""
    import numpy as np

    stars = inputs["isochrone_comparison"]
    giant = stars["logg"] < context.config.giant_logg
    rows: dict[str, list[Any]] = {c.name: [] for c in _VALIDATION.columns}
    for product, quantities in REFERENCES.items():
        for name in quantities:
            estimate, truth = stars[name], stars[f"{name}_reference"]
            use = giant & (stars["reference"] == product) & np.isfinite(estimate) & (truth > 0)
            if not use.any():
                continue
            low, middle, high = np.percentile(estimate[use].astype(np.float64) / truth[use] - 1, [16, 50, 84])
            quoted = np.median(stars[f"{name}_error"][use] / estimate[use])
            found = (product, name, int(use.sum()), middle, low, high, (high - low) / 2, float(quoted))
            for column, value in zip(rows, found, strict=True):
                rows[column].append(value)
    return rows
