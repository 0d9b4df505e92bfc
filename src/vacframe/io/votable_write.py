"""Writing VOTables (BINARY2), and the data-less VOTable in the footer of a VOParquet file."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import IO
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.contract.errors import SchemaError
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.io.packing import fixed_text, has_64th_bit, logical_letters, pack, values_of
from vacframe.io.parquet_tables import VOTABLE_KEY
from vacframe.io.table_notes import TableNotes, unit_in

VOPARQUET_VERSION = "1.0"
WIDTH_KEY = b"table::len::"
"""Start of the footer keys that tell the width of text columns."""
_TYPES = {
    "bool": "boolean",
    "uint8": "unsignedByte",
    "int8": "short",
    "int16": "short",
    "uint16": "int",
    "int32": "int",
    "uint32": "long",
    "int64": "long",
    "uint64": "long",
    "float32": "float",
    "float64": "double",
    "string": "char",
}
_STORED = {"unsignedByte": "u1", "short": "i2", "int": "i4", "long": "i8", "float": "f4", "double": "f8"}


@lru_cache(maxsize=512)
def voparquet_metadata(schema: TableSchema, name: str, description: str) -> dict[bytes, bytes]:
    """Return the footer metadata of a VOParquet file (IVOA Note "Parquet in the VO").

    Kept per schema, so that writing many partition files costs the building of one.

    Parameters
    ----------
    schema : TableSchema
        Columns of the file, in order.
    name, description : str
        Of the table.

    Returns
    -------
    dict of bytes
        To be merged into the Arrow schema's metadata; treat as read-only.
    """
    fields = "".join(_field(col, schema, _TYPES[col.dtype], _arraysize(col)) for col in schema.columns)
    xml = _head(schema, TableNotes(name, description)) + fields + _TAIL
    return {VOTABLE_KEY: xml.encode(), b"IVOA.VOTable-Parquet.version": VOPARQUET_VERSION.encode()}


def voparquet_footer(
    schema: TableSchema, name: str, description: str, widths: dict[bytes, bytes]
) -> dict[bytes, bytes]:
    """Return `voparquet_metadata` with the `text_widths` of the rows, in the VOTable too (``arraysize="24*"``).

    astropy's ``parquet.votable`` reader fails on text columns whose FIELD states no bound.
    """
    footer = dict(voparquet_metadata(schema, name, description))
    for key, width in widths.items():
        field = b'<FIELD name="%s" datatype="char" arraysize="' % key.removeprefix(WIDTH_KEY)
        footer[VOTABLE_KEY] = footer[VOTABLE_KEY].replace(field + b'*"', field + width + b'*"')
    return footer | widths


def text_widths(table: pa.Table) -> dict[bytes, bytes]:
    """Return the longest text of each text column, as footer metadata that astropy's Parquet reader asks for.

    Without ``table::len::<column>`` it fails on a null text and reads every row to find the width.
    """
    found = {}
    for field in table.schema:
        if pa.types.is_string(field.type):
            longest = pc.max(pc.utf8_length(table[field.name])).as_py() or 1
            found[WIDTH_KEY + field.name.encode()] = str(longest).encode()
    return found


def write_votable(file: IO[bytes], table: pa.Table, schema: TableSchema, notes: TableNotes) -> None:
    """Write a table as a VOTable 1.4 with BINARY2 data, in which any cell can be null.

    Positions refer to a COOSYS with frame and epoch; provenance is INFO elements, one a key. Unsigned and 8-bit
    signed integers become the next wider signed type, which VOTable has; uint64 must fit 63 bits.

    Parameters
    ----------
    file : binary file
        Open for writing.
    table : pyarrow.Table
        Columns as in `schema`.
    schema : TableSchema
        Declares the columns.
    notes : TableNotes
        Name and description of the table; the provenance becomes INFO elements.

    Raises
    ------
    SchemaError
        If a uint64 is too large.
    """
    fields, cells, nulls = [], [], []
    for col in schema.columns:
        values, missing = values_of(table[col.name])
        datatype, arraysize = _TYPES[col.dtype], _arraysize(col)
        stored, raw = _cells(values, missing, col)
        if col.dtype == "string":
            wide = not all(v.isascii() for v in values)
            datatype, arraysize = ("unicodeChar" if wide else "char"), str(stored.dtype.itemsize // (1 + wide))
        if col.is_float and col.length is None:
            missing = missing | np.isnan(values)
        fields.append(_field(col, schema, datatype, arraysize))
        cells.append((stored, raw))
        nulls.append(missing)
    flags = np.packbits(np.column_stack(nulls), axis=1)
    data = pack([(flags, True), *cells], table.num_rows)
    file.write(_head(schema, notes).encode())
    file.write("".join(fields).encode())
    file.write(b'<DATA><BINARY2><STREAM encoding="base64">\n')
    for start in range(0, len(data), 57 * 1024):
        file.write(base64.encodebytes(data[start : start + 57 * 1024]))
    file.write(b"</STREAM></BINARY2></DATA>" + _TAIL.encode())


def _cells(values: np.ndarray, missing: np.ndarray, col: Column) -> tuple[np.ndarray, bool]:
    """Return the cells of a column as BINARY2 stores them, and whether they are bytes."""
    if col.dtype == "string":
        return fixed_text(values, "ascii" if all(v.isascii() for v in values) else "utf-16-be"), True
    if col.dtype == "bool":
        return logical_letters(values, missing, ord("?")), False
    if has_64th_bit(values):
        raise SchemaError(f"column {col.name!r} holds integers beyond 63 bits, which VOTable has no type for")
    return values.astype(_STORED[_TYPES[col.dtype]]), False


def _arraysize(col: Column) -> str | None:
    if col.dtype == "string":
        return "*"
    return None if col.length is None else str(col.length)


_TAIL = "</TABLE></RESOURCE></VOTABLE>\n"


def _head(schema: TableSchema, notes: TableNotes) -> str:
    """Return a VOTable up to the first FIELD."""
    infos = [f"<INFO name={quoteattr(key)} value={quoteattr(text)}/>\n" for key, text in notes.said()]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f"<RESOURCE>\n{_coosys(schema)}{''.join(infos)}"
        f"<TABLE name={quoteattr(notes.name)}>\n{_description(notes.description)}"
    )


def _coosys(schema: TableSchema) -> str:
    if schema.position is None:
        return ""
    epoch = schema.position.epoch
    said = "" if epoch is None else f' epoch="J{epoch}"'
    return f'<COOSYS ID="coosys" system="{schema.position.frame}"{said}/>\n'


def _description(text: str) -> str:
    return f"<DESCRIPTION>{escape(text)}</DESCRIPTION>\n" if text else ""


def _field(col: Column, schema: TableSchema, datatype: str, arraysize: str | None) -> str:
    on_sky = schema.position is not None and col.name in (schema.position.ra, schema.position.dec)
    said = {
        "name": col.name,
        "datatype": datatype,
        "arraysize": arraysize,
        "unit": unit_in("vounit", col.unit),
        "ucd": col.ucd,
        "ref": "coosys" if on_sky else None,
    }
    attributes = " ".join(f"{key}={quoteattr(value)}" for key, value in said.items() if value)
    return f"<FIELD {attributes}>\n{_description(col.description)}</FIELD>\n"
