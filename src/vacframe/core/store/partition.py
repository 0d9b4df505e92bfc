"""Partition files: one Parquet file of a stored table, sealed so that damage is noticed when it is read."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema, column_of
from vacframe.core.contract.errors import CorruptFileError, SchemaError
from vacframe.core.contract.schema import TableSchema
from vacframe.io.votable_write import text_widths, voparquet_footer

ROW_GROUP_BYTES = 64 << 20
_SEAL = struct.Struct("<8sI")
_SEAL_MARK = b"VACFRAME"
_TAIL = struct.Struct("<I4s")


def schema_of(table: pa.Table, schema: TableSchema) -> TableSchema:
    """Return the schema of a table's own columns: as declared where they are, else as the fields say.

    A table may lack columns of a source's schema, and one with an open schema has further ones.
    """
    declared = {c.name: c for c in schema.columns}
    columns = tuple(declared.get(f.name) or column_of(f) for f in table.schema)
    have = {c.name for c in columns}
    key = schema.key if schema.key in have else None
    position = schema.position if schema.position and {schema.position.ra, schema.position.dec} <= have else None
    return schema.model_copy(update={"columns": columns, "key": key, "position": position})


def write_table(table: pa.Table, schema: TableSchema, path: Path, *, name: str, description: str) -> None:
    """Write a table as one VOParquet file (`ProductStore.commit` syncs it to disk).

    The bytes are determined by the arguments and the version of pyarrow. Pages carry checksums; the footer's lies
    in front of it, where Parquet readers skip it. Floats are stored split by byte and compressed by zstd.

    Parameters
    ----------
    table : pyarrow.Table
        The rows in their stored order; columns of `schema` (some may be missing) and, where it is open, others.
    schema : TableSchema
        Declares units, UCDs, descriptions and position.
    path : Path
        File to write; the caller renames it into place.
    name, description : str
        Of the table, in the footer.

    Raises
    ------
    SchemaError
        If a column does not have its declared type, or holds a null where none may be.
    """
    own = schema_of(table, schema)
    fields = arrow_schema(own).with_metadata(voparquet_footer(own, name, description, text_widths(table)))
    for field, found in zip(fields, table.schema, strict=True):
        if found.type != field.type:
            raise SchemaError(f"{name}: column {field.name!r} has type {found.type}, expected {field.type}")
        if not field.nullable and table[field.name].null_count:
            raise SchemaError(f"{name}: column {field.name!r} holds nulls, which its schema does not allow")
    row_bytes = max(1, table.nbytes // max(1, table.num_rows))
    pq.write_table(
        pa.table(table.columns, schema=fields),
        path,
        compression="zstd",
        use_dictionary=[c.name for c in own.columns if c.dtype == "string"],
        use_byte_stream_split=[_leaf(c.name, c.length) for c in own.columns if c.dtype in ("float32", "float64")],
        write_statistics=[c.name for c in own.columns if c.length is None],
        write_page_checksum=True,
        row_group_size=min(1 << 20, max(1024, ROW_GROUP_BYTES // row_bytes)),
    )
    _seal(path)


def read_columns(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a stored table, or some of its columns in the order asked for, with all checksums verified.

    Raises
    ------
    CorruptFileError
        If the file is missing, is not what was written, or lacks a column.
    """
    try:
        _check_seal(path)
        with pq.ParquetFile(path, memory_map=True, page_checksum_verification=True) as file:
            if columns is None:
                return file.read()
            absent = [c for c in columns if c not in file.schema_arrow.names]
            if absent:
                raise CorruptFileError(str(path), f"it has no column {', '.join(absent)}")
            return file.read(columns=list(columns)).select(list(columns))
    except FileNotFoundError:
        raise CorruptFileError(str(path), "it is missing") from None
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(str(path), str(error).splitlines()[0]) from error


def _leaf(name: str, length: int | None) -> str:
    return name if length is None else f"{name}.list.element"


def _seal(path: Path) -> None:
    """Put the footer's checksum in front of the footer."""
    with open(path, "r+b") as file:
        file.seek(-_TAIL.size, os.SEEK_END)
        size, _ = _TAIL.unpack(file.read())
        file.seek(-_TAIL.size - size, os.SEEK_END)
        place = file.tell()
        footer = file.read()
        file.seek(place)
        file.write(_SEAL.pack(_SEAL_MARK, zlib.crc32(footer)) + footer)


def _check_seal(path: Path) -> None:
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL.size))
        tail = file.read()
        size = _TAIL.unpack(tail)[0] if len(tail) == _TAIL.size else end
        start = end - _TAIL.size - size - _SEAL.size
        if start < 0:
            raise CorruptFileError(str(path), "it is cut short")
        file.seek(start)
        mark, checksum = _SEAL.unpack(file.read(_SEAL.size))
        if mark != _SEAL_MARK or zlib.crc32(file.read()) != checksum:
            raise CorruptFileError(str(path), "its footer has another checksum")
