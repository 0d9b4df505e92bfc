"""Columns that products with labels share, and how their rows are returned."""

from __future__ import annotations

from typing import Any

import vacframe as vf


def _labels(made: tuple[dict[str, Any], Any]) -> vf.Result:
    table, rows = made
    return vf.Result(table=table, counts={"labelled": int(rows.sum())})
