"""Tables and facts as lines of text: one line a row, which only a terminal breaks at its width."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import Any

from vacframe.cli.json_values import print_json
from vacframe.cli.numbers import NumberText, significant

NARROWEST = 30
"""A last column gets at least this many characters of a terminal's line."""
MOST_NUMBERS = 6
"""So many numbers of an array are shown."""


def cell(value: Any, most: int | None = MOST_NUMBERS) -> str:
    """Return a value as it stands in a table, in one line; of an array the first `most` numbers (None: all)."""
    if value is None or value == "":
        return "-"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {cell(v, most)}" for k, v in value.items()) or "-"
    if isinstance(value, list | tuple):
        return _several(value, most) or "-"
    return " ".join(str(value).splitlines())


def _several(values: Sequence[Any], most: int | None) -> str:
    cut = most is not None and len(values) > most and all(isinstance(v, int | float | None) for v in values)
    cells = (f"({cell(v, most)})" if isinstance(v, list | tuple) else cell(v, most) for v in values)
    shown = ", ".join(islice(cells, most if cut else None))
    return f"{shown}, ... ({len(values)} values)" if cut else shown


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
        all(isinstance(r[i], int | float | NumberText | None) and not isinstance(r[i], bool) for r in given)
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
