"""Between Arrow and astropy tables, with units, descriptions and UCDs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import column_of, file_column, notes_of, to_arrow, to_numpy, unit_text
from vacframe.core.contract.schema import Column


def table_from_arrow(table: pa.Table) -> Any:
    """Return an astropy Table (masked columns where there are nulls); UCDs are in ``info.meta["ucd"]``."""
    from astropy.table import Column as PlainColumn
    from astropy.table import MaskedColumn, Table

    out = Table()
    for field in table.schema:
        col = file_column(field)
        values, mask = to_numpy(table[field.name])
        if values.dtype == object:
            values = values.astype(str) if len(values) else np.empty(0, "U1")
        options = {"name": col.name, "unit": col.unit, "description": col.description or None}
        whole = mask is not None and values.ndim > 1
        if mask is None:
            out[col.name] = PlainColumn(np.array(values), **options)
        else:
            cells = np.repeat(mask[:, None], values.shape[1], axis=1) if whole else mask
            out[col.name] = MaskedColumn(np.array(values), mask=cells, **options)
        if col.ucd:
            out[col.name].info.meta = {"ucd": col.ucd}
    return out


def table_to_arrow(table: Any) -> pa.Table:
    """Return a dict of arrays, an astropy Table or a pyarrow Table as a pyarrow Table with notes on its fields."""
    if isinstance(table, pa.Table):
        return table
    names = list(table) if isinstance(table, dict) else table.colnames
    arrays, fields = [], []
    for name in names:
        col, array = converted(name, table[name])
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=notes_of(col)))
    return pa.table(arrays, schema=pa.schema(fields))


def converted(name: str, values: Any) -> tuple[Column, pa.Array]:
    """Return one column of an astropy table, or an array, as `Column` and Arrow array."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        col = column_of(pa.field("column", values.type))
        return col.model_copy(update={"name": name}), to_arrow(values, col)
    data = values if hasattr(values, "dtype") else np.asarray(values)
    text = data.dtype.kind in "USO"
    unit = getattr(values, "unit", None)
    info = getattr(values, "info", None)
    dtype: Any = "string" if text else data.dtype.newbyteorder("=").name
    col = Column(
        name="column",
        dtype=dtype,
        length=data.shape[1] if data.ndim > 1 else None,
        unit=unit_text(None if unit is None else str(unit)) or None,
        description=(getattr(values, "description", None) or ""),
        ucd=(getattr(info, "meta", None) or {}).get("ucd") if info is not None else None,
    ).model_copy(update={"name": name})
    return col, to_arrow(values if unit is None else getattr(values, "value", np.ma.asarray(values)), col)
