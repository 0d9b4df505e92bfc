"""Product `bayes_isochrone`: distance, extinction, mass and age of each star.

Its columns are `vacframe_bayes_isochrone.columns.estimates_schema`, which other products share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import vacframe as vf
from vacframe_bayes_isochrone.columns import estimates_schema
from vacframe_bayes_isochrone.needs import FIT_FIELDS, observed_columns, prior_needs
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    yield vf.same("isochrone_observables", [c for c in observed_columns(config) if c.name != "source_id"])
    yield from prior_needs(config)


@plugin.product(
    "bayes_isochrone",
    table=estimates_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=4000),
    method=vf.Method(libraries=("numpy", "numba"), config_fields=(*FIT_FIELDS, "percentiles")),
)
def bayes_isochrone(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Distance, extinction, mass and age of each star, with errors, percentiles if wanted, quality and flags."""
    from vacframe_bayes_isochrone.method.posterior_estimates import count_flags, estimate

    table = estimate(inputs["isochrone_observables"], inputs["isochrone_grid"], inputs, context.config)
    return vf.Result(table=table, counts=count_flags(table["flag"]))
