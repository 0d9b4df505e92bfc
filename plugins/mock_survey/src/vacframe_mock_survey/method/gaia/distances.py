"""Geometric distances: what a parallax and a prior on distance tell."""

from __future__ import annotations

from typing import Any

import numpy as np

NODES = 400
"""Distances at which the posterior is evaluated."""
_NEAREST, _FARTHEST = 0.003, 60.0
QUANTILES = (0.1587, 0.5, 0.8413)


def geometric(parallax: np.ndarray, error: np.ndarray, length: float) -> dict[str, np.ndarray]:
    """Return ``r_lo_geo``, ``r_med_geo``, ``r_hi_geo`` (pc), NaN without a parallax; shape (n,) each.

    The prior is exponentially decreasing space density, r² exp(−r / length) (Bailer-Jones 2015, PASP 127, 994), in
    place of the direction-dependent one of Bailer-Jones et al. (2021, AJ 161, 147).

    Parameters
    ----------
    parallax, error : ndarray, shape (n,)
        Zero point removed, mas.
    length : float
        Scale length of the prior, kpc.
    """
    # Nodes about each star's own range: from 8 sigma nearer to 8 sigma farther, within the prior's reach.
    near = 1.0 / np.clip(parallax + 8.0 * error, 1.0 / _FARTHEST, 1.0 / _NEAREST)
    far = 1.0 / np.clip(parallax - 8.0 * error, 1.0 / _FARTHEST, 1.0 / _NEAREST)
    far = np.minimum(far, np.maximum(20.0 * length, 2.0 * near))
    grid = np.linspace(0.0, 1.0, NODES)
    r = near[:, None] * (far / near)[:, None] ** grid
    logs = -0.5 * ((parallax[:, None] - 1.0 / r) / error[:, None]) ** 2 + 3.0 * np.log(r) - r / length
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    summed = np.cumsum(0.5 * (weight[:, 1:] + weight[:, :-1]), axis=1)
    summed = np.concatenate([np.zeros((len(r), 1)), summed], axis=1) / summed[:, -1:]
    out = []
    rows = np.arange(len(r))
    for q in QUANTILES:
        k = np.clip((summed < q).sum(axis=1) - 1, 0, NODES - 2)
        share = (q - summed[rows, k]) / (summed[rows, k + 1] - summed[rows, k])
        out.append(1e3 * r[rows, k] * (r[rows, k + 1] / r[rows, k]) ** share)
    return dict(zip(("r_lo_geo", "r_med_geo", "r_hi_geo"), out, strict=True))


def observe_distances(sources: Any, truth: Any, config: Any) -> dict[str, np.ndarray]:
    """Return the columns of `geometric_distances`, of parallaxes corrected by Lindegren's function."""
    known = np.isfinite(sources["parallax"])
    parallax = np.where(known, sources["parallax"] - truth["zero_point_l21"], 1.0)
    error = np.where(known, sources["parallax_error"].astype(float), 1.0)
    found = geometric(parallax, error, config.distance_prior_kpc)
    return {name: np.where(known, values, np.nan) for name, values in found.items()}
