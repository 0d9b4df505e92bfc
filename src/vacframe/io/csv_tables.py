"""CSV tables through pyarrow: exact 64-bit integers, types that hold for the whole file, batch by batch."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from vacframe.core.columns.arrow import notes
from vacframe.core.contract.errors import InputFileError
from vacframe.io.csv_types import CsvLayout, csv_rows, settle
from vacframe.io.fields import NULL_TEXT, keep, kept_type, warn_left_out
from vacframe.io.plain import plain_file
from vacframe.io.read_errors import reading
from vacframe.io.read_options import ReadOptions

_KNOWN: dict[tuple, CsvLayout] = {}
_KNOWN_MOST = 64
_DELIMITERS = ",\t;|"


def csv_schema(path: Path, options: ReadOptions) -> pa.Schema:
    """Return the fields of a CSV file; the whole file is scanned, as nothing else tells the types."""
    with plain_file(path) as file:
        return _schema(_layout(path, file, options))


def csv_batches(path: Path, columns: list[str], batch_rows: int, options: ReadOptions) -> Iterator[pa.Table]:
    """Yield the rows of a CSV file in tables of at most `batch_rows` rows."""
    with plain_file(path) as file:
        layout = replace(_layout(path, file, options), chosen=tuple(columns))
        fields = _schema(layout)
        for batch in csv_rows(path, file, layout):
            table = _finish(path, pa.Table.from_batches([batch]), layout, fields)
            for start in range(0, table.num_rows, batch_rows):
                yield table.slice(start, batch_rows)


def _schema(layout: CsvLayout) -> pa.Schema:
    fields = []
    for name in layout.chosen:
        kind = pa.list_(pa.float64(), layout.arrays[name]) if name in layout.arrays else kept_type(layout.types[name])
        fields.append(pa.field(name, kind, metadata=notes()))
    return pa.schema(fields)


def _finish(path: Path, table: pa.Table, layout: CsvLayout, fields: pa.Schema) -> pa.Table:
    columns = []
    for field in fields:
        with reading(path, "CSV", column=field.name):
            column = table[field.name]
            if field.name in layout.arrays:
                column = _parse_arrays(column)
            columns.append(keep(column, field.type))
    return pa.table(columns, schema=fields)


def _parse_arrays(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return cells like ``(1.0, 2.0)`` or ``[1.0, null]`` (the Gaia archive's) as lists of float64."""
    items: list[list[float | None] | None] = []
    for text in column.to_pylist():
        if text is None:
            items.append(None)
        else:
            inner = re.sub(r"\b(nan|NaN|NULL)\b", "null", text.strip()[1:-1])
            items.append([float("nan") if v is None else float(v) for v in json.loads(f"[{inner}]")])
    return pa.chunked_array([pa.array(items, pa.list_(pa.float64()))])


def _layout(path: Path, file: Path, options: ReadOptions) -> CsvLayout:
    """Return the layout of a file, remembered until the file changes: finding it means reading it."""
    state = path.stat()
    key = (str(path), state.st_mtime_ns, state.st_size, options)
    if key not in _KNOWN:
        while len(_KNOWN) >= _KNOWN_MOST:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = _find_layout(path, file, options)
    return _KNOWN[key]


def _find_layout(path: Path, file: Path, options: ReadOptions) -> CsvLayout:
    skip, header = _header(path, file, options.delimiter)
    delimiter = options.delimiter or max(_DELIMITERS, key=header.count)
    names = tuple(name.strip() for name in next(csv.reader([header.lstrip("#")], delimiter=delimiter)))
    unique = tuple(n if n and n not in names[:i] else f"{n}#{i + 1}" for i, n in enumerate(names))
    warn_left_out(str(path), set(unique) - set(names), "unnamed or named twice (the first is read)")
    chosen = tuple(n for n in unique if n in names)
    nulls = NULL_TEXT + tuple(str(v) for v in options.null_values)
    return settle(path, file, CsvLayout(delimiter, skip, unique, chosen, {}, nulls, {}))


def _header(path: Path, file: Path, delimiter: str | None) -> tuple[int, str]:
    """Return the number of lines before the first row, and the header line.

    Lines that start with ``#`` are skipped; the last of them is the header where it has as many fields as the
    line after it and that line holds a number.
    """
    comment, skipped = "", 0
    with open(file, encoding="utf-8-sig", errors="replace", newline="") as lines:
        for line in lines:
            skipped += 1
            if line.startswith("#"):
                comment = line
            elif line.strip():
                break
        else:
            raise InputFileError(str(path), "holds no header line; expected the names of the columns, then rows")
    mark = delimiter or max(_DELIMITERS, key=line.count)
    numbers = any(re.fullmatch(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*", cell) for cell in line.split(mark))
    if comment and numbers and comment.count(mark) == line.count(mark):
        return skipped - 1, comment.strip()
    return skipped, line.strip("\r\n")
