"""Tables in files of any format that is read: their columns, and their rows in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from vacframe.core.contract.errors import InputFileError, did_you_mean
from vacframe.core.contract.schema import Column
from vacframe.io.formats import Format, sniff
from vacframe.io.read_errors import reading
from vacframe.io.read_options import ReadOptions

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULTS = ReadOptions()
"""Reading without any choice made."""
BATCH_ROWS = 65536
"""Default number of rows in a batch."""

_MODULES: dict[Format, str] = {
    "fits": "vacframe.io.fits_tables",
    "parquet": "vacframe.io.parquet_tables",
    "hats": "vacframe.io.parquet_tables",
    "csv": "vacframe.io.csv_tables",
}
"""Formats read in batches: where ``<format>_schema(path, options)`` and ``<format>_batches(...)`` are."""
_WHOLE_MODULE = "vacframe.io.astropy_files"
"""Where ``read_<format>(path, options)`` of the other formats is."""


@dataclass(frozen=True)
class FileTable:
    """The table in a file: its columns are known, its rows still to be read.

    Attributes
    ----------
    path : Path
    kind : str
        Format.
    fields : pyarrow.Schema
        Units, UCDs and descriptions are the metadata of the fields.
    options : ReadOptions
    whole : pyarrow.Table or None
        The rows, of formats that are parsed whole.
    """

    path: Path
    kind: Format
    fields: pa.Schema
    options: ReadOptions
    whole: pa.Table | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """Name, dtype, array length, unit, UCD and description of each column."""
        from vacframe.core.columns.arrow import file_column

        return tuple(file_column(field) for field in self.fields)

    def batches(self, columns: Iterable[str] | None = None, batch_rows: int = BATCH_ROWS) -> Iterator[pa.Table]:
        """Yield the rows, in order, as tables of at most `batch_rows` rows; see `iter_tables`."""
        from vacframe.io.fields import with_nulls

        with reading(self.path, self.kind):
            chosen = _chosen(self.path, self.fields.names, columns)
            if self.whole is None:
                parts = _function(self.kind, "batches")(self.path, chosen, batch_rows, self.options)
            else:
                wanted = self.whole.select(chosen)
                parts = (wanted.slice(start, batch_rows) for start in range(0, wanted.num_rows, batch_rows))
            for table in parts:
                yield with_nulls(table, self.options.null_values)


def open_table(path: str | os.PathLike[str], options: ReadOptions = DEFAULTS) -> FileTable:
    """Return the table in a file, of which the columns are looked at.

    FITS, Parquet and HATS are answered from headers (Parquet lists, whose length no header tells, are read);
    CSV is scanned for types that hold in every row; VOTable and ECSV are parsed.

    Parameters
    ----------
    path : path
        A file, gzip or not, or the folder of a HATS catalogue.
    options : ReadOptions
        What the file alone does not say.

    Raises
    ------
    InputFileError
        If the file cannot be read; the message says what was expected.
    """
    place = Path(path)
    kind = sniff(place)
    with reading(place, kind):
        if kind in _MODULES:
            return FileTable(place, kind, _function(kind, "schema")(place, options), options)
        whole = _load(kind)(place, options)
        return FileTable(place, kind, whole.schema, options, whole)


def probe_table(path: str | os.PathLike[str], options: ReadOptions = DEFAULTS) -> tuple[Column, ...]:
    """Return the columns of a file: name, dtype, array length, unit, UCD and description; see `open_table`."""
    return open_table(path, options).columns


def read_table(
    path: str | os.PathLike[str], columns: Iterable[str] | None = None, options: ReadOptions = DEFAULTS
) -> pa.Table:
    """Return the rows of a file as one table; see `iter_tables`."""
    import pyarrow as pa

    wanted = None if columns is None else list(columns)
    table = open_table(path, options)
    parts = list(table.batches(wanted))
    if parts:
        return pa.concat_tables(parts).combine_chunks()
    return pa.schema([table.fields.field(n) for n in (table.fields.names if wanted is None else wanted)]).empty_table()


def iter_tables(
    path: str | os.PathLike[str],
    columns: Iterable[str] | None = None,
    batch_rows: int = BATCH_ROWS,
    options: ReadOptions = DEFAULTS,
) -> Iterator[pa.Table]:
    """Yield the rows of a file, in order, as tables of at most `batch_rows` rows.

    Units, UCDs and descriptions are the metadata of the Arrow fields. Missing values are null (a float NaN too),
    whatever the format's own convention; integers never become floats. Text is stripped and empty text is null.
    Dates become ISO 8601 text. What a table cannot hold (structures, complex numbers, lists of unequal length) is
    left out with a `vacframe.io.fields.ColumnsLeftOutWarning` that names the columns. A VOTable or ECSV file is
    parsed whole; the other formats take memory for a batch only. An empty file yields nothing.

    Parameters
    ----------
    path : path
        A file, gzip or not, or the folder of a HATS catalogue.
    columns : iterable of str, optional
        The columns wanted, in this order; None is all.
    batch_rows : int
        Largest number of rows in a table.
    options : ReadOptions
        What the file alone does not say.

    Raises
    ------
    InputFileError
        If the file cannot be read or lacks a column.
    """
    yield from open_table(path, options).batches(columns, batch_rows)


def _function(kind: Format, task: str) -> Callable:
    return getattr(import_module(_MODULES[kind]), f"{kind}_{task}")


def _load(kind: Format) -> Callable:
    return getattr(import_module(_WHOLE_MODULE), f"read_{kind}")


def _chosen(path: Path, names: list[str], columns: Iterable[str] | None) -> list[str]:
    if columns is None:
        return names
    chosen = list(columns)
    missing = [name for name in chosen if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise InputFileError(str(path), f"has no column {', '.join(map(repr, missing))}.{hint}")
    return chosen
