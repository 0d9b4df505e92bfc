"""The columns that `nn_labels` has beyond the networks' estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import vacframe as vf
from vacframe import Batch
from vacframe.astro.extinction import coefficient
from vacframe.astro.galactocentric import galactocentric
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.method.magnitudes import MODULUS_PER_LN, read_magnitudes


def complete_catalogue(inputs: Mapping[str, Any], config: NnLabelsConfig) -> vf.Result:
    """Return the rows of `nn_labels`."""
    stars = inputs["nn_estimates"]
    table: dict[str, Any] = {name: stars.arrow[name] for name in stars.columns}
    if config.pair_labels is None:
        return vf.Result(table)
    extinction = inputs["star_pair_extinction"]
    rows = extinction.match("obsid", stars["obsid"])
    for name in ("ebv", "ebv_error"):
        table[name] = np.where(rows >= 0, extinction[name][rows], np.nan) if len(extinction) else _missing(stars)
    table["uqflag"] = best_spectra(stars, extinction)
    if config.distance_magnitude is not None:
        table |= distances(stars, table["ebv"], table["ebv_error"], inputs, config)
    return vf.Result(table)


def best_spectra(stars: Batch, all_spectra: Batch) -> np.ndarray:
    """Return 1 for the spectrum of a star that has the highest snr_g, the smaller obsid of equals; int8, shape (n,).

    Parameters
    ----------
    stars : Batch
        obsid and source_id (null: the spectrum counts as the only one of its star) of n spectra.
    all_spectra : Batch
        obsid, source_id and snr_g of every spectrum of the same stars.
    """
    snr = np.nan_to_num(all_spectra["snr_g"].astype(np.float64), nan=-np.inf)
    order = np.lexsort((all_spectra["obsid"], -snr, all_spectra["source_id"]))
    source_id = all_spectra["source_id"][order]
    first = np.append(True, source_id[1:] != source_id[:-1])[: len(order)]
    best = all_spectra["obsid"][order[first]]
    return (np.isin(stars["obsid"], best) | stars.mask("source_id")).astype(np.int8)


def distances(
    stars: Batch, ebv: np.ndarray, ebv_error: np.ndarray, inputs: Mapping[str, Any], config: NnLabelsConfig
) -> dict[str, np.ndarray]:
    """Return distances by the distance modulus in Ks, and the positions that follow, with errors (section 6).

    d = 10^((Ks - A_Ks - M_Ks + 5) / 5) pc; the errors of the three terms are independent.
    """
    name = config.distance_magnitude
    assert name is not None
    source_id = np.where(stars.mask("source_id"), -1, stars["source_id"])
    apparent, apparent_error = (v[:, 0] for v in read_magnitudes(inputs, source_id, ["ks"]))
    reddening = coefficient("ks")
    distance = 10.0 ** (0.2 * (apparent - reddening * ebv - stars[name]) - 2.0)
    modulus_error = np.sqrt(apparent_error**2 + (reddening * ebv_error) ** 2 + stars[f"err_{name}"] ** 2)
    error = distance * modulus_error / MODULUS_PER_LN
    flag = (stars[f"flag_{name}"] != 0) | ~np.isfinite(distance)
    table = {"distance": distance, "distance_error": error}
    options = config.distances
    position, direction = galactocentric(stars["ra"], stars["dec"], distance, options.r_sun, options.z_sun)
    for axis, value, along in zip("xyz", position, direction, strict=True):
        table |= {axis: value, f"{axis}_error": np.abs(along) * error}
    return {n: v.astype(np.float32) for n, v in table.items()} | {"flag_distance": flag.astype(np.int8)}


def _missing(stars: Batch) -> np.ndarray:
    return np.full(len(stars), np.nan, dtype=np.float32)
