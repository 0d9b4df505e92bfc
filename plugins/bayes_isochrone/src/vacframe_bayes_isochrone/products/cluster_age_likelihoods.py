"""Product `cluster_age_likelihoods`: what each member of a cluster says of its age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS
from vacframe_bayes_isochrone.columns import CLUSTER, CLUSTER_AGE, HEAD, observables_schema
from vacframe_bayes_isochrone.needs import FIT_FIELDS, observed_columns, prior_needs
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _schema(config: BayesIsochroneConfig) -> vf.TableSchema:
    """Return the schema: component after component, an age each."""
    length = len(config.age_nodes) * len(config.chosen_components)
    text = "Likelihood of each component and age of the grid, 1 on average over the prior"
    likelihood = vf.column("likelihood", "float32", text, length=length, ucd="stat.likelihood")
    return vf.TableSchema(
        description="What each member of a cluster says of its age, the prior in age divided out",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(*HEAD, CLUSTER, CLUSTER_AGE, observables_schema(config)["logg"], likelihood),
    )


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    yield vf.same("isochrone_observables", observed_columns(config))
    yield vf.by_key("cluster_members", [CLUSTER_MEMBERS[n] for n in ("source_id", "cluster", "age")], on="source_id")
    yield from prior_needs(config)


@plugin.product(
    "cluster_age_likelihoods",
    table=_schema,
    needs=_needs,
    method=vf.Method(libraries=("numpy", "numba"), config_fields=FIT_FIELDS),
)
def cluster_age_likelihoods(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Likelihood of each age of the grid for the stars of `cluster_members`."""
    from vacframe_bayes_isochrone.method.star_posteriors import member_likelihoods

    return member_likelihoods(inputs, context.config)
