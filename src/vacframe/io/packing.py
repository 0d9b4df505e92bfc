"""Columns as big-endian cells of fixed width, as FITS binary tables and VOTable's BINARY2 store them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy


def pack(columns: Iterable[tuple[np.ndarray, bool]], rows: int) -> bytes:
    """Return rows × columns as bytes, cell after cell, numbers big-endian.

    Parameters
    ----------
    columns : iterable of (ndarray of shape (rows,) or (rows, length), bool)
        Cells, and whether they are raw bytes that keep their order.
    rows : int
        Number of rows.
    """
    cells = [(values if raw else values.astype(values.dtype.newbyteorder(">"), copy=False)) for values, raw in columns]
    kinds = [(f"c{i}", v.dtype, v.shape[1:]) for i, v in enumerate(cells)]
    packed = np.empty(rows, dtype=np.dtype(kinds))
    for (name, _, _), values in zip(kinds, cells, strict=True):
        packed[name] = values
    return packed.tobytes()


def values_of(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a column and where they are null, shape (rows,)."""
    values, mask = to_numpy(column)
    return values, np.zeros(len(values), dtype=bool) if mask is None else mask


def logical_letters(values: np.ndarray, missing: np.ndarray, null: int) -> np.ndarray:
    """Return logicals as the letters T and F, dtype uint8, and nulls (rows) as the byte `null`."""
    letters = np.where(values, np.uint8(ord("T")), np.uint8(ord("F")))
    letters[missing] = null
    return letters


def has_64th_bit(values: np.ndarray) -> bool:
    """Return whether unsigned integers of 64 bits are among the values that no signed type holds."""
    return values.dtype == np.uint64 and bool(values.size) and bool(values.max() > np.iinfo(np.int64).max)


def ascii_text(text: str) -> str:
    """Return text in printable ASCII, which is all that FITS allows: accents are dropped, the rest becomes ``?``."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c)).encode("ascii", "replace").decode()
    return "".join(c if " " <= c <= "~" else " " for c in kept)


def fixed_text(values: np.ndarray, encoding: str) -> np.ndarray:
    """Return text as bytes of one width (at least 1), dtype ``S<width>``; UTF-16 has no byte-order mark."""
    items = [value.encode(encoding) for value in values]
    width = max((len(item) for item in items), default=1) or (2 if "16" in encoding else 1)
    return np.array(items, dtype=f"S{width}") if items else np.empty(0, dtype=f"S{width}")
