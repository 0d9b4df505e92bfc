"""Product `isochrone_uncertainties`: how certain estimates are at each S/N (Wang J. et al. 2023, figure A1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import QUALITY, QUANTITIES, estimates_schema, observables_schema
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

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


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    estimates, observed = estimates_schema(config), observables_schema(config)
    wanted = ["source_id", *(f"{n}{s}" for n in QUANTITIES for s in ("", "_error"))]
    yield vf.all_rows("bayes_isochrone", [estimates[n] for n in wanted])
    yield vf.all_rows("isochrone_observables", [observed["source_id"], observed["logg"]], maybe=[QUALITY])


@plugin.product(
    "isochrone_uncertainties",
    table=TABLE,
    kind="whole",
    needs=_needs,
    method=vf.Method(config_fields=("snr_edges", "giant_logg", "subgiant_logg")),
)
def isochrone_uncertainties(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Median uncertainty of distance, A_V, mass and age in bins of S/N, as in figure A1 of the paper."""
    from vacframe_bayes_isochrone.method.uncertainties import uncertainties_by_snr

    return uncertainties_by_snr(inputs["bayes_isochrone"], inputs["isochrone_observables"], context.config)
