"""Text tables and JSON for the command line."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

SAFE_INTEGER = 2**53
"""Larger integers lose digits in JSON readers that take numbers as doubles."""
NARROWEST = 30
"""A last column gets at least this many characters of a terminal's line."""


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


def cell(value: Any) -> str:
    """Return a value as it stands in a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {cell(v)}" for k, v in value.items()) or "-"
    if isinstance(value, list | tuple):
        shown = ", ".join(cell(v) for v in value[:6])
        return (f"{shown}, ... ({len(value)} values)" if len(value) > 6 else shown) or "-"
    return str(value)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "nothing") -> None:
    """Print rows as aligned columns, numbers to the right; on a terminal the last column is wrapped.

    Parameters
    ----------
    headers : sequence of str
        One name per column.
    rows : iterable of sequences
        One value per column.
    empty : str
        What is printed where there are no rows.
    """
    given = [list(row) for row in rows]
    if not given:
        print(empty)
        return
    texts = [[cell(v) for v in row] for row in given]
    widths = [max(len(h), *(len(t[i]) for t in texts)) for i, h in enumerate(headers)]
    numeric = [
        all(isinstance(r[i], int | float | None) and not isinstance(r[i], bool) for r in given)
        for i in range(len(headers))
    ]
    for text in [list(headers), *texts]:
        aligned = [t.rjust(w) if n else t.ljust(w) for t, w, n in zip(text, widths, numeric, strict=True)]
        last = aligned.pop().rstrip() if not numeric[-1] else aligned.pop()
        _print_line("".join(f"{t}  " for t in aligned), last)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one a line; on a terminal long values are wrapped."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        _print_line(f"{name.ljust(width)}  ", cell(value))


def _print_line(start: str, last: str) -> None:
    """Print a line whose last cell goes on below itself where a terminal is too narrow for it."""
    room = max(NARROWEST, shutil.get_terminal_size().columns - len(start)) if sys.stdout.isatty() else len(last)
    first, *more = textwrap.wrap(last, room) if len(last) > room else [last]
    print((start + first).rstrip())
    for line in more:
        print(" " * len(start) + line)


def settings(config: Mapping[Any, Any], defaults: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a configuration that differ from the defaults, by dotted key; tables of lists by number."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        default = defaults.get(name)
        if name in defaults and value == default:
            continue
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            value, default = dict(enumerate(value)), None
        if isinstance(value, Mapping) and value:
            below = default if isinstance(default, Mapping) else {}
            found |= settings(value, below, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def title(text: str) -> None:
    """Print a heading with an empty line before it."""
    print(f"\n{text}")


def print_records(records: Sequence[Mapping[str, Any]], empty: str, as_json: bool) -> None:
    """Print records as a table with a column for each name, `empty` where there are none; or as JSON."""
    if as_json:
        print_json(records)
        return
    heads = list(dict.fromkeys(name for record in records for name in record))
    print_table(heads, [[record.get(h) for h in heads] for record in records], empty=empty)
