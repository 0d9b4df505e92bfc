"""Types of the columns of a CSV file that hold in every one of its rows.

The types of the first block are tried on the whole file, which is all there is to do for most files. Where some row
does not fit, the file is read once more as bytes and every column takes the first wider type that fits its cells.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vacframe.core.contract.errors import InputFileError
from vacframe.io.fields import decoded, is_number
from vacframe.io.read_errors import reading

_BLOCK_BYTES = 8 << 20
_LIST = r"^\s*[\(\[][-+\d.eE,\s(nNuUlLaA)]*[\)\]]\s*$"
_WORDS = pacsv.ConvertOptions()
_LOGICAL = pa.array([*_WORDS.true_values, *_WORDS.false_values], pa.string())


@dataclass(frozen=True)
class CsvLayout:
    """Where the rows of a file start, its columns and their types.

    Attributes
    ----------
    delimiter : str
        Character between the columns.
    skip : int
        Lines before the first row.
    names, chosen : tuple of str
        All columns, made unique, and those that are read.
    types : dict
        Arrow types of columns; pyarrow infers the others.
    nulls : tuple of str
        Cells that mean "missing", to the letter.
    arrays : dict
        Length of the lists in the columns that hold bracketed lists of numbers.
    """

    delimiter: str
    skip: int
    names: tuple[str, ...]
    chosen: tuple[str, ...]
    types: dict[str, pa.DataType]
    nulls: tuple[str, ...]
    arrays: dict[str, int]


def csv_rows(path: Path, file: Path, layout: CsvLayout) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a CSV file block by block.

    Parameters
    ----------
    path, file : Path
        The file as the user named it, and the same without compression.
    layout : CsvLayout
        What is read, and how.

    Raises
    ------
    InputFileError
        If a row has too many or too few fields, or a cell does not fit its type. The row is named where no types
        are given, or bytes only, so that cells cannot be the reason.
    """

    def says(error: Exception) -> str | None:
        any_cell_fits = all(kind == pa.binary() for kind in layout.types.values())
        return _uneven_row(file, layout) if any_cell_fits and isinstance(error, pa.ArrowInvalid) else None

    with reading(path, "CSV", says=says):
        yield from pacsv.open_csv(
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


def _uneven_row(file: Path, layout: CsvLayout) -> str | None:
    """Return what to say of the first row with another number of fields than the header line; None if none has.

    pyarrow's own handler of such rows fails on those that are not UTF-8.
    """
    with open(file, encoding="utf-8-sig", errors="replace", newline="") as lines:
        for _ in range(layout.skip):
            next(lines, None)
        rows, line = csv.reader(lines, delimiter=layout.delimiter), layout.skip + 1
        with contextlib.suppress(csv.Error):
            for row in rows:
                if row and len(row) != len(layout.names):
                    expected = f"expected {len(layout.names)} as in the header line"
                    return f"row {line} of the file has {len(row)} fields, {expected}"
                line = layout.skip + rows.line_num + 1
    return None


def settle(path: Path, file: Path, layout: CsvLayout) -> CsvLayout:
    """Return the layout with types that every row of the file fits, and the lengths of bracketed lists.

    Raises
    ------
    InputFileError
        If the file cannot be read whatever the types.
    """
    layout = _first_types(path, file, layout)
    while True:
        try:
            for _ in csv_rows(path, file, layout):
                pass
            return _with_arrays(path, file, layout)
        except InputFileError:
            wider = _widened(path, file, layout)
            if wider == layout:
                raise
            layout = wider


def _as_bytes(layout: CsvLayout, names: list[str]) -> CsvLayout:
    """Return a layout in which any cell can be read."""
    return replace(layout, chosen=tuple(names), types=dict.fromkeys(names, pa.binary()))


def _first_types(path: Path, file: Path, layout: CsvLayout) -> CsvLayout:
    """Return the layout with the types of the first block; bigger integers than Arrow infers stay exact."""
    inferred = next(csv_rows(path, file, layout), None)
    cells = next(csv_rows(path, file, _as_bytes(layout, list(layout.chosen))), None)
    types, extra = {}, set[str]()
    for name in layout.chosen:
        kind = pa.null() if inferred is None else inferred.schema.field(name).type
        values = pa.nulls(0, pa.string()) if cells is None else _text(cells.column(name))
        if pa.types.is_floating(kind) and _big_integers(values):
            kind = pa.uint64() if pc.all(pc.match_substring_regex(values, r"^\s*\d{1,20}\s*$")).as_py() else pa.string()
        elif pa.types.is_string(kind) or pa.types.is_binary(kind):
            kind, padded = _padded_numbers(values, layout.nulls)
            extra |= padded
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            kind = pa.int64() if pa.types.is_null(kind) else pa.string()
        types[name] = kind
    return replace(layout, types=types, nulls=(*layout.nulls, *sorted(extra.difference(layout.nulls))))


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


def _widened(path: Path, file: Path, layout: CsvLayout) -> CsvLayout:
    """Return the layout with the types widened that cells do not fit, and padded null words among the nulls.

    A column that becomes unsigned is left for the next call: its cells so far may be negative.
    """
    types, padded = dict(layout.types), set[str]()
    names = [name for name in layout.chosen if types[name] != pa.binary()]
    for batch in csv_rows(path, file, _as_bytes(layout, names)) if names else ():
        for name in list(names):
            cells = pc.drop_null(batch.column(name))
            types[name] = _widest(cells, types[name], layout.nulls, padded)
            if types[name] != layout.types[name] and types[name] in (pa.uint64(), pa.binary()):
                names.remove(name)
    return replace(layout, types=types, nulls=(*layout.nulls, *sorted(padded)))


def _widest(cells: pa.Array, kind: pa.DataType, nulls: tuple[str, ...], padded: set[str]) -> pa.DataType:
    """Return the type that a column of type `kind` takes over some of its cells; adds to `padded`."""
    while True:
        cells = cells.filter(pc.invert(pc.is_in(cells, pa.array(sorted(padded), pa.binary()))))
        misfit = _first_misfit(cells, kind)
        if misfit is None:
            return kind
        cell, cells = cells[misfit].as_py(), cells[misfit:]
        text = cell.decode("utf-8", "replace")
        if text.strip() in nulls:
            padded.add(text)
            continue
        kind = _wider(kind, text.strip())
        if kind in (pa.uint64(), pa.binary()):
            return kind


def _wider(kind: pa.DataType, text: str) -> pa.DataType:
    """Return the type that a column takes for a cell that does not fit."""
    if kind == pa.string():
        return pa.binary()
    if kind == pa.int64() and re.fullmatch(r"\+?\d{1,20}", text) and int(text) < 1 << 64:
        return pa.uint64()
    if pa.types.is_integer(kind) and is_number(text) and not re.fullmatch(r"[-+]?\d+", text):
        return pa.float64()
    return pa.string()


def _first_misfit(cells: pa.Array, kind: pa.DataType) -> int | None:
    """Return the place of the first cell that does not fit a type, by halving."""
    if fits_type(cells, kind):
        return None
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        if fits_type(cells[low:middle], kind):
            low = middle
        else:
            high = middle
    return low


def fits_type(cells: pa.Array, kind: pa.DataType) -> bool:
    """Return whether pyarrow's CSV reader takes all cells for one type.

    Parameters
    ----------
    cells : pyarrow.Array of binary
        No nulls.
    kind : pyarrow.DataType
        binary, string, bool, int64, uint64 or float64.
    """
    if kind == pa.binary():
        return True
    try:
        text = cells.cast(pa.string())
        if kind == pa.bool_():
            return bool(pc.all(pc.is_in(text, _LOGICAL), min_count=0).as_py())
        if kind != pa.string():
            pc.utf8_trim(text, " \t").cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _with_arrays(path: Path, file: Path, layout: CsvLayout) -> CsvLayout:
    """Return the layout with the text columns whose every cell is a bracketed list of one length."""
    texts = [n for n in layout.chosen if layout.types[n] in (pa.string(), pa.binary())]
    lengths: dict[str, set[int]] = {name: set() for name in texts}
    for batch in csv_rows(path, file, replace(layout, chosen=tuple(texts))) if texts else ():
        for name in list(lengths):
            cells = _text(batch.column(name))
            if len(cells) and not pc.all(pc.match_substring_regex(cells, _LIST)).as_py():
                del lengths[name]
            elif len(cells):
                limits = pc.min_max(pc.add(pc.count_substring(cells, ","), 1)).as_py()
                lengths[name] |= {limits["min"], limits["max"]}
    return replace(layout, arrays={n: next(iter(v)) for n, v in lengths.items() if len(v) == 1})
