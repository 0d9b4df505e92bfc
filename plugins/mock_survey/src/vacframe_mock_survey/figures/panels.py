"""Panels of figures: what they are given, and how they stand beside each other."""

from __future__ import annotations

import numpy as np

Columns = dict[str, np.ndarray]


def beside(truth: Columns, others: Columns) -> np.ndarray:
    """Return the row of the truth of each row of another table, by ``source_id``."""
    order = np.argsort(truth["source_id"])
    return order[np.searchsorted(truth["source_id"], others["source_id"], sorter=order)]
