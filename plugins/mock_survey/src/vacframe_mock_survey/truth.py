"""Product `mock_truth`: the stars of the mock survey and everything that is true of them."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_mock_survey.registry import MockSurveyConfig, plugin
from vacframe_mock_survey.schema import ISOCHRONE_COLUMNS, MOCK_TRUTH


def _shards(config: MockSurveyConfig) -> int:
    return -(-config.stars // config.shard_size)


@plugin.product(
    "mock_truth",
    table=MOCK_TRUTH,
    kind="source",
    shards=_shards,
    needs=[vf.all_rows("isochrones", ISOCHRONE_COLUMNS)],
    libraries=("healpy",),
)
def mock_truth(inputs: Any, context: Any) -> vf.Result:
    """Stars of the mock survey with their true parameters, positions, motions and magnitudes."""
    import numpy as np

    from vacframe_mock_survey.stars import draw_stars
    from vacframe_mock_survey.tracks import Tracks

    config = context.config
    tracks = Tracks(inputs["isochrones"])
    first = np.array([file.shard * config.shard_size for file in inputs.files], dtype=np.int64)
    count = np.clip(config.stars - first, 0, config.shard_size)
    file = np.repeat(np.arange(len(first)), count)
    row = np.arange(len(file)) - np.repeat(np.cumsum(count) - count, count)
    stars = draw_stars(first[file] + row, tracks, config, context.rng)
    return vf.Result(table={**stars, "_file": file, "_row": row}, counts={"giants": int(stars["is_giant"].sum())})
