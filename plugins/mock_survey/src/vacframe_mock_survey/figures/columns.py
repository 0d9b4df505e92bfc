"""The columns that the figures draw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vacframe import Batch

Columns = Mapping[str, np.ndarray] | Batch
"""Columns of a product by name, shape (n,) each."""
