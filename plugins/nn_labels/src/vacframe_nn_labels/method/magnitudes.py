"""Magnitudes of stars in the bands of several surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vacframe import Batch
from vacframe_nn_labels.bands import band_column

MODULUS_PER_LN = 5.0 / np.log(10.0)
"""Change of the distance modulus, mag, with the logarithm of the distance."""


def read_magnitudes(
    inputs: Mapping[str, Batch], source_id: np.ndarray, bands: Sequence[str]
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
