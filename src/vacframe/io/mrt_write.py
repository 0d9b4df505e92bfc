"""Writing AAS machine-readable tables (MRT): exact integers and floats, blanks for nulls.

astropy's own writer fails on masked floats and on units that the CDS standard lacks; its reader reads these files.
"""

from __future__ import annotations

from typing import IO

import numpy as np
import pyarrow as pa

from vacframe.core.contract.schema import Column, TableSchema
from vacframe.io.fields import warn_left_out
from vacframe.io.packing import ascii_text, values_of
from vacframe.io.table_notes import TableNotes, unit_in

_DOUBLE, _SINGLE = "=" * 80, "-" * 80
_FIXED_FROM, _FIXED_TO = 1e-5, 1e15


def write_mrt(file: IO[bytes], table: pa.Table, schema: TableSchema, notes: TableNotes) -> None:
    """Write a table as an AAS machine-readable table; columns of arrays are left out with a warning.

    Integers are exact, floats are written with the digits that give them back, logicals are 0 and 1, a null is
    blank (and the explanation starts with ``?``).

    Parameters
    ----------
    file : binary file
        Open for writing.
    table : pyarrow.Table
        Columns as in `schema`.
    schema : TableSchema
        Declares the columns.
    notes : TableNotes
        The description is the title; the provenance becomes notes.
    """
    warn_left_out(notes.name, [c.name for c in schema.columns if c.length is not None], "MRT has no arrays in cells")
    lines, cells, start = [], [], 1
    for col in schema.columns:
        if col.length is not None:
            continue
        texts, code, width = _texts(table[col.name], col)
        end = start + width - 1
        mark = "? " if any(not t.strip() for t in texts) else ""
        explained = f"{mark}{ascii_text(col.description)}".rstrip() or "---"
        lines.append(f"{start:5d}-{end:5d} {code:<7s} {_unit(col):<10s} {col.name:<24s} {explained}\n")
        cells.append(texts)
        start = end + 2
    name, said = ascii_text(notes.name), [ascii_text(f"{key} = {text}") for key, text in notes.said()]
    head = [
        f"Title: {ascii_text(notes.description or notes.name)}\nAuthors: ---\nTable: {name}\n{_DOUBLE}\n",
        f"Byte-by-byte Description of file: {name}.mrt\n{_SINGLE}\n",
        f"      Bytes Format  Units      Label                    Explanations\n{_SINGLE}\n",
        *lines,
        f"{_SINGLE}\n",
        *(f"Note: {note}\n" for note in said),
        f"{_SINGLE}\n" if said else "",
    ]
    file.write("".join(head).encode("ascii"))
    for row in zip(*cells, strict=True):
        file.write((" ".join(row) + "\n").encode("ascii"))


def _unit(col: Column) -> str:
    """Return the unit in CDS notation without blanks, ``---`` for none."""
    return unit_in("cds", col.unit).replace(" ", "") or "---"


def _texts(column: pa.ChunkedArray, col: Column) -> tuple[list[str], str, int]:
    """Return the cells of a column padded to one width, the format's code and the width."""
    values, missing = values_of(column)
    decimals = 0
    if col.dtype == "string":
        texts, code = [ascii_text(v) for v in values], "A"
    elif col.is_float:
        missing = missing | ~np.isfinite(values)
        texts, code, decimals = _floats(values, missing)
    else:
        texts, code = [str(int(v)) for v in values], "I"
    texts = ["" if m else t for t, m in zip(texts, missing, strict=True)]
    width = max((len(t) for t in texts), default=1) or 1
    padded = [t.ljust(width) if code == "A" else t.rjust(width) for t in texts]
    return padded, f"{code}{width}.{decimals}" if code in "EF" else f"{code}{width}", width


def _floats(values: np.ndarray, missing: np.ndarray) -> tuple[list[str], str, int]:
    usable = np.abs(values[~missing])
    usable = usable[usable > 0]
    fixed = not usable.size or (usable.min() >= _FIXED_FROM and usable.max() < _FIXED_TO)
    form = np.format_float_positional if fixed else np.format_float_scientific
    texts = ["" if m else form(v, unique=True, trim="0") for v, m in zip(values, missing, strict=True)]
    digits = max((len(t.partition(".")[2].partition("e")[0]) for t in texts), default=1)
    return texts, "F" if fixed else "E", digits
