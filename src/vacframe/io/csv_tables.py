"""CSV tables through pyarrow: exact 64-bit integers, types that hold for the whole file, batch by batch."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vacframe.core.columns.field_notes import notes
from vacframe.core.contract.errors import InputFileError
from vacframe.io.fields import decoded, keep, kept_type, warn_left_out
from vacframe.io.options import ReadOptions
from vacframe.io.plain import plain_file

NULL_TEXT = ("", "null", "NULL", "nan", "NaN", "NAN", "--")
"""Cells that mean "missing" in any column."""
_KNOWN: dict[tuple, _Layout] = {}
_KNOWN_MOST = 64
_BLOCK_BYTES = 8 << 20
_DELIMITERS = ",\t;|"
_BAD_VALUE = re.compile(
    r"CSV column #(\d+): (?:Row #\d+: )?CSV conversion error to \S+: invalid (?:value '(.*)'|UTF8)", re.DOTALL
)
_BAD_COUNT = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True)
class _Layout:
    """Where the rows of a file start, its columns and their types."""

    delimiter: str
    skip: int
    names: tuple[str, ...]
    chosen: tuple[str, ...]
    types: dict[str, pa.DataType]
    nulls: tuple[str, ...]
    arrays: dict[str, int]


def schema(path: Path, options: ReadOptions) -> pa.Schema:
    """Return the fields of a CSV file; the whole file is scanned, as nothing else tells the types."""
    with plain_file(path) as file:
        return _schema(_layout(path, file, options))


def batches(path: Path, columns: list[str], batch_rows: int, options: ReadOptions) -> Iterator[pa.Table]:
    """Yield the rows of a CSV file in tables of at most `batch_rows` rows."""
    with plain_file(path) as file:
        layout = replace(_layout(path, file, options), chosen=tuple(columns))
        fields = _schema(layout)
        for batch in _open(file, layout):
            table = _finish(pa.Table.from_batches([batch]), layout, fields)
            for start in range(0, table.num_rows, batch_rows):
                yield table.slice(start, batch_rows)


def _schema(layout: _Layout) -> pa.Schema:
    fields = []
    for name in layout.chosen:
        kind = pa.list_(pa.float64(), layout.arrays[name]) if name in layout.arrays else kept_type(layout.types[name])
        fields.append(pa.field(name, kind, metadata=notes()))
    return pa.schema(fields)


def _finish(table: pa.Table, layout: _Layout, fields: pa.Schema) -> pa.Table:
    columns = []
    for field in fields:
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


def _layout(path: Path, file: Path, options: ReadOptions) -> _Layout:
    """Return the layout of a file, remembered until the file changes: finding it means reading it."""
    state = path.stat()
    key = (str(path), state.st_mtime_ns, state.st_size, options)
    if key not in _KNOWN:
        while len(_KNOWN) >= _KNOWN_MOST:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = _find_layout(path, file, options)
    return _KNOWN[key]


def _find_layout(path: Path, file: Path, options: ReadOptions) -> _Layout:
    skip, header = _header(path, file, options.delimiter)
    delimiter = options.delimiter or max(_DELIMITERS, key=header.count)
    names = tuple(name.strip() for name in next(csv.reader([header.lstrip("#")], delimiter=delimiter)))
    unique = tuple(n if n and n not in names[:i] else f"{n}#{i + 1}" for i, n in enumerate(names))
    warn_left_out(str(path), set(unique) - set(names), "unnamed or named twice (the first is read)")
    chosen = tuple(n for n in unique if n in names)
    nulls = NULL_TEXT + tuple(str(v) for v in options.null_values)
    return _arrays(file, _settle(path, file, _Layout(delimiter, skip, unique, chosen, {}, nulls, {})))


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


def _open(file: Path, layout: _Layout) -> pacsv.CSVStreamingReader:
    return pacsv.open_csv(
        file,
        read_options=pacsv.ReadOptions(
            use_threads=False, block_size=_BLOCK_BYTES, column_names=list(layout.names), skip_rows=layout.skip
        ),
        parse_options=pacsv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=layout.types,
            null_values=list(layout.nulls),
            strings_can_be_null=True,
            include_columns=list(layout.chosen),
        ),
    )


def _settle(path: Path, file: Path, layout: _Layout) -> _Layout:
    """Return the layout with types that every row of the file fits, by reading it and widening."""
    layout = _first_types(path, file, layout)
    while True:
        try:
            for _ in _open(file, layout):
                pass
            return layout
        except pa.ArrowInvalid as error:
            found = _BAD_VALUE.search(str(error))
            if found is None:
                raise _file_error(path, error) from error
            layout = _widen(layout, layout.names[int(found[1])], found[2])


def _first_types(path: Path, file: Path, layout: _Layout) -> _Layout:
    """Return the layout with the types of the first block; bigger integers than Arrow infers stay exact."""
    try:
        inferred = _open(file, layout).schema
        as_text = replace(layout, types=dict.fromkeys(layout.chosen, pa.binary()))
        reader = _open(file, as_text)
        block = next(iter(reader), None)
    except pa.ArrowInvalid as error:
        raise _file_error(path, error) from error
    types, nulls = {}, set(layout.nulls)
    for name in layout.chosen:
        kind = inferred.field(name).type
        values = pa.nulls(0, pa.string()) if block is None else _text(block.column(name))
        if pa.types.is_floating(kind) and _big_integers(values):
            kind = pa.uint64() if pc.all(pc.match_substring_regex(values, r"^\s*\d{1,20}\s*$")).as_py() else pa.string()
        elif pa.types.is_string(kind) or pa.types.is_binary(kind):
            kind, padded = _padded_numbers(values, layout.nulls)
            nulls |= padded
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            kind = pa.int64() if pa.types.is_null(kind) else pa.string()
        types[name] = kind
    return replace(layout, types=types, nulls=tuple(nulls))


def _text(column: pa.Array) -> pa.Array:
    return decoded(pa.chunked_array([pc.drop_null(column)])).combine_chunks()


def _big_integers(values: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(values, r"^\s*[-+]?\d{17,}\s*$")).as_py())


def _padded_numbers(values: pa.Array, nulls: tuple[str, ...]) -> tuple[pa.DataType, set[str]]:
    """Return a numeric type when only blanks around null words made a column text, and those cells."""
    stripped = pc.utf8_trim_whitespace(values)
    missing = pc.is_in(stripped, pa.array(nulls))
    rest = stripped.filter(pc.invert(missing))
    if len(rest) and pc.any(missing).as_py():
        for kind in (pa.int64(), pa.float64()):
            try:
                rest.cast(kind)
            except pa.ArrowInvalid:
                continue
            return kind, set(values.filter(missing).to_pylist())
    return pa.string(), set()


def _widen(layout: _Layout, name: str, value: str | None) -> _Layout:
    """Return the layout in which a column holds one more value; None is text that is not UTF-8."""
    if value is None:
        return replace(layout, types={**layout.types, name: pa.binary()})
    if value.strip() in layout.nulls:
        return replace(layout, nulls=(*layout.nulls, value))
    kind, text = layout.types[name], value.strip()
    if pa.types.is_integer(kind) and re.fullmatch(r"\+?\d{1,20}", text) and int(text) < 1 << 64 and kind == pa.int64():
        wider = pa.uint64()
    elif pa.types.is_integer(kind) and _is_number(text) and not re.fullmatch(r"[-+]?\d+", text):
        wider = pa.float64()
    else:
        wider = pa.string()
    return replace(layout, types={**layout.types, name: wider})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _arrays(file: Path, layout: _Layout) -> _Layout:
    """Return the layout with the text columns whose every cell is a bracketed list of one length."""
    texts = [n for n in layout.chosen if layout.types[n] in (pa.string(), pa.binary())]
    lengths: dict[str, set[int]] = {name: set() for name in texts}
    for batch in _open(file, replace(layout, chosen=tuple(texts))) if texts else ():
        for name in list(lengths):
            cells = _text(batch.column(name))
            if (
                len(cells)
                and not pc.all(pc.match_substring_regex(cells, r"^\s*[\(\[][-+\d.eE,\s(nNuUlLaA)]*[\)\]]\s*$")).as_py()
            ):
                del lengths[name]
            elif len(cells):
                limits = pc.min_max(pc.add(pc.count_substring(cells, ","), 1)).as_py()
                lengths[name] |= {limits["min"], limits["max"]}
    return replace(layout, arrays={n: next(iter(v)) for n, v in lengths.items() if len(v) == 1})


def _file_error(path: Path, error: Exception) -> InputFileError:
    found = _BAD_COUNT.search(str(error))
    if found is None:
        return InputFileError(str(path), f"cannot be read as CSV ({error})")
    row, wanted, got = found.groups()
    where = f"row {row} of the file" if row else "one row"
    return InputFileError(str(path), f"{where} has {got} fields, expected {wanted} as in the header line")


class CsvWriter:
    """Writes tables to an open CSV file one after another; array cells become ``[1.0, 2.0]``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        """Append the rows of a table (all tables have the same columns)."""
        plain = pa.table({f.name: _cells(table[f.name]) for f in table.schema})
        if self._writer is None:
            self._writer = pacsv.CSVWriter(self._file, plain.schema)
        self._writer.write_table(plain)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_fixed_size_list(column.type):
        return column
    items = [
        None if row is None else "[" + ", ".join("null" if v is None or v != v else str(v) for v in row) + "]"
        for row in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(items, pa.string())])
