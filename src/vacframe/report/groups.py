"""Groups of rows that statistics are given for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

MOST_VALUES = 12
"""Integers with at most so many values are taken as groups, not binned."""


def group_by(values: np.ndarray, bins: int) -> list[tuple[str, float, float, np.ndarray]]:
    """Return the groups of a quantity: its values where they are few or text, else bins of equal numbers of rows.

    Returns
    -------
    list of (name, low, high, rows)
        `rows` is a boolean array; NaN and None are in no group; ``low <= value < high``, the last bin closed.
    """
    if bins < 1 or not len(values):
        return []
    if values.dtype == object:
        names = sorted({str(v) for v in values if v is not None})
        return [(n, np.nan, np.nan, values == n) for n in names]
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    if len(distinct) <= MOST_VALUES and (distinct == np.round(distinct)).all():
        return [(f"{v:g}", float(v), float(v), values == v) for v in distinct]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)))
    out = []
    for number, (low, high) in enumerate(pairwise(edges)):
        rows = (values >= low) & ((values <= high) if number == len(edges) - 2 else (values < high))
        out.append((f"{low:.4g} to {high:.4g}", float(low), float(high), rows))
    return out
