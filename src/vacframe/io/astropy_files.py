"""Reading VOTable and ECSV files, whole, through astropy."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import notes_of
from vacframe.core.columns.astropy_tables import converted
from vacframe.core.contract.errors import InputFileError
from vacframe.io.fields import NULL_TEXT, warn_left_out
from vacframe.io.plain import plain_file
from vacframe.io.read_errors import reading
from vacframe.io.read_options import ReadOptions

_ELEMENTS = {
    "unsignedByte": "uint8",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
}


def read_votable(path: Path, options: ReadOptions) -> pa.Table:
    """Return a table of a VOTable file with the notes of its fields.

    Raises
    ------
    InputFileError
        If the file lacks the table that the options name, or any.
    """
    from astropy.io import votable

    with plain_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = list(votable.parse(str(file), verify="ignore").iter_tables())
        chosen = _choose(path, tables, options.table)
        table = chosen.to_table(use_names_over_ids=True)
        for field, column in zip(chosen.fields, table.itercols(), strict=True):
            column.info.meta = {"ucd": field.ucd} if field.ucd else {}
            if column.dtype == object and field.datatype in _ELEMENTS:
                _retype(column, _ELEMENTS[field.datatype])
    return _to_arrow(path, table)


def _retype(column: Any, dtype: str) -> None:
    """Give the arrays in the cells of a column the element type of the file; astropy widens them."""
    cells = np.ma.getdata(column)
    for row, cell in enumerate(cells):
        if isinstance(cell, np.ndarray):
            cells[row] = cell.astype(dtype)


def _choose(path: Path, tables: list[Any], wanted: int | str | None) -> Any:
    if wanted is None and tables:
        return next((t for t in tables if len(t.fields)), tables[0])
    for number, table in enumerate(tables):
        if wanted in (number, table.ID, table.name):
            return table
    names = ", ".join(f"{i} {t.ID or t.name or '-'}" for i, t in enumerate(tables)) or "none"
    raise InputFileError(str(path), f"holds no table{'' if wanted is None else f' {wanted!r}'}; its tables: {names}")


def read_ecsv(path: Path, options: ReadOptions) -> pa.Table:
    """Return the table of an ECSV file with the notes of its columns (no option applies)."""
    from astropy.table import Table

    with plain_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fill = [(text, "0") for text in NULL_TEXT if text.strip("-") and "nan" not in text.lower()]
        table = Table.read(str(file), format="ascii.ecsv", fill_values=[("", "0"), *fill])
    return _to_arrow(path, table)


def _to_arrow(path: Path, table: Any) -> pa.Table:
    """Return an astropy Table read from a file as a pyarrow Table.

    Lists of one length become array cells, times ISO 8601 text, empty text null; complex numbers, structures,
    coordinates and lists of unequal length are left out with a warning that names them.
    """
    arrays, fields, left = [], [], []
    for name in table.colnames:
        with reading(path, "a table", column=name):
            values = _plain(table[name])
            if values is None:
                left.append(name)
                continue
            col, array = converted(name, values)
        if col.dtype == "string":
            array = pc.if_else(pc.equal(array, ""), None, array)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=notes_of(col)))
    warn_left_out(str(path), left, "complex numbers, coordinates and lists of unequal length are not read")
    return pa.table(arrays, schema=pa.schema(fields))


def _plain(values: Any) -> Any:
    """Return a column of numbers, text or arrays of numbers; None where it cannot be one."""
    from astropy.time import Time

    if isinstance(values, Time):
        return np.asarray(values.isot)
    dtype = getattr(values, "dtype", None)
    if dtype is None or dtype.kind in "cV":
        return None
    if dtype.kind in "mM":
        return np.datetime_as_string(values) if dtype.kind == "M" else None
    if dtype.kind == "O":
        return _stacked(values)
    if values.ndim > 1 and (dtype.kind in "SU" or 0 in values.shape[1:]):
        return None
    if values.ndim > 2:
        flat = values.reshape(len(values), -1)
        flat.info = values.info
        return flat
    return values


def _stacked(values: Any) -> Any:
    """Return a column of objects as text, or as arrays where all have one length."""
    from astropy.table import Column as PlainColumn
    from astropy.table import MaskedColumn

    info = values.info
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), bool)
    items = [None if m or v is None or v is np.ma.masked else v for v, m in zip(values, missing, strict=True)]
    present = [v for v in items if v is not None]
    if all(isinstance(v, str | bytes) for v in present):
        text = [None if v is None else v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in items]
        return PlainColumn(np.array(text, dtype=object), description=info.description, meta=info.meta)
    items = [None if v is None or np.size(v) == 0 else v for v in items]
    cells = [np.ma.asarray(v) for v in items if v is not None]
    if (
        not cells
        or {c.shape for c in cells} != {cells[0].shape}
        or cells[0].ndim != 1
        or cells[0].dtype.kind not in "iufb"
    ):
        return None
    dtype = np.result_type(*(c.dtype for c in cells))
    fill = np.nan if dtype.kind == "f" else 0
    rows = [np.full(cells[0].shape, fill) if v is None else np.ma.filled(np.ma.asarray(v), fill) for v in items]
    mask = np.array([np.full(cells[0].shape, v is None) for v in items])
    return MaskedColumn(
        np.array(rows, dtype=dtype), mask=mask, unit=info.unit, description=info.description, meta=info.meta
    )
