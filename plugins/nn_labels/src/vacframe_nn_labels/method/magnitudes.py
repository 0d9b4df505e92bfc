"""Magnitudes of stars in the bands of several surveys, and absolute magnitudes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import vacframe as vf
from vacframe.astro.extinction import coefficient
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at
from vacframe_nn_labels.bands import SURVEYS, band_column
from vacframe_nn_labels.photometry_options import AbsoluteMagnitudes

MODULUS_PER_LN = 5.0 / np.log(10.0)
"""Change of the distance modulus, mag, with the logarithm of the distance."""


def read_magnitudes(
    inputs: Mapping[str, Any], source_id: np.ndarray, bands: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return magnitudes and errors of n sources in b bands, float64 of shape (n, b), NaN where there is none.

    Parameters
    ----------
    inputs : mapping
        `gaia_sources` and `photometry`, as far as the bands need them.
    source_id : ndarray of int64, shape (n,)
    bands : sequence of str
    """
    values, errors = (np.full((len(source_id), len(bands)), np.nan) for _ in range(2))
    for number, band in enumerate(bands):
        product, column = band_column(band)
        values[:, number] = inputs[product].at(column, "source_id", source_id)
        errors[:, number] = inputs[product].at(f"{column}_error", "source_id", source_id)
    return values, errors


def label_magnitudes(inputs: Mapping[str, Any], options: AbsoluteMagnitudes) -> vf.Result:
    """Return the rows of `absolute_magnitude_labels`: the stars that pass every cut, with at least one band."""
    gaia = inputs["gaia_sources"]
    distance, distance_error = _distances(inputs, options.distances)
    longitude, latitude = galactic(gaia["ra"], gaia["dec"])
    ebv = reddening_at(inputs["reddening_map"], longitude, latitude)
    passed = np.ones(len(gaia), dtype=bool)
    counts = {"sources": len(gaia)}
    for name, cut in (
        ("distance", (distance > 0) & (distance < options.maximum_distance)),
        ("distance error", distance_error < options.maximum_distance_error * distance),
        ("latitude", np.abs(latitude) >= options.minimum_latitude),
        ("reddening", ebv <= options.maximum_ebv),
    ):
        passed &= cut
        counts[f"after {name}"] = int(passed.sum())
    chosen = np.flatnonzero(passed)
    bands = tuple(options.bands.values())
    apparent, errors = read_magnitudes(inputs, gaia["source_id"][chosen], bands)
    distance, distance_error, ebv = distance[chosen], distance_error[chosen], ebv[chosen]
    modulus = 5.0 * np.log10(distance) + 10.0
    limits = np.array([options.maximum_magnitude_error.get(SURVEYS[band], np.inf) for band in bands])
    reddening = np.array([coefficient(band) for band in bands])
    absolute = np.where(errors < limits, apparent - ebv[:, None] * reddening - modulus[:, None], np.nan)
    error = np.hypot(errors, (MODULUS_PER_LN * distance_error / distance)[:, None])
    known = np.isfinite(absolute)
    kept = known.any(axis=1)
    counts |= {"with a magnitude": int(kept.sum()), "with every magnitude": int(known.all(axis=1).sum())}
    table: dict[str, Any] = {n: gaia[n][chosen[kept]] for n in ("source_id", "ra", "dec")}
    table |= {"distance": distance[kept], "distance_error": distance_error[kept], "ebv": ebv[kept]}
    for number, label in enumerate(options.bands):
        table[label] = absolute[kept, number]
        table[f"{label}_error"] = np.where(known[kept, number], error[kept, number], np.nan)
    single = {n: v if n in ("source_id", "ra", "dec") else v.astype(np.float32) for n, v in table.items()}
    return vf.Result(single, counts=counts)


def _distances(inputs: Mapping[str, Any], product: str) -> tuple[np.ndarray, np.ndarray]:
    """Return distances of the Gaia sources and their errors, kpc."""
    gaia = inputs["gaia_sources"]
    source_id = gaia["source_id"]
    if product == "geometric_distances":
        middle, low, high = (inputs[product].at(f"r_{n}_geo", "source_id", source_id) for n in ("med", "lo", "hi"))
        return 1e-3 * middle, 5e-4 * (high - low)
    if product == "gaia_sources":
        parallax = gaia["parallax"]
    else:
        parallax = inputs[product].at("parallax_corrected", "source_id", source_id)
    distance = 1.0 / np.where(parallax > 0, parallax, np.nan)
    return distance, gaia["parallax_error"] * distance**2
