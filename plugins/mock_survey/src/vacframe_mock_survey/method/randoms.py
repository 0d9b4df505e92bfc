"""Random numbers of the stars: one source for all products, so that each sees the same stars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vacframe import RowRandom, text_seed

Random = Callable[[np.ndarray, str], RowRandom]
"""Random numbers of rows by their keys and the name of a stream, as `vacframe.Context.rng` gives them."""


def star_random(seed: int, keys: np.ndarray, stream: str) -> RowRandom:
    """Return random numbers that depend on the build's seed, the stream and each key, and on no product."""
    return RowRandom(np.asarray(keys), text_seed(seed, "mock_survey", stream))
