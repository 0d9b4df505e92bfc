"""Writing a table as a FITS binary table with all the cards that describe it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa

from vacframe.core.contract.errors import SchemaError
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.io.packing import ascii_text, fixed_text, has_64th_bit, logical_letters, pack, values_of
from vacframe.io.table_notes import TableNotes, astropy_header, unit_in

_CODES = {"int16": "I", "int32": "J", "int64": "K", "uint8": "B", "float32": "E", "float64": "D"}
_BLOCK = 2880
_COMMENT = 70


def write_fits(file: IO[bytes], table: pa.Table, schema: TableSchema, notes: TableNotes) -> None:
    """Write a table as the first extension of a FITS file.

    Units, descriptions, UCDs and null values are the cards TUNIT, TCOMM, TUCD and TNULL (a value that does not
    occur in the column). Integers with nulls are stored without TZERO, because astropy compares TNULL with the
    scaled values: int8 and unsigned ones (also an 8-bit column that uses every value) become the next wider signed
    type, values unchanged. Null floats are NaN, null text is empty, a null logical is a 0 byte. Text is written in
    ASCII (accents dropped), as the standard demands. COMMENT cards say descriptions and UCDs once more, as astropy's
    own reader wants them. RADESYS and POSEPOCH hold frame and epoch of the positions; HISTORY holds the provenance,
    one JSON value a key.

    Parameters
    ----------
    file : binary file
        Open for writing.
    table : pyarrow.Table
        Columns as in `schema`.
    schema : TableSchema
        Declares the columns.
    notes : TableNotes
        The name becomes EXTNAME and OBJECT.

    Raises
    ------
    SchemaError
        If a uint64 column with nulls needs all 64 bits.
    """
    from astropy.io import fits

    primary = fits.Header()
    primary["SIMPLE"], primary["BITPIX"], primary["NAXIS"], primary["EXTEND"] = True, 8, 0, True
    primary["ORIGIN"] = "vacframe"
    primary["OBJECT"] = ascii_text(notes.name)
    for key, value in notes.provenance.items():
        primary.add_history(ascii_text(f"{key} = {json.dumps(value)}"))
    header = fits.Header()
    cells = []
    for number, col in enumerate(schema.columns, start=1):
        values, raw, cards = _cells(table[col.name], col)
        cells.append((values, raw))
        _describe(header, number, col, cards)
    data = pack(cells, table.num_rows)
    width = len(data) // table.num_rows if table.num_rows else sum(_width(v) for v, _ in cells)
    top = fits.Header()
    top["XTENSION"], top["BITPIX"], top["NAXIS"] = "BINTABLE", 8, 2
    top["NAXIS1"], top["NAXIS2"] = width, table.num_rows
    top["PCOUNT"], top["GCOUNT"], top["TFIELDS"] = 0, 1, len(schema.columns)
    top["EXTNAME"] = ascii_text(notes.name)
    if schema.position:
        top["RADESYS"] = (schema.position.frame, "frame of the positions")
        if schema.position.epoch is not None:
            top["POSEPOCH"] = (schema.position.epoch, "epoch of the positions, Julian year")
    if notes.description:
        top["COMMENT"] = ascii_text(notes.description)
    top.extend(header, update=False)
    for line in _astropy_comments(schema):
        top.add_comment(line)
    for part in (primary, top):
        file.write(part.tostring().encode("ascii"))
    file.write(data)
    file.write(b"\x00" * (-len(data) % _BLOCK))


def _astropy_comments(schema: TableSchema) -> Iterator[str]:
    """Yield the comments from which astropy's reader takes descriptions; a line of 71 characters goes on in the next.

    The form is that of ``astropy.io.fits.connect``.
    """
    yield "--BEGIN-ASTROPY-SERIALIZED-COLUMNS--"
    for line in astropy_header(schema, {"__serialized_columns__": {}}):
        starts = range(0, len(line), _COMMENT)
        for start in starts:
            yield line[start : start + _COMMENT] + ("\\" if start != starts[-1] else "")
    yield "--END-ASTROPY-SERIALIZED-COLUMNS--"


def _width(values: np.ndarray) -> int:
    return values.dtype.itemsize * int(np.prod(values.shape[1:]))


def _describe(header: Any, number: int, col: Column, cards: dict[str, Any]) -> None:
    header[f"TTYPE{number}"] = col.name
    for key, value in cards.items():
        header[f"{key}{number}"] = value
    said = {"TUNIT": unit_in("fits", col.unit), "TUCD": col.ucd or "", "TCOMM": ascii_text(col.description)}
    for key, text in said.items():
        if text:
            header[f"{key}{number}"] = text


def _cells(column: pa.ChunkedArray, col: Column) -> tuple[np.ndarray, bool, dict[str, Any]]:
    """Return the cells of a column as FITS stores them, whether they are bytes, and the cards of their format."""
    values, missing = values_of(column)
    repeat = "" if col.length is None else str(col.length)
    if col.dtype == "string":
        text = fixed_text(np.array([ascii_text(v) for v in values], dtype=object), "ascii")
        return text, True, {"TFORM": f"{text.dtype.itemsize}A"}
    if col.dtype == "bool":
        return logical_letters(values, missing, 0), False, {"TFORM": f"{repeat}L"}
    if col.is_float:
        return values, False, {"TFORM": repeat + _CODES[col.dtype]}
    return _integers(values, missing, repeat)


def _integers(values: np.ndarray, missing: np.ndarray, repeat: str) -> tuple[np.ndarray, bool, dict[str, Any]]:
    cards: dict[str, Any] = {}
    if missing.any():
        values, cards["TNULL"] = _with_null(values, missing)
    dtype = values.dtype
    if dtype.name in _CODES:
        return values, False, {"TFORM": repeat + _CODES[dtype.name]} | cards
    top = 1 << (8 * dtype.itemsize - 1)
    stored = np.dtype("u1") if dtype == np.int8 else np.dtype(f"i{dtype.itemsize}")
    bits = values.view(f"u{dtype.itemsize}")
    zero = -top if dtype == np.int8 else top
    cards = {"TFORM": repeat + _CODES[stored.name], "TSCAL": 1, "TZERO": zero}
    return (bits ^ bits.dtype.type(top)).view(stored), False, cards


def _with_null(values: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, int]:
    """Return integers of a type that FITS has without TZERO, nulls replaced, and what replaces them."""
    present = values[~missing]
    wider = {"int8": "i2", "uint16": "i4", "uint32": "i8", "uint64": "i8"}.get(values.dtype.name, values.dtype)
    if has_64th_bit(present):
        raise SchemaError("a uint64 column with nulls holds integers beyond 63 bits, for which FITS has no null")
    null = _unused(present.astype(wider))
    if null is None:
        wider, null = "i2", np.iinfo(np.int16).min
    out = values.astype(wider)
    out[missing] = null
    return out, null


def _unused(values: np.ndarray) -> int | None:
    """Return the lowest or highest number of the type, or else any, that does not occur; None if all do."""
    limits = np.iinfo(values.dtype)
    for candidate in (limits.min, limits.max):
        if limits.min == 0 and candidate == 0:
            continue
        if not (values == candidate).any():
            return int(candidate)
    used = np.unique(values)
    gaps = np.flatnonzero(np.diff(used.astype(object)) > 1)
    return int(used[gaps[0]]) + 1 if gaps.size else None
