"""Colours of stars and how they redden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vacframe import Batch
from vacframe.astro.extinction import coefficient
from vacframe_nn_labels.method.magnitudes import read_magnitudes


def reddening_coefficients(colours: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return E(colour) / E(B-V), SFD scale, of each colour."""
    return np.array([coefficient(blue) - coefficient(red) for blue, red in colours])


def read_colours(
    inputs: Mapping[str, Batch], source_id: np.ndarray, colours: Sequence[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return observed colours of n sources and their errors, float64 of shape (n, k), NaN where there is none."""
    bands = tuple(dict.fromkeys(band for colour in colours for band in colour))
    magnitudes, errors = read_magnitudes(inputs, source_id, bands)
    blue, red = ([bands.index(colour[side]) for colour in colours] for side in (0, 1))
    values = magnitudes[:, blue] - magnitudes[:, red]
    error = np.hypot(errors[:, blue], errors[:, red])
    known = np.isfinite(values) & np.isfinite(error)
    return np.where(known, values, np.nan), np.where(known, error, np.nan)
