"""Reading Parquet files and HATS catalogues batch by batch, with page checksums verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import notes
from vacframe.core.contract.errors import InputFileError
from vacframe.io.fields import keep, kept_type, same_length, warn_left_out
from vacframe.io.read_errors import reading
from vacframe.io.read_options import ReadOptions

VOTABLE_KEY = b"IVOA.VOTable-Parquet.content"
"""Footer key of the VOParquet convention under which a file's data-less VOTable lies."""


def parquet_schema(path: Path, options: ReadOptions) -> pa.Schema:
    """Return the fields of a Parquet file; rows are read only for lists, whose length the footer does not tell."""
    return _schema(path, [path])


def parquet_batches(path: Path, columns: list[str], batch_rows: int, options: ReadOptions) -> Iterator[pa.Table]:
    """Yield the rows of a Parquet file in tables of at most `batch_rows` rows."""
    yield from _batches(path, [path], columns, batch_rows)


def hats_schema(path: Path, options: ReadOptions) -> pa.Schema:
    """Return the fields of a HATS catalogue, those of its first partition file."""
    return _schema(path, hats_files(path))


def hats_batches(path: Path, columns: list[str], batch_rows: int, options: ReadOptions) -> Iterator[pa.Table]:
    """Yield the rows of a HATS catalogue, partition after partition in (order, pixel)."""
    yield from _batches(path, hats_files(path), columns, batch_rows)


def hats_files(path: Path) -> list[Path]:
    """Return the partition files of a HATS catalogue (of the primary table of a collection), by order and pixel.

    Raises
    ------
    InputFileError
        If there are none.
    """
    collection = path / "collection.properties"
    if collection.is_file():
        primary = re.search(r"^hats_primary_table_url\s*=\s*(\S+)", collection.read_text(), re.MULTILINE)
        if primary is None:
            raise InputFileError(str(collection), "names no hats_primary_table_url")
        path = path / primary[1]
    root = path / "dataset" if (path / "dataset").is_dir() else path
    found = []
    for file in root.glob("Norder=*/Dir=*/**/*.parquet"):
        place = re.search(r"Norder=(\d+)/.*Npix=(\d+)", file.as_posix())
        if place:
            found.append((int(place[1]), int(place[2]), file))
    if not found:
        raise InputFileError(str(path), "holds no partition files Norder=*/Dir=*/Npix=*.parquet")
    return [file for _, _, file in sorted(found)]


def _damage(error: Exception) -> str:
    return f"is damaged or not Parquet ({error}); expected whole pages and a footer"


def _open(path: Path) -> pq.ParquetFile:
    with reading(path, "Parquet", says=_damage):
        return pq.ParquetFile(path, page_checksum_verification=True)


def _schema(path: Path, files: list[Path]) -> pa.Schema:
    with _open(files[0]) as file:
        stored = file.schema_arrow
        foreign = _votable_notes(stored.metadata or {})
    lists = [f.name for f in stored if pa.types.is_list(f.type) or pa.types.is_large_list(f.type)]
    lengths = _list_lengths(files, [n for n in lists if kept_type(stored.field(n).type, 1)])
    fields, left = [], []
    for field in stored:
        kind = kept_type(field.type, lengths.get(field.name))
        if kind is None:
            left.append(field.name)
            continue
        own = {k.decode(): v.decode("utf-8", "replace") for k, v in (field.metadata or {}).items()}
        said = foreign.get(field.name, {})
        note = notes(*(own.get(k) or said.get(k) for k in ("description", "unit", "ucd")))
        fields.append(pa.field(field.name, kind, metadata=note))
    warn_left_out(str(path), left, "structures and lists of unequal length or of text are not read")
    return pa.schema(fields)


def _list_lengths(files: list[Path], names: list[str]) -> dict[str, int]:
    """Return the common length of each list column that has one, over all files."""
    seen: dict[str, list[pa.Array]] = {name: [] for name in names}
    for place in files if names else ():
        with _open(place) as file:
            for batch in _record_batches(place, file, names, 65536):
                for name in names:
                    seen[name].append(pc.unique(pc.list_value_length(batch.column(name))).cast(pa.int64()))
    found = {n: same_length(pa.concat_arrays(v)) for n, v in seen.items() if v}
    return {n: size for n, size in found.items() if size is not None}


def _record_batches(path: Path, file: pq.ParquetFile, names: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    with reading(path, "Parquet", says=_damage):
        yield from file.iter_batches(batch_size=rows, columns=names)


def _batches(path: Path, files: list[Path], columns: list[str], batch_rows: int) -> Iterator[pa.Table]:
    whole = _schema(path, files)
    fields = pa.schema([whole.field(name) for name in columns])
    for place in files:
        with _open(place) as file:
            missing = [n for n in columns if n not in file.schema_arrow.names]
            if missing:
                raise InputFileError(str(place), f"has no column {', '.join(missing)}, which {files[0].name} has")
            for batch in _record_batches(place, file, columns, batch_rows):
                table = pa.Table.from_batches([batch])
                yield pa.table([_kept(place, table[f.name], f) for f in fields], schema=fields)


def _kept(path: Path, column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    with reading(path, "Parquet", column=field.name):
        return keep(column, field.type)


def _votable_notes(metadata: dict[bytes, bytes]) -> dict[str, dict[str, Any]]:
    """Return unit, UCD and description of the columns from VOParquet metadata, where a file has it."""
    content = metadata.get(VOTABLE_KEY)
    if not content:
        return {}
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return {}
    found = {}
    for node in root.iter():
        if node.tag.rpartition("}")[2] == "FIELD":
            text = next((c.text for c in node if c.tag.rpartition("}")[2] == "DESCRIPTION"), None)
            said = {"unit": node.get("unit"), "ucd": node.get("ucd"), "description": text}
            found[node.get("name", "")] = said
    return found
