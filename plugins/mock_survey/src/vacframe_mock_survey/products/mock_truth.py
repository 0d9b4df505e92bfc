"""Product `mock_truth`: the stars of the mock survey and everything that is true of them."""

from __future__ import annotations

import vacframe as vf
from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS, MOCK_TRUTH
from vacframe_mock_survey.config import MockSurveyConfig
from vacframe_mock_survey.registry import plugin


def shards(config: MockSurveyConfig) -> vf.Files:
    """Return the shards in which the stars are drawn."""
    return vf.Files(shards=-(-config.stars // config.shard_size))


@plugin.product(
    "mock_truth",
    table=MOCK_TRUTH,
    kind="source",
    needs=[vf.all_rows("isochrones", ISOCHRONE_COLUMNS)],
    method=vf.Method(libraries=("healpy", "gaiadr3-zeropoint")),
    files=shards,
)
def mock_truth(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stars of the mock survey with their true parameters, positions, motions and magnitudes."""
    from vacframe_mock_survey.method.stars.drawing import draw_shards

    stars, file = draw_shards(inputs, context)
    counts = {name: int((stars["population"] == name).sum()) for name in ("gse", "sagittarius", "cluster")}
    counts |= {"giants": int(stars["is_giant"].sum()), "binaries": int(stars["is_binary"].sum())}
    row = stars.pop("star") % context.config.shard_size
    return vf.Result(table={**stars, "_file": file, "_row": row}, counts=counts)
