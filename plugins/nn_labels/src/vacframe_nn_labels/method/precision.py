"""Mean stated errors of the catalogue, after section 4.6 of Wang et al. (2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vacframe import Batch


def mean_errors(
    stars: Batch, quantities: Mapping[str, tuple[str, str | None, str]], minimum_snr: float
) -> dict[str, list[Any]]:
    """Return the rows of `nn_precision`.

    Parameters
    ----------
    stars : Batch
        Rows of `nn_labels` above the signal-to-noise ratio.
    quantities : mapping
        Column → columns of its error and, where there is one, its flag; and its unit. The error of ``distance`` is
        relative.
    minimum_snr : float
        What the rows lie above, for the table.
    """
    table: dict[str, list[Any]] = {name: [] for name in ("quantity", "unit", "minimum_snr", "n", "error")}
    for name, (error, flag, unit) in quantities.items():
        values = stars[error].astype(np.float64)
        if name == "distance":
            values = values / stars["distance"]
        values = values[np.isfinite(values) & (stars[flag] == 0 if flag else True)]
        mean = float(values.mean()) if len(values) else float("nan")
        for column, value in zip(table, (name, unit, minimum_snr, len(values), mean), strict=True):
            table[column].append(value)
    return table
