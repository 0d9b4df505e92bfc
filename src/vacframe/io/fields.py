"""Columns of files: the types in which they are kept, and what is left out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.contract.errors import SchemaError

NULL_TEXT = ("", "null", "NULL", "nan", "NaN", "NAN", "--")
"""Cells that mean "missing" in any column."""


class ColumnsLeftOutWarning(UserWarning):
    """Columns of a file were left out because a table of vacframe cannot hold them."""


def warn_left_out(path: str, names: Iterable[str], why: str) -> None:
    """Warn once that columns of a file are not read (or written), and why."""
    listed = sorted(names)
    if listed:
        warnings.warn(f"{path}: columns left out, {why}: {', '.join(listed)}", ColumnsLeftOutWarning, stacklevel=3)


def same_length(lengths: pa.Array | pa.ChunkedArray) -> int | None:
    """Return the one length that all lists have which are neither null nor empty; None when they differ."""
    filled = pc.filter(lengths, pc.greater(lengths, 0))
    limits = pc.min_max(filled).as_py()
    return limits["min"] if limits["min"] == limits["max"] else None


def kept_type(kind: pa.DataType, length: int | None = None) -> pa.DataType | None:
    """Return the type in which a column of an Arrow type is kept; None when it is left out.

    Dates and times become ISO 8601 strings, bytes and categories strings, half floats float32, decimals
    float64, an all-null column float64; lists of numbers become fixed-size lists when `length` is given, an
    empty list being null.
    """
    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        size = kind.list_size if types.is_fixed_size_list(kind) else length
        inner = kept_type(kind.value_type)
        simple = inner is not None and not types.is_string(inner) and not types.is_nested(inner)
        return pa.list_(inner, size) if simple and size else None
    if types.is_dictionary(kind):
        return kept_type(kind.value_type)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind):
        return kind
    if types.is_float16(kind):
        return pa.float32()
    if types.is_decimal(kind) or types.is_null(kind):
        return pa.float64()
    text = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary)
    if any(check(kind) for check in (*text, types.is_fixed_size_binary, types.is_temporal)):
        return pa.string()
    return None


def keep(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Return a column in the type `kind` that `kept_type` chose; text is stripped and empty text is null.

    Raises
    ------
    SchemaError
        If lists that should all have one length do not.
    """
    if pa.types.is_fixed_size_list(kind) and not pa.types.is_fixed_size_list(array.type):
        return pa.chunked_array([_fixed_list(chunk, kind) for chunk in array.chunks], kind)
    if pa.types.is_string(kind):
        return _text(array)
    return array if array.type == kind else array.cast(kind)


def _fixed_list(array: pa.Array, kind: pa.DataType) -> pa.Array:
    size = kind.list_size
    lengths = pc.list_value_length(array)
    filled = pc.filter(lengths, pc.greater(lengths, 0))
    if len(filled) and pc.min_max(filled).as_py() != {"min": size, "max": size}:
        raise SchemaError(f"lists have {pc.min_max(filled).as_py()} elements, expected {size} in every row")
    present = pc.fill_null(pc.greater(lengths, 0), False)
    return pc.if_else(present, array, pa.scalar(None, array.type)).cast(kind)


def _text(array: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_temporal(array.type):
        array = _iso(array)
    stripped = pc.utf8_trim_whitespace(decoded(array))
    return pc.if_else(pc.equal(stripped, ""), pa.scalar(None, pa.string()), stripped)


def decoded(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text or bytes as text; bytes that are not UTF-8 become the replacement character."""
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        items = [None if v is None else v.decode("utf-8", "replace") for v in array.to_pylist()]
        return pa.chunked_array([pa.array(items, pa.string())])


def _iso(array: pa.ChunkedArray) -> pa.ChunkedArray:
    text = array.cast(pa.string())
    return pc.replace_substring(text, " ", "T", max_replacements=1) if pa.types.is_timestamp(array.type) else text


def with_nulls(table: pa.Table, values: tuple[str | float, ...]) -> pa.Table:
    """Return the table with NaN and the values that mean "missing" as nulls (scalars) or NaN (array cells)."""
    words = [str(v).strip() for v in values]
    numbers = [float(v) for v in words if is_number(v)]
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


def is_number(value: str) -> bool:
    """Return whether text is a number as Python reads it."""
    try:
        float(value)
    except ValueError:
        return False
    return True
