"""The rows of a source's table files: columns mapped, derived, in the product's types and units."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_schema, arrow_type, to_arrow, to_numpy
from vacframe.core.columns.expression import evaluate, names_in
from vacframe.core.contract.errors import SchemaError, did_you_mean
from vacframe.core.contract.result import Rejects
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.sources.rejected_rows import usable_rows
from vacframe.core.sources.source_files import read_options
from vacframe.io.tables import open_table


def source_rows(path: Path, source: SourceConfig, schema: TableSchema, rejects: Rejects) -> Iterator[pa.Table]:
    """Yield the rows of one file as tables of the product's columns, with ``_row`` (row in the file).

    Rows left out (the `where` condition, null keys, impossible positions, values out of range) go to `rejects`; those
    with a repeated key are found among all files, in `vacframe.core.ingest.records`.

    Raises
    ------
    InputFileError
        If the file cannot be read.
    SchemaError
        If a column is missing that the first file has, or does not fit its type or unit; the message names the file.
    """
    file = open_table(path, read_options(source))
    in_file = {c.name: c for c in file.columns}
    theirs = {n: source.columns.get(n, n) for n in schema.names if n not in (*source.derive, *source.absent)}
    _check_complete(path, source, schema, theirs, tuple(in_file))
    wanted = {t for t in theirs.values() if t in in_file}
    for text in source.derive.values():
        wanted |= set(names_in(text))
    start = 0
    for table in file.batches([n for n in in_file if n in wanted]):
        yield _convert(table, path, source, schema, theirs, in_file, start, rejects)
        start += table.num_rows


def _check_complete(
    path: Path, source: SourceConfig, schema: TableSchema, theirs: dict[str, str], in_file: tuple[str, ...]
) -> None:
    placed = source.anchor or source.position
    positions = (schema.position.ra, schema.position.dec) if placed and schema.position else ()
    used = {n: t for n, t in theirs.items() if n not in positions}
    used |= {n: t for n, text in source.derive.items() for t in names_in(text)}
    for name, their in used.items():
        if their not in in_file:
            raise SchemaError(
                f"{path}: there is no column {their!r} ({name} of the product), which the first of the files has."
                f"{did_you_mean(their, in_file)} It has: {', '.join(in_file)}"
            )


def _convert(
    table: pa.Table,
    path: Path,
    source: SourceConfig,
    schema: TableSchema,
    theirs: dict[str, str],
    in_file: dict[str, Column],
    start: int,
    rejects: Rejects,
) -> pa.Table:
    count = table.num_rows
    arrays: dict[str, pa.Array] = {}
    for col in schema.columns:
        try:
            if col.name in source.derive:
                values = {n: to_numpy(table[n]) for n in names_in(source.derive[col.name])}
                made = evaluate(source.derive[col.name], values)
                # A constant has no rows of its own; broadcasting anything else would lose its mask of nulls.
                arrays[col.name] = to_arrow(made if made.ndim else np.broadcast_to(made, count), col)
            elif col.name in theirs and theirs[col.name] in in_file:
                unit = source.units.get(col.name) or in_file[theirs[col.name]].unit
                arrays[col.name] = _in_unit(table[theirs[col.name]], col, unit, start)
            else:
                arrays[col.name] = pa.nulls(count, arrow_type(col))
        except SchemaError as error:
            where = "" if col.name not in theirs else f" (column {theirs[col.name]!r} of the file)"
            raise SchemaError(f"{path}: {error}{where}") from None
    fields = pa.schema([f.with_nullable(True) for f in arrow_schema(schema)])
    rows = pa.table([arrays[c.name] for c in schema.columns], schema=fields)
    rows = rows.append_column("_row", pa.array(np.arange(start, start + count), pa.int64()))
    return usable_rows(rows, path, source, schema, rejects)


def _in_unit(array: pa.ChunkedArray, col: Column, unit: str | None, start: int) -> pa.Array:
    if not unit or not col.unit or unit == col.unit or col.dtype == "string":
        return _fitting(array, col, start)
    from astropy import units

    try:
        factor = units.Unit(unit).to(units.Unit(col.unit))
    except (units.UnitConversionError, ValueError, TypeError):
        raise SchemaError(f"column {col.name!r} is in {unit!r}, which does not convert to {col.unit!r}") from None
    if factor == 1.0:
        return _fitting(array, col, start)
    values, mask = to_numpy(_fitting(array, col.model_copy(update={"dtype": "float64"}), start))
    return to_arrow(values * factor, col, mask)


def _fitting(array: pa.ChunkedArray, col: Column, start: int) -> pa.Array:
    """Return the array in the column's type; the error names the first row of the file that does not fit."""
    try:
        return to_arrow(array, col)
    except SchemaError:
        low, high = 0, len(array)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                to_arrow(array[low:middle], col)
                low = middle
            except SchemaError:
                high = middle
        try:
            to_arrow(array[low:high], col)
        except SchemaError as error:
            raise SchemaError(f"row {start + low} (counted from 0): {error}") from None
        raise
