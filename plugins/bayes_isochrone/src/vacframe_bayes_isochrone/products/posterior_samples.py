"""Product `posterior_samples`: draws from the posterior of chosen stars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import HEAD, QUALITY, QUANTITIES
from vacframe_bayes_isochrone.needs import FIT_FIELDS, observed_columns, prior_needs
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _schema(config: BayesIsochroneConfig) -> vf.TableSchema:
    drawn = {**QUANTITIES, "mh": ("Metallicity [M/H]", "dex", "phys.abund.Z")}
    samples = [
        vf.column(f"{name}_samples", "float32", text, unit=unit, ucd=ucd, length=config.samples)
        for name, (text, unit, ucd) in drawn.items()
    ]
    return vf.TableSchema(
        description="Equally probable draws from the posterior of each star; draw i is one model in all columns",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(*HEAD, *samples),
    )


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    where = config.samples_where or None
    yield vf.same("isochrone_observables", observed_columns(config), maybe=[QUALITY], where=where)
    yield from prior_needs(config)


@plugin.product(
    "posterior_samples",
    table=_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=400_000),
    method=vf.Method(libraries=("numpy", "numba"), config_fields=(*FIT_FIELDS, "samples", "samples_where")),
)
def posterior_samples(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Draws from the posterior of distance, A_V, mass, age and [M/H] of the stars that `samples_where` chooses."""
    from vacframe_bayes_isochrone.method.star_posteriors import sample

    stars = inputs["isochrone_observables"]
    return sample(stars, inputs["isochrone_grid"], inputs, context.config, context.rng(stars["source_id"]))
