"""JSON for the command line: every digit, and nothing that a JSON reader does not take."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

SAFE_INTEGER = 2**53
"""Larger integers lose digits in JSON readers that take numbers as doubles."""


def jsonable(value: Any) -> Any:
    """Return a value made of JSON types alone.

    Integers beyond 2^53 become strings, NaN and infinities null; data classes, Pydantic models, paths, enums and
    sets become what holds them in JSON.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(jsonable(v) for v in value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [jsonable(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return jsonable(value.model_dump(mode="json"))
    return str(value) if isinstance(value, Path) or not hasattr(value, "item") else jsonable(value.item())


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(jsonable(value), indent=1, ensure_ascii=False))


def texts_of(rows: Iterable[Mapping[str, Any]], wide: Collection[str]) -> list[dict[str, Any]]:
    """Return rows with the columns `wide` (64-bit integers) as text, whatever their value."""
    return [{n: str(v) if n in wide and v is not None else v for n, v in row.items()} for row in rows]
