"""Labels, magnitudes and parallaxes of stars, joined by Gaia source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.columns import GAIA_BANDS, LABELS, PARALLAX_COLUMNS, QUALITY

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def label_rows(inputs: vf.Inputs, config: BayesIsochroneConfig) -> vf.Result:
    """Return the rows of `isochrone_labels`: the labels' own, with the Gaia source that each is of."""
    rows = inputs[config.labels]
    table: dict[str, Any] = {name: rows[column] for name, column in config.label_columns.names().items()}
    quality = config.label_columns.quality
    table["quality"] = rows[quality] if quality else np.zeros(len(rows), np.float32)
    counts = {}
    if config.labels_key == "obsid":
        matches = inputs["crossmatch"]
        table["source_id"] = np.ma.masked_array(matches["source_id"], matches.mask("source_id"))
        counts["observations without a Gaia source"] = int(matches.mask("source_id").sum())
    return vf.Result(table=table, counts=counts)


def join_observables(inputs: vf.Inputs, config: BayesIsochroneConfig) -> vf.Result:
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
    parallaxes = inputs[config.parallax]
    table["parallax"] = parallaxes.at(value, "source_id", keys)
    table["parallax_error"] = gaia["parallax_error"][rows] if error is None else parallaxes.at(error, "source_id", keys)
    return vf.Result(table=table, counts={"further observations of the same star": len(labels) - len(best)})


def best_rows(keys: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Return the row of highest quality of each key, ascending; of equals, and without any quality, the first."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((np.arange(len(keys)), -np.nan_to_num(quality, nan=-np.inf), keys))
    first = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1) != 0)
    return np.sort(order[first])
