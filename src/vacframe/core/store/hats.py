"""The layout of a HATS catalogue: its folders, and the files that describe its partitions.

HATS is the IVOA Note "HATS: a standard for the hierarchical adaptive tiling scheme": one Parquet file per pixel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.position import HEALPIX, HEALPIX_ORDER, pixel_of
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.contract.schema import TableSchema
from vacframe.core.store.partition import read_columns, schema_of
from vacframe.io.votable_write import WIDTH_KEY, voparquet_footer

HATS_VERSION = "v1.0"
PIXELS_PER_FOLDER = 10000
PARTITION_INFO = "Norder,Npix,num_rows"


class Part(NamedTuple):
    """One partition: its HEALPix pixel (NESTED) and how many rows it holds."""

    order: int
    pix: int
    rows: int

    @property
    def first(self) -> int:
        """The first order-29 pixel inside."""
        return self.pix << 2 * (HEALPIX_ORDER - self.order)


def relative_path(order: int, pix: int) -> PurePosixPath:
    """Return where the file of a partition lies below the root of its catalogue."""
    folder = pix // PIXELS_PER_FOLDER * PIXELS_PER_FOLDER
    return PurePosixPath(f"dataset/Norder={order}/Dir={folder}/Npix={pix}.parquet")


def write_catalog(
    root: Path,
    schema: TableSchema,
    parts: Iterable[tuple[int, int, int]],
    *,
    name: str,
    description: str = "",
    provenance: Mapping[str, Any] | None = None,
    created: str | None = None,
) -> None:
    """Write the files that make a folder of partition files a HATS catalogue.

    These are ``hats.properties`` (and the same as ``properties``), ``partition_info.csv``, ``dataset/_metadata`` and
    ``dataset/_common_metadata``. They depend on the arguments and the partition files only.

    Parameters
    ----------
    root : Path
        Folder of the catalogue, with the files of all non-empty partitions in place.
    schema : TableSchema
        Of the stored table; it has a position.
    parts : iterable of (order, pixel, rows)
        The partitions; those without rows are left out of the catalogue.
    name, description : str
        Of the catalogue.
    provenance : mapping, optional
        Further properties, key to text or to what JSON can hold.
    created : str, optional
        Time of creation, ISO 8601 in UTC, to be recorded.

    Raises
    ------
    CorruptFileError
        If a partition file is missing, cannot be read, has other columns than the first or another number of rows.
    ValueError
        If the schema has no position.
    """
    if schema.position is None:
        raise ValueError(f"{name}: only a table with a position is kept as a HATS catalogue")
    filled = sorted((p for p in (Part(*part) for part in parts) if p.rows), key=lambda p: p.first)
    (root / "dataset").mkdir(parents=True, exist_ok=True)
    footers = [_footer(root, part) for part in filled]
    fields = _common_schema(schema, footers, name, description)
    _write_metadata(root / "dataset" / "_common_metadata", fields, [])
    _write_metadata(root / "dataset" / "_metadata", fields, footers)
    lines = [PARTITION_INFO, *(f"{p.order},{p.pix},{p.rows}" for p in filled)]
    _write(root / "partition_info.csv", "\n".join(lines) + "\n")
    size = sum((root / relative_path(p.order, p.pix)).stat().st_size for p in filled)
    facts: dict[str, Any] = {
        "obs_collection": name,
        "dataproduct_type": "object",
        "obs_title": name,
        "obs_description": description,
        "hats_nrows": sum(p.rows for p in filled),
        "hats_col_ra": schema.position.ra,
        "hats_col_dec": schema.position.dec,
        "hats_col_healpix": HEALPIX,
        "hats_col_healpix_order": HEALPIX_ORDER,
        "hats_npix_suffix": ".parquet",
        "hats_max_rows": max((p.rows for p in filled), default=0),
        "hats_order": max((p.order for p in filled), default=0),
        "moc_sky_fraction": f"{sum(0.25**p.order for p in filled) / 12:.5f}",
        "hats_builder": "vacframe",
        "hats_version": HATS_VERSION,
        "hats_estsize": size // 1024,
        "hats_creation_date": created,
        **(provenance or {}),
    }
    text = "#HATS catalog\n" + "".join(f"{key}={_value(v)}\n" for key, v in facts.items() if v not in (None, ""))
    _write(root / "hats.properties", text)
    _write(root / "properties", text)


def check_catalog(root: Path) -> list[str]:
    """Return what is wrong with a catalogue that `write_catalog` made, one sentence each.

    Looked at: that the files are exactly those which ``partition_info.csv`` lists, with as many rows as it and
    ``_metadata`` say, that rows lie in the pixel of their file and are sorted by ``_healpix_29``, and that the total
    is that of ``hats.properties``. (hats itself accepts unsorted files.)
    """
    try:
        parts = _partition_info(root)
        properties = read_properties(root)
        merged = pq.read_metadata(root / "dataset" / "_metadata")
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        return [f"{root}: the files that describe the catalogue cannot be read ({error})"]
    problems = []
    listed = {relative_path(p.order, p.pix).as_posix() for p in parts}
    present = {p.relative_to(root).as_posix() for p in (root / "dataset").rglob("*") if p.is_file()}
    present -= {"dataset/_metadata", "dataset/_common_metadata"}
    problems += [f"{name} is listed in partition_info.csv and does not exist" for name in sorted(listed - present)]
    problems += [f"{name} is not listed in partition_info.csv" for name in sorted(present - listed)]
    if properties.get("hats_nrows") != str(sum(p.rows for p in parts)):
        problems.append("hats.properties and partition_info.csv disagree about the number of rows")
    counted = _rows_by_file(merged)
    for part in parts:
        path = relative_path(part.order, part.pix)
        if counted.get(path.relative_to("dataset").as_posix()) != part.rows:
            problems.append(f"{path}: _metadata and partition_info.csv disagree about the number of rows")
        if path.as_posix() in present:
            problems += [f"{path}: {problem}" for problem in _check_part(root / path, part)]
    return problems


def validate_with_hats(root: Path) -> bool:
    """Return whether the hats package, if installed, accepts the catalogue in its strict check.

    Raises
    ------
    ImportError
        If hats is not installed.
    """
    from hats.io.validation import is_valid_catalog

    return bool(is_valid_catalog(root, strict=True))


def read_properties(root: Path) -> dict[str, str]:
    """Return the entries of ``hats.properties``."""
    lines = (root / "hats.properties").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value) for key, _, value in pairs}


def _check_part(path: Path, part: Part) -> Iterator[str]:
    try:
        homes = read_columns(path, [HEALPIX])[HEALPIX].to_numpy()
    except CorruptFileError as error:
        yield error.detail
        return
    if len(homes) != part.rows:
        yield f"holds {len(homes)} rows, partition_info.csv says {part.rows}"
    outside = int(np.count_nonzero(pixel_of(homes, part.order) != part.pix))
    if outside:
        yield f"{outside} rows lie outside its pixel"
    if np.any(homes[1:] < homes[:-1]):
        yield f"its rows are not sorted by {HEALPIX}"


def _partition_info(root: Path) -> list[Part]:
    lines = (root / "partition_info.csv").read_text().split()
    if lines[:1] != [PARTITION_INFO]:
        raise ValueError(f"partition_info.csv does not start with {PARTITION_INFO}")
    return [Part(*map(int, line.split(","))) for line in lines[1:]]


def _rows_by_file(merged: pq.FileMetaData) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in (merged.row_group(i) for i in range(merged.num_row_groups)):
        place = group.column(0).file_path
        found[place] = found.get(place, 0) + group.num_rows
    return found


def _footer(root: Path, part: Part) -> pq.FileMetaData:
    """Return the footer of a partition's file, with the path by which ``_metadata`` refers to it."""
    relative = relative_path(part.order, part.pix)
    path = root / relative
    try:
        footer = pq.read_metadata(path)
    except FileNotFoundError:
        raise CorruptFileError(str(path), "it is missing") from None
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(str(path), str(error).splitlines()[0]) from error
    if footer.num_rows != part.rows:
        raise CorruptFileError(str(path), f"it holds {footer.num_rows} rows instead of {part.rows}")
    footer.set_file_path(relative.relative_to("dataset").as_posix())
    return footer


def _common_schema(schema: TableSchema, footers: Sequence[pq.FileMetaData], name: str, description: str) -> pa.Schema:
    """Return the Arrow schema of all files; the width of a text column is that of the widest."""
    if footers:
        schema = schema_of(footers[0].schema.to_arrow_schema().empty_table(), schema)
    keys = (WIDTH_KEY + column.name.encode() for column in schema.columns if column.dtype == "string")
    widths = {key: max((footer.metadata.get(key, b"1") for footer in footers), key=int, default=b"1") for key in keys}
    return arrow_schema(schema).with_metadata(voparquet_footer(schema, name, description, widths))


def _write_metadata(path: Path, fields: pa.Schema, footers: Sequence[pq.FileMetaData]) -> None:
    try:
        pq.write_metadata(fields, path, metadata_collector=list(footers) or None)
    except RuntimeError as error:
        raise CorruptFileError(str(path.parent), f"its files do not have the same columns: {error}") from error


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n")
