"""Tables in files of any format that is read: their columns, and their rows in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
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


def probe_table(path: str | os.PathLike[str], options: ReadOptions = DEFAULTS) -> tuple[Column, ...]:
    """Return the columns of a file: name, dtype, array length, unit, UCD and description.

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
    from vacframe.core.columns.arrow import file_column

    return tuple(file_column(field) for field in _schema(Path(path), options))


def read_table(
    path: str | os.PathLike[str], columns: Iterable[str] | None = None, options: ReadOptions = DEFAULTS
) -> pa.Table:
    """Return the rows of a file as one table; see `iter_tables`."""
    import pyarrow as pa

    wanted = None if columns is None else list(columns)
    parts = list(iter_tables(path, wanted, options=options))
    if parts:
        return pa.concat_tables(parts).combine_chunks()
    fields = _schema(Path(path), options)
    return pa.schema([fields.field(n) for n in (fields.names if wanted is None else wanted)]).empty_table()


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
    from vacframe.io.fields import with_nulls

    place = Path(path)
    kind = sniff(place)
    with reading(place, kind):
        whole = None if kind in _MODULES else _load(kind)(place, options)
        fields = _function(kind, "schema")(place, options) if whole is None else whole.schema
        chosen = _chosen(place, fields.names, columns)
        if whole is None:
            parts = _function(kind, "batches")(place, chosen, batch_rows, options)
        else:
            wanted = whole.select(chosen)
            parts = (wanted.slice(start, batch_rows) for start in range(0, wanted.num_rows, batch_rows))
        for table in parts:
            yield with_nulls(table, options.null_values)


def _function(kind: Format, task: str) -> Callable:
    return getattr(import_module(_MODULES[kind]), f"{kind}_{task}")


def _load(kind: Format) -> Callable:
    return getattr(import_module(_WHOLE_MODULE), f"read_{kind}")


def _schema(path: Path, options: ReadOptions) -> pa.Schema:
    kind = sniff(path)
    with reading(path, kind):
        return _function(kind, "schema")(path, options) if kind in _MODULES else _load(kind)(path, options).schema


def _chosen(path: Path, names: list[str], columns: Iterable[str] | None) -> list[str]:
    if columns is None:
        return names
    chosen = list(columns)
    missing = [name for name in chosen if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise InputFileError(str(path), f"has no column {', '.join(map(repr, missing))}.{hint}")
    return chosen
