"""Astropy tables that come from files, and the notes that astropy's own readers look for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.astropy_tables import converted, table_from_arrow
from vacframe.core.columns.field_notes import notes_of
from vacframe.core.contract.schema import TableSchema
from vacframe.io.fields import warn_left_out


def astropy_header(schema: TableSchema, meta: dict[str, Any]) -> list[str]:
    """Return units, descriptions and UCDs of columns as the lines of YAML that astropy's own readers look for.

    They lie under the footer key ``table_meta_yaml`` of Parquet files and between two COMMENT cards of FITS tables.

    Parameters
    ----------
    schema : TableSchema
        All columns of the file.
    meta : dict
        Of the table.
    """
    from astropy.table.meta import get_yaml_from_table

    empty = table_from_arrow(arrow_schema(schema).empty_table())
    empty.meta = meta
    return list(get_yaml_from_table(empty))


def file_table_to_arrow(table: Any, path: str) -> pa.Table:
    """Return an astropy Table read from a file as a pyarrow Table.

    Lists of one length become array cells, times ISO 8601 text, empty text null; complex numbers, structures,
    coordinates and lists of unequal length are left out with a warning that names them.
    """
    arrays, fields, left = [], [], []
    for name in table.colnames:
        values = _plain(table[name])
        if values is None:
            left.append(name)
            continue
        col, array = converted(name, values)
        if col.dtype == "string":
            empty = pa.array([text == "" for text in array.to_pylist()], pa.bool_())
            array = pa.compute.if_else(empty, None, array)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=notes_of(col)))
    warn_left_out(path, left, "complex numbers, coordinates and lists of unequal length are not read")
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
