"""Numbers of isochrones within a set, and weights of their points by the initial mass function."""

from __future__ import annotations

import numpy as np

DECIMALS = 5
"""[M/H] and log age are given to five decimals, in single precision in one of the tables."""


def isochrone_number(part: dict[str, np.ndarray]) -> np.ndarray:
    """Return a number that tells isochrones apart: log ages are below 100."""
    return np.round(part["mh"] * 10**DECIMALS) * 100 + part["log_age"]


def imf_weights(cumulative: np.ndarray, isochrone: np.ndarray) -> np.ndarray:
    """Return the number of stars that each point stands for.

    Parameters
    ----------
    cumulative : ndarray, shape (n,)
        Integral of the initial mass function up to each point. It runs backwards by its last decimal at a
        few thermal pulses; such steps count as zero.
    isochrone : ndarray, shape (n,)
        Which isochrone a point belongs to; points of one are adjacent.
    """
    step = np.maximum(np.diff(cumulative), 0.0)
    step[np.diff(isochrone) != 0] = 0.0
    return 0.5 * (np.concatenate([[0.0], step]) + np.concatenate([step, [0.0]]))
