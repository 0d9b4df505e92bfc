"""Products to validate against: `asteroseismic_labels`, `cluster_members`, `geometric_distances`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.labels import ASTEROSEISMIC_LABELS, CLUSTER_MEMBERS
from vacframe.schemas.photometry import GEOMETRIC_DISTANCES
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "asteroseismic_labels",
    table=ASTEROSEISMIC_LABELS,
    needs=[
        vf.same(
            "mock_truth",
            ["source_id", "ra", "dec", "teff", "logg", "feh", "mass", "log_age", "phase", "mag_g"],
        )
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=("seismic_fraction",)),
)
def asteroseismic_labels(inputs: Any, context: Any) -> vf.Result:
    """Mock seismic masses, ages and gravities of bright giants."""
    from vacframe_mock_survey.seismic import asteroseismic

    table, rows = asteroseismic(inputs["mock_truth"], context.config, context.rng)
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})


@plugin.product(
    "cluster_members",
    table=CLUSTER_MEMBERS,
    needs=[vf.same("mock_truth", ["source_id", "ra", "dec", "cluster"], where="population == 'cluster'")],
    row_wise=True,
    resources=vf.Resources(row_bytes=500),
    method=vf.Method(config_fields=()),
)
def cluster_members(inputs: Any, context: Any) -> dict[str, Any]:
    """Mock members of star clusters, with the literature's age, metallicity and distance."""
    from vacframe_mock_survey.clusters import members

    return members(inputs["mock_truth"], context.rng)


@plugin.product(
    "geometric_distances",
    table=GEOMETRIC_DISTANCES,
    needs=[
        vf.same("gaia_sources", ["parallax", "parallax_error"]),
        vf.same("mock_truth", ["zero_point_l21"]),
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=8 * 8 * 400),
    method=vf.Method(config_fields=("distance_prior_kpc",)),
)
def geometric_distances(inputs: Any, context: Any) -> dict[str, Any]:
    """Mock distances from parallaxes and a prior; null without a parallax."""
    from vacframe_mock_survey.distances import observe_distances

    return observe_distances(inputs["gaia_sources"], inputs["mock_truth"], context.config)
