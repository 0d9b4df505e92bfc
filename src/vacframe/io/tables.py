"""Tables in files of any format that is read: their columns, and their rows in bounded memory."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from vacframe.core.contract.errors import InputFileError, VacframeError, did_you_mean
from vacframe.core.contract.schema import Column
from vacframe.io.formats import Format, sniff
from vacframe.io.options import ReadOptions

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULTS = ReadOptions()
"""Reading without any choice made."""
BATCH_ROWS = 65536
"""Default number of rows in a batch."""

_READERS: dict[Format, tuple[str, str]] = {
    "fits": ("vacframe.io.fits_tables", ""),
    "parquet": ("vacframe.io.parquet_tables", ""),
    "hats": ("vacframe.io.parquet_tables", "hats_"),
    "csv": ("vacframe.io.csv_tables", ""),
}
_WHOLE: dict[Format, str] = {"ecsv": "read_ecsv", "votable": "read_votable"}


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
    from vacframe.core.columns.field_notes import file_column

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
    place = Path(path)
    kind = sniff(place)
    with _reading(place, kind):
        whole = _load(kind)(place, options) if kind in _WHOLE else None
        fields = _reader(kind, "schema")(place, options) if whole is None else whole.schema
        chosen = _chosen(place, fields.names, columns)
        if whole is None:
            parts = _reader(kind, "batches")(place, chosen, batch_rows, options)
        else:
            wanted = whole.select(chosen)
            parts = (wanted.slice(start, batch_rows) for start in range(0, wanted.num_rows, batch_rows))
        for table in parts:
            yield _with_nulls(table, options.null_values)


def _reader(kind: Format, function: str) -> Callable:
    module, prefix = _READERS[kind]
    return getattr(import_module(module), prefix + function)


def _load(kind: Format) -> Callable:
    return getattr(import_module("vacframe.io.astropy_files"), _WHOLE[kind])


def _schema(path: Path, options: ReadOptions) -> pa.Schema:
    kind = sniff(path)
    with _reading(path, kind):
        return _load(kind)(path, options).schema if kind in _WHOLE else _reader(kind, "schema")(path, options)


def _chosen(path: Path, names: list[str], columns: Iterable[str] | None) -> list[str]:
    if columns is None:
        return names
    chosen = list(columns)
    missing = [name for name in chosen if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise InputFileError(str(path), f"has no column {', '.join(map(repr, missing))}.{hint}")
    return chosen


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a library raises over a bad file into an `InputFileError` that names it."""
    try:
        yield
    except VacframeError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise InputFileError(str(path), f"cannot be read as {kind} ({type(error).__name__}: {text})") from error


def _with_nulls(table: pa.Table, values: tuple[str | float, ...]) -> pa.Table:
    """Return the table with NaN and the values that mean "missing" as nulls (scalars) or NaN (array cells)."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from vacframe.core.columns.arrow import to_numpy

    words = [str(v).strip() for v in values]
    numbers = [float(v) for v in words if _is_number(v)]
    integers = [int(v.removesuffix(".0")) for v in words if re.fullmatch(r"[-+]?\d+(\.0)?", v)]
    columns = []
    for field, column in zip(table.schema, table.itercolumns(), strict=True):
        if pa.types.is_string(field.type):
            missing = pc.is_in(column, pa.array(words, pa.string())) if words else None
        elif pa.types.is_floating(field.type):
            data, _ = to_numpy(column)
            missing = pa.array(np.isnan(data) | np.isin(data, np.array(numbers, data.dtype)))
        elif pa.types.is_integer(field.type) and integers:
            limits = np.iinfo(field.type.to_pandas_dtype())
            fitting = [v for v in integers if limits.min <= v <= limits.max]
            missing = pc.is_in(column, pa.array(fitting, field.type))
        else:
            missing = None
        columns.append(column if missing is None else pc.if_else(missing, pa.scalar(None, field.type), column))
    return pa.table(columns, schema=table.schema)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
