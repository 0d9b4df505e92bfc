"""Between Arrow and NumPy: types, notes on fields (unit, UCD, description), views without copies, canonical nulls.

A null float is NaN on the NumPy side and null on the Arrow side (inside array cells it stays NaN). Other
types carry a mask.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.contract.errors import SchemaError
from vacframe.core.contract.schema import Column, DType, TableSchema

_ARROW: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "string": pa.string(),
    **{f"{kind}{bits}": getattr(pa, f"{kind}{bits}")() for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    "float32": pa.float32(),
    "float64": pa.float64(),
}


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type of a column."""
    base = _ARROW[column.dtype]
    return base if column.length is None else pa.list_(base, column.length)


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """Return the Arrow schema; unit, UCD and description are field metadata."""
    fields = []
    for col in schema.columns:
        notes = {"description": col.description, "unit": col.unit or "", "ucd": col.ucd or ""}
        fields.append(pa.field(col.name, arrow_type(col), nullable=col.nullable, metadata=notes))
    return pa.schema(fields)


def column_of(field: pa.Field) -> Column:
    """Return the `Column` that describes an Arrow field (half floats and dates are not taken).

    Raises
    ------
    SchemaError
        If the type has no counterpart.
    """
    notes = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
    kind, length = field.type, None
    if pa.types.is_fixed_size_list(kind):
        kind, length = kind.value_type, kind.list_size
    if pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        kind = pa.string()
    names = {v: k for k, v in _ARROW.items()}
    if kind not in names:
        raise SchemaError(f"column {field.name!r} has type {field.type}, which vacframe does not store")
    dtype: DType = names[kind]  # type: ignore[assignment]
    return Column(
        name=field.name,
        dtype=dtype,
        length=length,
        description=notes.get("description", ""),
        unit=notes.get("unit") or None,
        ucd=notes.get("ucd") or None,
    )


