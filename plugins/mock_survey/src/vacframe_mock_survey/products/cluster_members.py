"""Product `cluster_members`: members of star clusters, to validate against."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "cluster_members",
    table=CLUSTER_MEMBERS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "cluster"], where="population == 'cluster'")],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=()),
)
def cluster_members(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Mock members of star clusters, with the literature's age, metallicity and distance."""
    from vacframe_mock_survey.method.galaxy.clusters import members

    return members(inputs["mock_truth"], context.rng)
