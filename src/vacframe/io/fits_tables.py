"""Reading FITS binary tables by row slices: null values, strings, logicals, scaled and array columns, notes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_type, file_column, notes, notes_of, to_arrow
from vacframe.core.contract.errors import InputFileError
from vacframe.core.contract.schema import Column
from vacframe.io.fields import keep, same_length, warn_left_out
from vacframe.io.plain import plain_file
from vacframe.io.read_errors import reading
from vacframe.io.read_options import ReadOptions


def fits_schema(path: Path, options: ReadOptions) -> pa.Schema:
    """Return the fields of the first table of a FITS file (or the one chosen); rows are not read."""
    with _table_hdu(path, options) as hdu:
        found = {card.name: _column(hdu, card) for card in hdu.columns}
        kept = [col for col in found.values() if col is not None]
        left = [name for name, col in found.items() if col is None]
        warn_left_out(str(path), left, "complex numbers, arrays of strings and lists of unequal length are not read")
        return _fields(kept)


def fits_batches(path: Path, columns: list[str], batch_rows: int, options: ReadOptions) -> Iterator[pa.Table]:
    """Yield the rows of a FITS table in tables of at most `batch_rows` rows."""
    with _table_hdu(path, options) as hdu:
        known = {c.name: c for c in hdu.columns}
        found = [(known[name], _column(hdu, known[name])) for name in columns]
        wanted = [(card, col) for card, col in found if col is not None]
        fields = _fields(col for _, col in wanted)
        for start in range(0, len(hdu.data) if wanted else 0, batch_rows):
            rows = hdu.data[start : start + batch_rows]
            arrays = []
            for card, col in wanted:
                with reading(path, "FITS", column=card.name, rows=range(start, start + len(rows))):
                    arrays.append(_values(rows, card, col))
            yield pa.table(arrays, schema=fields)


def _fields(columns: Iterable[Column]) -> pa.Schema:
    return pa.schema([pa.field(c.name, arrow_type(c), metadata=notes_of(c)) for c in columns])


@contextmanager
def _table_hdu(path: Path, options: ReadOptions) -> Iterator[Any]:
    from astropy.io import fits

    with plain_file(path) as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hdus = fits.open(file, memmap=True)
        with hdus:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                hdu = _choose(path, hdus, options.table)
            info = hdu.fileinfo()
            expected, found = info["datLoc"] + hdu.size, file.stat().st_size
            if found < expected:
                raise InputFileError(
                    str(path), f"is cut off: its headers announce {expected} bytes, found {found}; fetch it again"
                )
            yield hdu


def _choose(path: Path, hdus: Any, table: int | str | None) -> Any:
    from astropy.io import fits

    tables = [h for h in hdus if isinstance(h, fits.BinTableHDU)]
    if table is not None:
        tables = [h for i, h in enumerate(hdus) if h in tables and table in (i, h.name)]
    if tables:
        return tables[0]
    names = ", ".join(f"{i} {h.name or '-'} ({type(h).__name__})" for i, h in enumerate(hdus))
    asked = "binary table" if table is None else f"binary table {table!r}"
    raise InputFileError(str(path), f"holds no {asked}, or is cut off before it; its HDUs: {names}")


def _column(hdu: Any, card: Any) -> Column | None:
    """Return what a column holds; None where it is not read."""
    from astropy.io.fits.column import FITS2NUMPY

    number = hdu.columns.names.index(card.name) + 1
    header = hdu.header
    note = notes(header.get(f"TCOMM{number}") or header.get(f"TDESC{number}"), card.unit, header.get(f"TUCD{number}"))
    raw = hdu.data.view(np.ndarray).dtype[card.name]
    base, shape, code = raw.base, raw.shape, card.format.format
    if code in ("P", "Q"):
        lengths = np.asarray(hdu.data.view(np.ndarray)[card.name])[:, 0]
        size = same_length(pa.array(lengths.astype(np.int64)))
        if size is None:
            return None
        base, shape, code = np.dtype(FITS2NUMPY[card.format.p_format]), (size,), card.format.p_format
    length = int(np.prod(shape)) if shape else None
    if base.kind == "S":
        dtype = "string" if length is None else None
    elif code == "L":
        dtype = "bool"
    elif code in ("X", "C", "M") or base.kind not in "iufb" or length == 0:
        dtype = None
    else:
        dtype = _scaled(card, base).newbyteorder("=").name
    if dtype is None:
        return None
    field = pa.field(card.name, pa.string(), metadata=note)
    return file_column(field).model_copy(update={"dtype": dtype, "length": length})


def _scaled(card: Any, base: np.dtype) -> np.dtype:
    """Return the dtype of the values after TSCAL and TZERO (the convention for unsigned integers included)."""
    scale, zero = card.bscale or 1, card.bzero or 0
    if scale == 1 and zero == 0:
        return base
    if base.kind == "i" and scale == 1 and zero == 1 << (8 * base.itemsize - 1):
        return np.dtype(f"u{base.itemsize}")
    if base == np.dtype("u1") and scale == 1 and zero == -128:
        return np.dtype("i1")
    return base if base.kind == "f" else np.dtype("f8")


def _values(rows: Any, card: Any, col: Column) -> pa.Array:
    raw = rows.view(np.ndarray)[card.name]
    code = card.format.format
    if col.dtype == "string":
        array = pa.chunked_array([pa.array(np.ascontiguousarray(raw).astype(object), pa.binary())])
        return keep(array, pa.string()).combine_chunks()
    if code in ("P", "Q"):
        cells = [np.asarray(cell) for cell in rows.field(card.name)]
        empty = np.array([len(cell) == 0 for cell in cells], dtype=bool)
        blank = np.zeros(col.length or 0, col.dtype)
        full = np.array([blank if len(cell) == 0 else cell for cell in cells], dtype=col.dtype)
        return to_arrow(full.reshape(len(rows), col.length or 0), col, empty)
    raw = raw.reshape(len(rows), -1) if col.length is not None else raw.reshape(len(rows))
    missing = None
    if code == "L":
        letters = raw.view(np.uint8)
        missing, values = letters == 0, letters == ord("T")
    else:
        if card.null is not None and raw.dtype.kind in "iu":
            missing = raw == card.null
        values = _unscale(raw, card, np.dtype(col.dtype))
    if missing is not None and values.dtype.kind == "f":
        values = np.where(missing, np.nan, values)
    if missing is not None and missing.ndim > 1:
        missing = missing.all(axis=1)
    return to_arrow(values, col, missing)


def _unscale(raw: np.ndarray, card: Any, wanted: np.dtype) -> np.ndarray:
    scale, zero = card.bscale or 1, card.bzero or 0
    if scale == 1 and zero == 0:
        return raw.astype(wanted)
    if wanted.kind in "iu":
        top = 1 << (8 * wanted.itemsize - 1)
        bits = raw.astype(raw.dtype.newbyteorder("=")).view(f"u{wanted.itemsize}")
        return (bits ^ bits.dtype.type(top)).view(wanted)
    return raw.astype(wanted) * wanted.type(scale) + wanted.type(zero)