def to_numpy(array: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return values and mask of an Arrow array.

    Parameters
    ----------
    array : pyarrow.Array or ChunkedArray of length n
        Scalars, strings or fixed-size lists of numbers.

    Returns
    -------
    values : ndarray, shape (n,) or (n, length)
        A view where the memory allows it, read-only. Null floats are NaN, other nulls 0, False or "".
    mask : ndarray of bool, shape (n,), or None
        True where null; None where nothing is.
    """
    if isinstance(array, pa.ChunkedArray):
        array = (
            array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks or [pa.array([], array.type)])
        )
    mask = None
    if array.null_count:
        mask = array.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_fixed_size_list(array.type):
        values = _list_values(array, mask)
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        filled = array.fill_null("") if array.null_count else array
        values = np.asarray(filled.to_pylist(), dtype=object)
        if not len(values):
            values = np.empty(0, dtype=object)
    elif pa.types.is_boolean(array.type):
        values = (array.fill_null(False) if mask is not None else array).to_numpy(zero_copy_only=False)
    elif mask is None:
        values = array.to_numpy(zero_copy_only=True)
    elif pa.types.is_floating(array.type):
        values = array.to_numpy(zero_copy_only=False)
    else:
        values = array.fill_null(0).to_numpy(zero_copy_only=True)
    values.flags.writeable = False
    return values, mask


def _list_values(array: pa.FixedSizeListArray, mask: np.ndarray | None) -> np.ndarray:
    length = array.type.list_size
    child = array.values.slice(array.offset * length, len(array) * length)
    if child.null_count and not pa.types.is_floating(child.type):
        child = child.fill_null(pa.scalar(0).cast(child.type))
    values = child.to_numpy(zero_copy_only=False).reshape(len(array), length)
    if mask is not None:
        values = values.copy()
        values[mask] = np.nan if values.dtype.kind == "f" else 0
    return values


def to_arrow(values: Any, column: Column, mask: np.ndarray | None = None) -> pa.Array:
    """Return values as an Arrow array of the column's type.

    Parameters
    ----------
    values : array-like, shape (n,) or (n, length)
        NumPy, masked, astropy Column or Quantity (converted to the column's unit), Arrow, or a list.
    column : Column
        Name, type and unit wanted.
    mask : ndarray of bool, optional
        True where null.

    Raises
    ------
    SchemaError
        If the values cannot be held by the type without loss of meaning, or the shape differs.
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return _cast(values, column)
    values = _in_unit(values, column)
    if isinstance(values, np.ma.MaskedArray):
        own = np.ma.getmaskarray(values)
        own = np.asarray(own.all(axis=tuple(range(1, own.ndim)))) if own.ndim > 1 else own
        mask = own if mask is None else (mask | own)
        values = values.filled(np.nan) if values.dtype.kind == "f" else values.data
    if column.dtype == "string":
        return _strings(values, mask)
    try:
        data = np.asarray(values)
    except ValueError:
        raise SchemaError(f"column {column.name!r} has cells of different lengths") from None
    if not data.ndim:
        raise SchemaError(f"column {column.name!r} is a single value, expected one per row")
    if data.dtype == object:
        data, mask = _objects(data, column, mask)
    shape = (len(data),) if column.length is None else (len(data), column.length)
    if data.shape != shape:
        raise SchemaError(f"column {column.name!r} has shape {data.shape}, expected {shape}")
    data = _as_dtype(data, column, mask)
    if column.length is not None:
        flat = pa.array(np.ascontiguousarray(data).reshape(-1))
        nulls = None if mask is None or not mask.any() else pa.array(mask)
        return pa.FixedSizeListArray.from_arrays(flat, column.length, mask=nulls)
    if column.is_float:
        missing = np.isnan(data)
        mask = missing if mask is None else (mask | missing)
    return pa.array(data, mask=mask if mask is not None and mask.any() else None)


def _in_unit(values: Any, column: Column) -> Any:
    unit = getattr(values, "unit", None)
    if unit is None or column.unit is None:
        return getattr(values, "value", values) if unit is not None and hasattr(values, "to_value") else values
    from astropy import units

    wanted = units.Unit(column.unit)
    if unit == wanted:
        return values.value if isinstance(values, units.Quantity) else values
    try:
        return units.Quantity(values).to_value(wanted)
    except units.UnitConversionError:
        raise SchemaError(f"column {column.name!r} is in {unit}, which does not convert to {wanted}") from None


def _strings(values: Any, mask: np.ndarray | None) -> pa.Array:
    data = np.asarray(values)
    if data.dtype.kind == "S":
        data = np.char.decode(data, "utf-8", "replace")
    items = [None if v is None or v != v else str(v) for v in data.tolist()]
    if mask is not None:
        items = [None if m else v for v, m in zip(items, mask, strict=True)]
    return pa.array(items, pa.string())


def _objects(data: np.ndarray, column: Column, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    missing = np.array([v is None for v in data], dtype=bool)
    fill: Any = np.nan if column.is_float else np.dtype(column.dtype).type(0)
    if column.length is not None:
        fill = np.full(column.length, fill)
    try:
        filled = np.array([fill if m else v for v, m in zip(data, missing, strict=True)])
    except ValueError:
        filled = data
    if filled.dtype == object:
        raise SchemaError(f"column {column.name!r} holds values that are no {column.type_name()}")
    return filled, missing if mask is None else (mask | missing)


def _as_dtype(data: np.ndarray, column: Column, mask: np.ndarray | None) -> np.ndarray:
    wanted = np.dtype(column.dtype)
    if data.dtype == wanted:
        return data
    if data.dtype.kind in "US":
        raise SchemaError(f"column {column.name!r} holds text, expected {column.dtype}")
    if wanted.kind in "iu" and data.size:
        usable = data if mask is None else data[~mask]
        if data.dtype.kind == "f" and not np.all(np.isfinite(usable) & (usable == np.floor(usable))):
            raise SchemaError(f"column {column.name!r} holds fractions or NaN, expected {column.dtype}")
        limits = np.iinfo(wanted)
        if usable.size and (usable.min() < limits.min or usable.max() > limits.max):
            raise SchemaError(f"column {column.name!r} holds values beyond the range of {column.dtype}")
        if data.dtype.kind == "f" and mask is not None:
            data = np.where(mask if data.ndim == 1 else mask[:, None], 0, data)
    if wanted.kind == "b" and not np.all(np.isin(data if mask is None else data[~mask], (0, 1))):
        raise SchemaError(f"column {column.name!r} holds other values than 0 and 1, expected bool")
    try:
        with np.errstate(over="raise"):
            return data.astype(wanted)
    except FloatingPointError:
        raise SchemaError(f"column {column.name!r} holds values beyond the range of {column.dtype}") from None


def _cast(values: pa.Array | pa.ChunkedArray, column: Column) -> pa.Array:
    array = (
        pa.concat_arrays(values.chunks or [pa.array([], values.type)])
        if isinstance(values, pa.ChunkedArray)
        else values
    )
    wanted = arrow_type(column)
    if array.type != wanted:
        try:
            array = array.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise SchemaError(f"column {column.name!r}: {array.type} does not fit {wanted} ({error})") from None
    if column.is_float and column.length is None:
        data, mask = to_numpy(array)
        missing = np.isnan(data)
        if missing.any() and (mask is None or not np.array_equal(mask, missing)):
            array = pa.array(data, mask=missing)
    return array


def notes(description: str | None = None, unit: str | None = None, ucd: str | None = None) -> dict[str, str]:
    """Return the metadata of an Arrow field; the unit in astropy's generic notation."""
    return {"description": " ".join((description or "").split()), "unit": unit_text(unit), "ucd": ucd or ""}


def notes_of(column: Column) -> dict[str, str]:
    """Return the metadata of the Arrow field of a column."""
    return {"description": column.description, "unit": column.unit or "", "ucd": column.ucd or ""}


def file_column(field: pa.Field) -> Column:
    """Return the `Column` of a field whatever its name (files have names like ``[Fe/H]``)."""
    return column_of(field.with_name("column")).model_copy(update={"name": field.name})


@lru_cache(maxsize=4096)
def unit_text(unit: str | None) -> str:
    """Return a unit as astropy writes it in its generic notation.

    FITS, VOUnit, CDS and generic notations are understood, and quoted ones (``'dex'``); text that is none of
    these comes back as it is, so that an error can show it.
    """
    if unit is None or not unit.strip() or unit.strip() in ("-", "---"):
        return ""
    from astropy import units

    bare = unit.strip().strip("'\"")
    for notation in ("generic", "fits", "vounit", "cds"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return units.Unit(bare, format=notation).to_string()
        except ValueError:
            continue
    return bare
