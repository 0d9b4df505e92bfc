"""Product `isochrone_uncertainties`: how certain estimates are at each S/N (Wang J. et al. 2023, figure A1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import QUALITY, QUANTITIES, estimates_schema, observables_schema
from vacframe_bayes_isochrone.registry import plugin

ABSOLUTE = "av"
"""The quantity whose uncertainty is in its own unit; the others' are relative."""
EVOLVED = ("mass", "age")
"""Quantities that mean something for evolved stars only."""
_MEDIAN = "standard deviation of the posterior, of A_V in mag, of all else relative"
TABLE = vf.TableSchema(
    description="Uncertainties of the estimates in bins of signal-to-noise ratio",
    columns=(
        vf.column("quantity", "string", "distance, av, mass or age", ucd="meta.id"),
        vf.column(
            "stars", "string", "all; giants: below giant_logg; subgiants: above subgiant_logg too", ucd="meta.id"
        ),
        vf.column("snr_low", "float64", "Smallest S/N of the bin", ucd="stat.snr;stat.min"),
        vf.column("snr_high", "float64", "S/N at which the next bin begins", ucd="stat.snr;stat.max"),
        vf.column("n", "int64", "Number of stars with an estimate", ucd="meta.number"),
        vf.column("median", "float64", f"Median {_MEDIAN}", ucd="stat.error"),
        vf.column("p16", "float64", f"16th percentile of the {_MEDIAN}", ucd="stat.error"),
        vf.column("p84", "float64", f"84th percentile of the {_MEDIAN}", ucd="stat.error"),
    ),
)


def _needs(config: Any) -> Iterator[vf.Need]:
    estimates, observed = estimates_schema(config), observables_schema(config)
    wanted = ["source_id", *(f"{n}{s}" for n in QUANTITIES for s in ("", "_error"))]
    yield vf.all_rows("bayes_isochrone", [estimates[n] for n in wanted])
    yield vf.Need(
        product="isochrone_observables",
        columns=(observed["source_id"], observed["logg"], QUALITY),
        how="all",
        maybe=(QUALITY.name,),
    )


@plugin.product(
    "isochrone_uncertainties",
    table=TABLE,
    kind="whole",
    needs=_needs,
    method=vf.Method(config_fields=("snr_edges", "giant_logg", "subgiant_logg")),
)
def isochrone_uncertainties(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Median uncertainty of distance, A_V, mass and age in bins of S/N, as in figure A1 of the paper."""
    import numpy as np

    config, estimates, observed = context.config, inputs["bayes_isochrone"], inputs["isochrone_observables"]
    place = observed.match("source_id", estimates["source_id"])
    logg, snr = (np.where(place >= 0, observed[n][place], np.nan) for n in ("logg", QUALITY.name))
    giant = logg < config.giant_logg
    groups = {"all": np.ones(len(logg), bool), "giants": giant, "subgiants": giant & (logg > config.subgiant_logg)}
    rows: dict[str, list[Any]] = {c.name: [] for c in TABLE.columns}
    for quantity in QUANTITIES:
        error = estimates[f"{quantity}_error"].astype(np.float64)
        error = error if quantity == ABSOLUTE else error / estimates[quantity]
        for stars, chosen in groups.items():
            if quantity in EVOLVED and stars == "all":
                continue
            for low, high in zip(config.snr_edges[:-1], config.snr_edges[1:], strict=True):
                found = error[chosen & (snr >= low) & (snr < high) & np.isfinite(error)]
                if len(found):
                    spread = np.percentile(found, [50, 16, 84])
                    for name, value in zip(rows, (quantity, stars, low, high, len(found), *spread), strict=True):
                        rows[name].append(value)
    return rows
