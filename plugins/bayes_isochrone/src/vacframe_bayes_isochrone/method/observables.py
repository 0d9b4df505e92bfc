"""Joining labels, magnitudes and parallaxes by Gaia source."""

from __future__ import annotations

from typing import Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.columns import GAIA_BANDS, LABELS, PARALLAX_COLUMNS, QUALITY


def join_observables(inputs: Any, config: Any) -> vf.Result:
    """Return the rows of `isochrone_observables`: the Gaia sources that have labels."""
    gaia, labels = inputs["gaia_sources"], inputs["isochrone_labels"]
    best = best_rows(labels["source_id"], labels["quality"])
    chosen = labels.take(best)
    place = chosen.match("source_id", gaia["source_id"])
    rows = np.flatnonzero(place >= 0)
    keys = gaia["source_id"][rows]
    table: dict[str, Any] = {name: gaia[name][rows] for name in ("source_id", "ra", "dec")}
    table |= {c.name: chosen[c.name][place[rows]] for c in (*LABELS, QUALITY)}
    for band in config.band_names:
        for suffix in ("", "_error"):
            if band in GAIA_BANDS:
                table[band + suffix] = gaia[GAIA_BANDS[band] + suffix][rows]
            else:
                table[band + suffix] = inputs["photometry"].at(band + suffix, "source_id", keys)
    value, error = PARALLAX_COLUMNS[config.parallax]
    if config.parallax == "gaia_sources":
        table["parallax"], table["parallax_error"] = gaia[value][rows], gaia[error][rows]
    else:
        parallaxes = inputs[config.parallax]
        table["parallax"] = parallaxes.at(value, "source_id", keys)
        table["parallax_error"] = (
            gaia["parallax_error"][rows] if error is None else parallaxes.at(error, "source_id", keys)
        )
    return vf.Result(table=table, counts={"further observations of the same star": len(labels) - len(best)})


def best_rows(keys: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Return the row of highest quality of each key, ascending; of equals, and without any quality, the first."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((np.arange(len(keys)), -np.nan_to_num(quality, nan=-np.inf), keys))
    first = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1) != 0)
    return np.sort(order[first])
