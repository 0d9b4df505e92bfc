"""Products `cluster_age_likelihoods` and `isochrone_clusters`: one age for all members of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS
from vacframe_bayes_isochrone.ages import age_nodes
from vacframe_bayes_isochrone.columns import HEAD, QUALITY, component_names, observables_schema
from vacframe_bayes_isochrone.estimates import FIT_FIELDS, prior_needs
from vacframe_bayes_isochrone.registry import plugin

_CLUSTER = vf.column("cluster", "string", "Name of the cluster", ucd="meta.id.parent")
_REFERENCE = vf.column("age_reference", "float32", "Literature age of the cluster", unit="Gyr", ucd="time.age")


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
def cluster_age_likelihoods(inputs: Any, context: Any) -> dict[str, Any]:
    """Likelihood of each age of the grid for the stars of `cluster_members`."""
    import numpy as np

    from vacframe_bayes_isochrone.sampling import age_likelihoods

    members = inputs["cluster_members"]
    place = members.match("source_id", inputs["isochrone_observables"]["source_id"])
    stars, place = inputs["isochrone_observables"].take(place >= 0), place[place >= 0]
    found = age_likelihoods(stars, inputs["isochrone_grid"], inputs, context.config)
    table: dict[str, Any] = {name: stars[name] for name in ("source_id", "ra", "dec", "logg")}
    table |= {"cluster": members["cluster"][place], "age_reference": members["age"][place]}
    return table | {"likelihood": found.reshape(len(place), found.shape[1] * found.shape[2]).astype(np.float32)}


_CLUSTERS = vf.TableSchema(
    description="Ages of star clusters from all their evolved members together",
    columns=(
        _CLUSTER,
        vf.column("n", "int64", "Members with log g below giant_logg and an estimate", ucd="meta.number"),
        vf.column("n_agree", "float64", "How many of them are of the cluster's age, expected", ucd="meta.number"),
        vf.column("age", "float64", "Age: mean of the posterior", unit="Gyr", ucd="time.age;stat.mean"),
        vf.column("age_error", "float64", "Age: standard deviation", unit="Gyr", ucd="stat.stdev;time.age"),
        *(vf.column(f"age_{p}", "float64", f"Age: {p}th percentile", unit="Gyr", ucd="time.age") for p in (16, 50, 84)),
        _REFERENCE,
    ),
)


@plugin.product(
    "isochrone_clusters",
    table=_CLUSTERS,
    kind="whole",
    needs=[vf.all_rows("cluster_age_likelihoods", ["source_id", "cluster", "age_reference", "logg", "likelihood"])],
    method=vf.Method(
        config_fields=(
            "giant_logg",
            "cluster_outliers",
            "age_min",
            "age_max",
            "age_step",
            "age_turn",
            "components",
            "prior",
        )
    ),
)
def isochrone_clusters(inputs: Any, context: Any) -> dict[str, Any]:
    """Ages of clusters: the product of their evolved members' age likelihoods, some of which may be outliers."""
    from vacframe_bayes_isochrone.cluster_ages import combine_members

    return combine_members(inputs["cluster_age_likelihoods"], context.config)
