"""Colours of stars, the control stars, and the reddening of a table of stars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import vacframe as vf
from vacframe import Batch
from vacframe.astro.extinction import coefficient
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.method.magnitudes import read_magnitudes
from vacframe_nn_labels.method.pair_reddening import Controls, PairLimits, pair_reddening
from vacframe_nn_labels.pair_columns import LABELS, colour_name


def reddening_coefficients(colours: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return E(colour) / E(B-V), SFD scale, of each colour."""
    return np.array([coefficient(blue) - coefficient(red) for blue, red in colours])


def read_colours(
    inputs: Mapping[str, Any], source_id: np.ndarray, colours: Sequence[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return observed colours of n sources and their errors, float64 of shape (n, k), NaN where there is none."""
    bands = tuple(dict.fromkeys(band for colour in colours for band in colour))
    magnitudes, errors = read_magnitudes(inputs, source_id, bands)
    blue, red = ([bands.index(colour[side]) for colour in colours] for side in (0, 1))
    values = magnitudes[:, blue] - magnitudes[:, red]
    error = np.hypot(errors[:, blue], errors[:, red])
    known = np.isfinite(values) & np.isfinite(error)
    return np.where(known, values, np.nan), np.where(known, error, np.nan)


def choose_controls(inputs: Mapping[str, Any], config: NnLabelsConfig) -> vf.Result:
    """Return the rows of `star_pair_controls`: the stars that pass every cut, with at least one colour."""
    options, names = config.star_pairs, config.pair_labels
    assert names is not None
    stars = inputs["nn_estimates"]
    longitude, latitude = galactic(stars["ra"], stars["dec"])
    ebv = reddening_at(inputs["reddening_map"], longitude, latitude)
    chosen = ~stars.mask("source_id") & (stars["snr_g"] >= options.minimum_snr)
    chosen &= (np.abs(latitude) >= options.minimum_latitude) & (ebv < options.maximum_ebv)
    for name in names:
        chosen &= np.isfinite(stars[name]) & (stars[f"flag_{name}"] == 0)
    rows = np.flatnonzero(chosen)
    colours, errors = read_colours(inputs, stars["source_id"][rows], options.colours)
    known = errors < options.maximum_colour_error
    colours = np.where(known, colours - ebv[rows, None] * reddening_coefficients(options.colours), np.nan)
    kept = known.any(axis=1)
    rows = rows[kept]
    table: dict[str, Any] = {n: stars[n][rows] for n in ("obsid", "ra", "dec", "source_id", "snr_g")}
    table |= {label: stars[name][rows] for label, name in zip(LABELS, names, strict=True)}
    for number, colour in enumerate(options.colours):
        name = colour_name(colour)
        table[name] = colours[kept, number].astype(np.float32)
        table[f"{name}_error"] = np.where(known[kept, number], errors[kept, number], np.nan).astype(np.float32)
    return vf.Result(table, counts={"spectra": len(stars), "controls": len(rows)})


def star_pair_reddening(inputs: Mapping[str, Any], config: NnLabelsConfig) -> vf.Result:
    """Return the rows of `star_pair_extinction`."""
    import pyarrow as pa

    options, names = config.star_pairs, config.pair_labels
    assert names is not None
    stars = inputs["nn_estimates"]
    matched = ~stars.mask("source_id")
    source_id = np.where(matched, stars["source_id"], -1)
    colours, errors = read_colours(inputs, source_id, options.colours)
    labels = np.stack([stars[name] for name in names], axis=1).astype(np.float64)
    controls = Controls.of(*control_arrays(inputs["star_pair_controls"], config), limits=pair_limits(config))
    found = pair_reddening(
        labels, source_id, colours, errors, controls, reddening_coefficients(options.colours), pair_limits(config)
    )
    known = np.isfinite(found.ebv)
    table = {
        "snr_g": stars["snr_g"],
        "source_id": pa.array(source_id, mask=~matched),
        "ebv": found.ebv.astype(np.float32),
        "ebv_error": found.error.astype(np.float32),
        "ebv_pairs": found.pairs.astype(np.int32),
        "ebv_colours": found.colours.astype(np.int8),
    }
    return vf.Result(table, counts={"with ebv": int(known.sum()), "without": int((~known).sum())})


def pair_limits(config: NnLabelsConfig) -> PairLimits:
    """Return how far apart the labels of a pair may be."""
    options = config.star_pairs
    return PairLimits(options.teff_width, options.logg_width, options.feh_width, options.minimum_pairs)


def control_arrays(table: Batch, config: NnLabelsConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, sources, colours and their errors of the control stars, once each: its best spectrum."""
    order = np.lexsort((table["obsid"], -table["snr_g"].astype(np.float64), table["source_id"]))
    source_id = table["source_id"][order]
    first = np.append(True, source_id[1:] != source_id[:-1])[: len(order)]
    order = order[first]
    names = [colour_name(colour) for colour in config.star_pairs.colours]
    labels, colours, errors = (
        np.stack([table[n][order] for n in columns], axis=1).astype(np.float64)
        for columns in (list(LABELS), names, [f"{n}_error" for n in names])
    )
    return labels, table["source_id"][order], colours, errors
