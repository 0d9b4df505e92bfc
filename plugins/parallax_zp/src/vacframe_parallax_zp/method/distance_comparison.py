"""Comparison of two distances of the same stars, as parallaxes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from vacframe import Batch
from vacframe_parallax_zp.columns import PARALLAX_ZP_CHECK
from vacframe_parallax_zp.method.giant_selection import one_per_star, parallax_of
from vacframe_parallax_zp.method.statistics import describe


def compare_distances(inputs: Mapping[str, Batch], context: Any) -> dict[str, list[Any]]:
    """Return the columns of `parallax_zp_check`: all common stars first, then bins in the second parallax."""
    config = context.config
    if config.second_distances is None:
        context.logger.warning("no second distances: set plugins.parallax_zp.second_distances")
        return {name: [] for name in PARALLAX_ZP_CHECK.names}
    giants, second = inputs["zp_giants"], inputs[config.second_distances.product]
    giants = giants.take(one_per_star(giants))
    rows = second.match(config.second_distances.key, giants[config.second_distances.key])
    both = giants.take(rows >= 0)
    reference, _ = parallax_of(second.take(rows[rows >= 0]), config.second_distances)
    difference = 1e3 * (both["parallax_giant"] - reference)
    known = np.isfinite(difference)
    difference, reference = difference[known], reference[known]
    samples = np.arange(config.bootstraps)
    edges = config.check.edges
    bins = [(-np.inf, np.inf), *pairwise(edges), (edges[-1], np.inf)]
    table = []
    for number, (low, high) in enumerate(bins):
        inside = (reference >= low) & (reference < high)
        found = describe(difference[inside], config.global_fit, context.rng(samples, f"bin {number}").uniform)
        some = found.n > 0
        table.append(
            {
                "low": low if np.isfinite(low) else np.nan,
                "high": high if np.isfinite(high) else np.nan,
                "n": found.n,
                "parallax": float(np.median(reference[inside])) if some else np.nan,
                "offset": found.median,
                "offset_error": found.median_error,
                "scatter": found.scatter,
                "std": found.sigma,
                "relative": float(np.median(1e-3 * difference[inside] / reference[inside])) if some else np.nan,
                "distances": config.distances.product,
                "second_distances": config.second_distances.product,
                "circularity": config.second_distances.circularity,
            }
        )
    return {name: [row[name] for row in table] for name in table[0]}
