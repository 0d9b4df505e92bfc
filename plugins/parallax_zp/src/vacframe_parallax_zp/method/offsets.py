"""Global offsets, and offsets against magnitude, colour and latitude."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from vacframe import Batch
from vacframe.astro.gaussian_fit import fit_gaussians
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.config import Distances
from vacframe_parallax_zp.method.giant_selection import one_per_star
from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX
from vacframe_parallax_zp.method.statistics import describe

SOLUTIONS = {5: FIVE, 6: SIX}


def hidden_fraction(distances: Distances, parallax: float) -> float:
    """Return which part of a zero point common to all stars distances of giants at `parallax` (mas) take over.

    A relation learned from stars at parallax p with an error d has distances wrong by d / p, which is
    d × parallax / p in the giants' parallax (section 2.2 of the paper).
    """
    share = {"independent": 0.0, "training": parallax / distances.training_parallax, "direct": 1.0}
    return share.get(distances.circularity, np.nan)


def global_offsets(stars: Batch, context: Any) -> dict[str, list[Any]]:
    """Return the columns of `parallax_zp_global`.

    Parameters
    ----------
    stars : Batch
        `zp_candidates` that fail no cut but, perhaps, one of the two on the parallax.
    context : Context
        With ``distances``, ``global_fit`` and ``bootstraps``.
    """
    config = context.config
    samples = np.arange(config.bootstraps)
    rows = []
    for name, chosen in _samples(stars):
        part = stars.take(chosen)
        part = part.take(one_per_star(part))
        for solution, code in SOLUTIONS.items():
            members = part["astrometric_params_solved"] == code
            parallax = part["parallax_giant"][members]
            middle = float(np.median(parallax)) if len(parallax) else np.nan
            for correction, column in (("raw", NONCORR), ("corrected", CORR)):
                draws = context.rng(samples, f"{name} {solution} {correction}")
                found = describe(part[column][members], config.global_fit, draws.uniform)
                rows.append(
                    {
                        "solution": solution,
                        "correction": correction,
                        "sample": name,
                        "n": found.n,
                        "offset": found.median,
                        "offset_error": found.median_error,
                        "scatter": found.scatter,
                        "mean": found.mean,
                        "mean_error": found.mean_error,
                        "sigma": found.sigma,
                        "parallax_giant": middle,
                        "distances": config.distances.product,
                        "circularity": config.distances.circularity,
                        "hidden_fraction": hidden_fraction(config.distances, middle),
                    }
                )
    return {name: [row[name] for row in rows] for name in rows[0]}


def _samples(stars: Batch) -> Iterator[tuple[str, np.ndarray]]:
    failed = stars["cuts_failed"]
    yield "giants", (failed == 0) | (failed == 128)
    yield "other_parallax_cut", (failed == 0) | (failed == 2)


def trends(stars: Batch, config: Any) -> dict[str, np.ndarray]:
    """Return the columns of `parallax_zp_trends`.

    Parameters
    ----------
    stars : Batch
        `zp_giants`.
    config : ParallaxZpConfig
        ``trends`` and ``fit``.
    """
    stars = stars.take(one_per_star(stars))
    parts = []
    for solution, code in SOLUTIONS.items():
        part = stars.take(stars["astrometric_params_solved"] == code)
        colour = "nu_eff" if code == FIVE else "pseudocolour"
        for name, values, width in (
            ("phot_g_mean_mag", part["phot_g_mean_mag"], config.trends.magnitude_width),
            (colour, part["colour"], config.trends.colour_width),
            ("sin_ecl_lat", np.sin(np.radians(part["ecl_lat"])), config.trends.latitude_width),
        ):
            parts.append(_trend(part, solution, name, np.asarray(values, dtype=np.float64), width, config))
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def _trend(part: Batch, solution: int, name: str, values: np.ndarray, width: float, config: Any) -> dict[str, Any]:
    edges, bins = adaptive_bins(values, width, config.trends.minimum_stars)
    count = len(edges) - 1
    table: dict[str, Any] = {
        "variable": np.full(count, name, dtype=object),
        "solution": np.full(count, solution, dtype=np.int8),
        "low": edges[:-1],
        "high": edges[1:],
        "middle": np.array([np.median(values[bins == k]) for k in range(count)]),
    }
    for column in (CORR, NONCORR):
        found = fit_gaussians(part[column], bins, count, config.fit.clip, config.fit.iterations)
        table |= {column: found.mean, f"{column}_error": found.mean_error, "n": found.count}
    return table


def adaptive_bins(values: np.ndarray, width: float, minimum: int) -> tuple[np.ndarray, np.ndarray]:
    """Return edges of bins and the bin of each value: equal widths, joined with the next until enough are inside.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN is in no bin (-1).
    width : float
        Width of a bin before joining; edges are multiples of it.
    minimum : int
        Fewest values in a bin; with fewer in all there is no bin.

    Returns
    -------
    edges : ndarray, shape (bins + 1,)
    bin : ndarray of int64, shape (n,)
    """
    known = ~np.isnan(values)
    place = np.full(len(values), -1, dtype=np.int64)
    if known.sum() < minimum:
        return np.empty(1), place
    first = int(np.floor(values[known].min() / width))
    cell = np.floor(values[known] / width).astype(np.int64) - first
    total = np.cumsum(np.bincount(cell))
    ends, done = [], 0
    for k, number in enumerate(total):
        if number - done >= minimum:
            ends.append(k + 1)
            done = number
    ends[-1] = len(total)
    place[known] = np.searchsorted(np.array(ends), cell, side="right")
    return (first + np.array([0, *ends])) * width, place
