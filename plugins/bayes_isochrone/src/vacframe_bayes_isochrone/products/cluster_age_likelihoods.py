"""Product `cluster_age_likelihoods`: what each member of a cluster says of its age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS
from vacframe_bayes_isochrone.age_grid import age_nodes
from vacframe_bayes_isochrone.columns import _CLUSTER, _REFERENCE, HEAD, QUALITY, component_names, observables_schema
from vacframe_bayes_isochrone.products.bayes_isochrone import FIT_FIELDS, prior_needs
from vacframe_bayes_isochrone.registry import plugin


def likelihoods_schema(config: Any) -> vf.TableSchema:
    """Return the schema of `cluster_age_likelihoods`: component after component, an age each."""
    length = len(age_nodes(config)) * max(len(component_names(config)), 1)
    text = "Likelihood of each component and age of the grid, 1 on average over the prior"
    return vf.TableSchema(
        description="What each member of a cluster says of its age, the prior in age divided out",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(
            *HEAD,
            _CLUSTER,
            _REFERENCE,
            observables_schema(config)["logg"],
            vf.column("likelihood", "float32", text, length=length, ucd="stat.likelihood"),
        ),
    )


def _likelihood_needs(config: Any) -> Iterator[vf.Need]:
    yield vf.same("isochrone_observables", [c for c in observables_schema(config).columns if c.name != QUALITY.name])
    yield vf.by_key("cluster_members", [CLUSTER_MEMBERS[n] for n in ("source_id", "cluster", "age")], on="source_id")
    yield from prior_needs(config)


@plugin.product(
    "cluster_age_likelihoods",
    table=likelihoods_schema,
    needs=_likelihood_needs,
    method=vf.Method(libraries=("numpy", "numba"), config_fields=FIT_FIELDS),
)
def cluster_age_likelihoods(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Likelihood of each age of the grid for the stars of `cluster_members`."""
    import numpy as np

    from vacframe_bayes_isochrone.method.sampling import age_likelihoods

    members = inputs["cluster_members"]
    place = members.match("source_id", inputs["isochrone_observables"]["source_id"])
    stars, place = inputs["isochrone_observables"].take(place >= 0), place[place >= 0]
    found = age_likelihoods(stars, inputs["isochrone_grid"], inputs, context.config)
    table: dict[str, Any] = {name: stars[name] for name in ("source_id", "ra", "dec", "logg")}
    table |= {"cluster": members["cluster"][place], "age_reference": members["age"][place]}
    return table | {"likelihood": found.reshape(len(place), found.shape[1] * found.shape[2]).astype(np.float32)}
