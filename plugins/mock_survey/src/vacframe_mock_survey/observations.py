"""Product `mock_observations`: what was true of each star at each LAMOST visit."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_mock_survey.registry import plugin
from vacframe_mock_survey.schema import ISOCHRONE_COLUMNS, MOCK_OBSERVATIONS
from vacframe_mock_survey.truth import shards


@plugin.product(
    "mock_observations",
    table=MOCK_OBSERVATIONS,
    kind="source",
    needs=[vf.all_rows("isochrones", ISOCHRONE_COLUMNS)],
    method=vf.Method(libraries=("healpy", "gaiadr3-zeropoint")),
    files=shards,
)
def mock_observations(inputs: Any, context: Any) -> vf.Result:
    """Visits of the mock survey to its stars, with the truth at each: positions at J2000, dates, velocities, S/N."""
    import numpy as np

    from vacframe_mock_survey.stars import draw_shards
    from vacframe_mock_survey.visits import observe

    stars, file = draw_shards(inputs, context)
    visits, star = observe(stars, context.config, context.seed)
    row = np.arange(len(star)) - np.searchsorted(file[star], file[star])
    return vf.Result(
        table={**visits, "_file": file[star], "_row": row}, counts={"repeats": int((visits["visit"] > 0).sum())}
    )
