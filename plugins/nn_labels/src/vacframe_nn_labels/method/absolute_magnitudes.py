"""Absolute magnitudes of near, hardly reddened stars: section 3.3 of Wang et al. (2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Inputs, Result
from vacframe.astro.extinction import coefficient
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at
from vacframe_nn_labels.bands import SURVEYS
from vacframe_nn_labels.method.magnitudes import MODULUS_PER_LN, read_magnitudes

if TYPE_CHECKING:
    from vacframe_nn_labels.photometric_options import AbsoluteMagnitudes


def label_magnitudes(inputs: Inputs, options: AbsoluteMagnitudes) -> Result:
    """Return the rows of `absolute_magnitude_labels`: the stars that pass every cut, with at least one band.

    Parameters
    ----------
    inputs : Inputs
        `gaia_sources`, `photometry`, `reddening_map` and the product with the distances.
    options : AbsoluteMagnitudes
        Labels and cuts.
    """
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
    return Result(single, counts=counts)


def _distances(inputs: Inputs, product: str) -> tuple[np.ndarray, np.ndarray]:
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
