"""Writing a table into one file of a format that other tools open."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema, file_column, to_arrow
from vacframe.core.contract.errors import SchemaError, UsageError, did_you_mean
from vacframe.core.contract.schema import TableSchema
from vacframe.io.csv_write import CsvWriter
from vacframe.io.fits_write import write_fits
from vacframe.io.mrt_write import write_mrt
from vacframe.io.staging import staged
from vacframe.io.table_notes import TableNotes, astropy_header
from vacframe.io.votable_write import text_widths, voparquet_footer, write_votable

ExportFormat = Literal["fits", "votable", "ecsv", "csv", "parquet", "mrt"]
EXPORT_FORMATS: tuple[str, ...] = get_args(ExportFormat)
"""Formats of one file; the folder format ``hats`` is `export_hats`."""
ASTROPY_KEY = b"table_meta_yaml"
"""Footer key under which astropy's own Parquet reader finds units and descriptions."""
PROVENANCE_KEY = b"vacframe.provenance"
"""Footer key of the provenance in Parquet files, JSON."""


def export_table(
    tables: Iterable[pa.Table],
    schema: TableSchema,
    path: str | os.PathLike[str],
    format: ExportFormat,
    *,
    name: str,
    description: str = "",
    provenance: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write tables, one after another, into one file.

    The file appears whole or not at all (it is written beside its place and renamed). Parquet and CSV are streamed;
    the other formats hold the table in memory. Columns are those of the schema, in its order, and for an open
    schema any further ones. CSV has no place for units and provenance: a file ``<path>.json`` beside it has them.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Rows to write; all have the same columns.
    schema : TableSchema
        Declares columns, units, descriptions, UCDs, frame and epoch.
    path : path
        The file to make.
    format : str
        One of `EXPORT_FORMATS`.
    name, description : str
        Of the table, as the formats carry them.
    provenance : dict, optional
        How the table was made, JSON values: HISTORY cards (FITS), INFO elements (VOTable), notes (MRT), table
        metadata (ECSV), footer key ``vacframe.provenance`` (Parquet).
    overwrite : bool
        Whether an existing file is replaced.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        If the file exists, its folder does not, or the format is unknown.
    SchemaError
        If a column is missing or does not fit its type.
    """
    target, notes = Path(path), TableNotes(name, description, json.loads(json.dumps(provenance or {}, default=str)))
    if format not in EXPORT_FORMATS:
        raise UsageError(
            f"format {format!r} is not one of {', '.join(EXPORT_FORMATS)}.{did_you_mean(format, EXPORT_FORMATS)}"
        )
    sidecar = target.with_name(target.name + ".json")
    files = [target, sidecar] if format == "csv" else [target]
    for file in files:
        _check_place(file, overwrite)
    full, rows = _conform(tables, schema)
    with ExitStack() as stack:
        out, *beside = (stack.enter_context(_appearing(file)) for file in files)
        if format == "csv":
            _write_csv(out, rows, full)
            said = asdict(notes) | {"schema": full.model_dump(mode="json")}
            beside[0].write(json.dumps(said, indent=1).encode())
        elif format == "parquet":
            _write_parquet(out, rows, full, notes)
        else:
            whole = pa.concat_tables([arrow_schema(full).empty_table(), *rows]).combine_chunks()
            _WRITERS[format](out, whole, full, notes)
    return files


def export_hats(tree: Path, path: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
    """Copy the folder tree of a stored HATS catalogue; return the folder made.

    Raises
    ------
    UsageError
        If the place exists already or the tree is not a folder.
    """
    target = Path(path)
    if not tree.is_dir():
        raise UsageError(f"{tree} is not the folder of a HATS catalogue")
    _check_place(target, overwrite)
    with staged(target) as place:
        shutil.copytree(tree, place)
    return [target]


def _check_place(place: Path, overwrite: bool) -> None:
    if place.exists() and not overwrite:
        raise UsageError(f"{place} exists already; choose another name or allow it to be overwritten")
    if not place.parent.is_dir():
        raise UsageError(f"the folder {place.parent} does not exist; make it first")


def _conform(tables: Iterable[pa.Table], schema: TableSchema) -> tuple[TableSchema, Iterator[pa.Table]]:
    """Return the schema with the further columns of an open one, and the tables in its columns and types."""
    source = iter(tables)
    first = next(source, None)
    if schema.open and first is not None:
        extra = [file_column(f) for f in first.schema if f.name not in schema and not f.name.startswith("_")]
        schema = schema.with_columns(extra)
    rows = source if first is None else chain([first], source)
    return schema, (_columns(table, schema) for table in rows)


def _columns(table: pa.Table, schema: TableSchema) -> pa.Table:
    missing = [n for n in schema.names if n not in table.column_names]
    if missing:
        raise SchemaError(f"the table to export has no column {', '.join(missing)}")
    arrays = [to_arrow(table[col.name], col) for col in schema.columns]
    return pa.table(arrays, schema=arrow_schema(schema))


@contextmanager
def _appearing(target: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place when all went well, and vanishes otherwise."""
    with staged(target, sync=True) as place, open(place, "wb") as file:
        yield file


def _write_csv(file: IO[bytes], rows: Iterable[pa.Table], schema: TableSchema) -> None:
    writer = CsvWriter(file)
    for table in chain([arrow_schema(schema).empty_table()], rows):
        writer.write(table)
    writer.close()


def _write_parquet(file: IO[bytes], rows: Iterable[pa.Table], schema: TableSchema, notes: TableNotes) -> None:
    with _spooled(rows, schema) as (tables, widths):
        footer = voparquet_footer(schema, notes.name, notes.description, widths)
        header = astropy_header(schema, {"name": notes.name, "description": notes.description})
        footer |= {ASTROPY_KEY: "\n".join(header).encode(), PROVENANCE_KEY: json.dumps(notes.provenance).encode()}
        fields = arrow_schema(schema).with_metadata(footer)
        with pq.ParquetWriter(file, fields, compression="zstd", write_page_checksum=True) as writer:
            for table in tables:
                writer.write_table(table.replace_schema_metadata(fields.metadata))


@contextmanager
def _spooled(rows: Iterable[pa.Table], schema: TableSchema) -> Iterator[tuple[Iterable[pa.Table], dict[bytes, bytes]]]:
    """Yield the tables again and the widths of their text columns, which astropy wants in the footer.

    astropy's Parquet reader fails on null text unless ``table::len::<column>`` tells it the width, and that has to
    be known before the first row is written: tables with text go through a temporary file.
    """
    if not any(col.dtype == "string" for col in schema.columns):
        yield rows, {}
        return
    with tempfile.TemporaryFile(prefix="vacframe-") as spool:
        widths: dict[bytes, bytes] = {}
        with pa.ipc.new_stream(spool, arrow_schema(schema)) as writer:
            for table in rows:
                writer.write_table(table)
                for key, width in text_widths(table).items():
                    widths[key] = max(widths.get(key, b"1"), width, key=int)
        spool.seek(0)
        yield (pa.Table.from_batches([batch]) for batch in pa.ipc.open_stream(spool)), widths


def _write_ecsv(file: IO[bytes], table: pa.Table, schema: TableSchema, notes: TableNotes) -> None:
    from io import StringIO

    from vacframe.core.columns.astropy_tables import table_from_arrow

    out = table_from_arrow(table)
    out.meta = asdict(notes)
    text = StringIO()
    out.write(text, format="ascii.ecsv")
    file.write(text.getvalue().encode())


_WRITERS: dict[str, Callable[..., None]] = {
    "fits": write_fits,
    "votable": write_votable,
    "ecsv": _write_ecsv,
    "mrt": write_mrt,
}
