"""Product `mock_truth`: the stars of the mock survey and everything that is true of them."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_mock_survey.registry import MockSurveyConfig, plugin
from vacframe_mock_survey.schema import MOCK_TRUTH

_ISOCHRONE_COLUMNS = (
    "mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "phase", "imf_weight",
    "mag_g", "mag_bp", "mag_rp", "mag_j", "mag_h", "mag_ks",
)  # fmt: skip


def _shards(config: MockSurveyConfig) -> int:
    return -(-config.stars // config.shard_size)


@plugin.product(
    "mock_truth",
    table=MOCK_TRUTH,
    kind="source",
    shards=_shards,
    needs=[vf.all_rows("isochrones", _ISOCHRONE_COLUMNS)],
    libraries=("healpy",),
)
def mock_truth(inputs: Any, context: Any) -> vf.Result:
    """Stars of the mock survey with their true parameters, positions, motions and magnitudes."""
    import numpy as np

    from vacframe_mock_survey.stars import draw_stars
    from vacframe_mock_survey.tracks import Tracks

    config = context.config
    tracks = Tracks(inputs["isochrones"])
    parts = []
    for number, file in enumerate(inputs.files):
        first = file.shard * config.shard_size
        index = np.arange(first, min(first + config.shard_size, config.stars), dtype=np.int64)
        stars = draw_stars(index, tracks, config, context.rng)
        stars["_file"] = np.full(len(index), number)
        stars["_row"] = np.arange(len(index))
        parts.append(stars)
    table = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return vf.Result(table=table, counts={"giants": int(table["is_giant"].sum())})
