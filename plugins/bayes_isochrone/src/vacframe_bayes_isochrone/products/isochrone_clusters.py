"""Product `isochrone_clusters`: one age for all members of a cluster."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import CLUSTER, CLUSTER_AGE
from vacframe_bayes_isochrone.registry import plugin

TABLE = vf.TableSchema(
    description="Ages of star clusters from all their evolved members together",
    columns=(
        CLUSTER,
        vf.column("n", "int64", "Members with log g below giant_logg and an estimate", ucd="meta.number"),
        vf.column("n_agree", "float64", "How many of them are of the cluster's age, expected", ucd="meta.number"),
        vf.column("age", "float64", "Age: mean of the posterior", unit="Gyr", ucd="time.age;stat.mean"),
        vf.column("age_error", "float64", "Age: standard deviation", unit="Gyr", ucd="stat.stdev;time.age"),
        *(vf.column(f"age_{p}", "float64", f"Age: {p}th percentile", unit="Gyr", ucd="time.age") for p in (16, 50, 84)),
        CLUSTER_AGE,
    ),
)
_FIELDS = ("giant_logg", "cluster_outliers", "age_min", "age_max", "age_step", "age_turn", "components", "prior")


@plugin.product(
    "isochrone_clusters",
    table=TABLE,
    kind="whole",
    needs=[vf.all_rows("cluster_age_likelihoods", ["source_id", "cluster", "age_reference", "logg", "likelihood"])],
    method=vf.Method(config_fields=_FIELDS),
)
def isochrone_clusters(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Ages of clusters: the product of their evolved members' age likelihoods, some of which may be outliers."""
    from vacframe_bayes_isochrone.method.cluster_ages import combine_members

    return combine_members(inputs["cluster_age_likelihoods"], context.config)
