"""Product `mock_truth`: the stars of the mock survey and everything that is true of them."""

from __future__ import annotations

import vacframe as vf
from vacframe import Position, TableSchema
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS, STAR_COLUMNS
from vacframe_mock_survey.registry import plugin, shards

MOCK_TRUTH = TableSchema(
    description="The stars of a mock survey: what is true of them",
    key="source_id",
    position=Position(epoch=GAIA_EPOCH),
    columns=STAR_COLUMNS,
)


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
    from vacframe_mock_survey.method.drawing.stars import draw_shards, rows_within

    drawn = [file.shard for file in inputs.files]
    stars, file = draw_shards(drawn, inputs["isochrones"], context.config, context.seed)
    del stars["star"]
    counts = {name: int((stars["population"] == name).sum()) for name in ("gse", "sagittarius", "cluster")}
    counts |= {"giants": int(stars["is_giant"].sum()), "binaries": int(stars["is_binary"].sum())}
    return vf.Result(table={**stars, "_file": file, "_row": rows_within(file)}, counts=counts)
