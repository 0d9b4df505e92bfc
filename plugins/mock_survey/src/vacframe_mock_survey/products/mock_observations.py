"""Product `mock_observations`: what was true of each star at each LAMOST visit."""

from __future__ import annotations

import vacframe as vf
from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS, MOCK_OBSERVATIONS
from vacframe_mock_survey.products.mock_truth import shards
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "mock_observations",
    table=MOCK_OBSERVATIONS,
    kind="source",
    needs=[vf.all_rows("isochrones", ISOCHRONE_COLUMNS)],
    method=vf.Method(libraries=("healpy", "gaiadr3-zeropoint")),
    files=shards,
)
def mock_observations(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Visits of the mock survey to its stars, with the truth at each: positions at J2000, dates, velocities, S/N."""
    import numpy as np

    from vacframe_mock_survey.method.measurements.visits import observe
    from vacframe_mock_survey.method.stars.drawing import draw_shards

    stars, file = draw_shards(inputs, context)
    visits, star = observe(stars, context.config, context.seed)
    row = np.arange(len(star)) - np.searchsorted(file[star], file[star])
    return vf.Result(
        table={**visits, "_file": file[star], "_row": row}, counts={"repeats": int((visits["visit"] > 0).sum())}
    )
