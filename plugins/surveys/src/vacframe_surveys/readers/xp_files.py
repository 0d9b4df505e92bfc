"""Files of XP coefficients: their columns, batch by batch, in whatever form the archive or a tool wrote them.

The archive delivers CSV, ECSV (also gzip, in bulk), FITS, VOTable; datalink products are kept as Parquet by users, with
the arrays as lists or as text; the Gaia consortium's own files are Avro. What comes out is a mapping of the archive's
column names to NumPy arrays.
"""

from __future__ import annotations

import gzip
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vacframe import (
    ColumnsLeftOutWarning,
    is_gzip,
    iter_tables,
    probe_table,
    sniff,
    to_numpy,
)
from vacframe.schemas.gaia import XP_BASES, XP_CORRELATIONS
from vacframe_surveys.readers.unusable import Unusable, reading
from vacframe_surveys.readers.xp_avro import REASON, iter_avro

BANDS = ("bp", "rp")
ARRAYS: dict[str, int] = {
    f"{band}_{name}": length
    for band in BANDS
    for name, length in (
        ("coefficients", XP_BASES),
        ("coefficient_errors", XP_BASES),
        ("coefficient_correlations", XP_CORRELATIONS),
    )
}
"""Array columns of the archive and the length of a cell."""
SCALARS = tuple(
    f"{band}_{name}"
    for band in BANDS
    for name in ("n_relevant_bases", "relative_shrinking", "standard_deviation", "n_measurements")
)
UNREADABLE = -1
"""In place of the length of a cell whose text is not numbers."""
BATCH_ROWS = 4096
BLOCK_BYTES = 1 << 24
"""Text read at a time; a row with both bands' correlations takes some 50 kB."""
AVRO = b"Obj\x01"
_SINGLE = re.compile(r"(?P<error>e_)?(?P<band>bp|rp)_coeff(?P<kind>icient)?(?P<late>_err(or)?)?_(?P<number>\d+)")
"""Coefficients and errors in columns of their own: bp_coeff_0, e_bp_coeff_0, bp_coefficient_error_0."""

Columns = dict[str, np.ndarray]


def iter_columns(path: Path) -> Iterator[Columns]:
    """Yield the columns of a file, some thousand rows at a time.

    Returns
    -------
    iterator of dict of str to ndarray
        ``source_id``, shape (n,); ``ra`` and ``dec`` where the file has them; arrays of `ARRAYS`, shape (n, length),
        float64, all NaN where a row has none; scalars of `SCALARS`, float64, NaN where missing. Columns that the file
        does not have are absent. ``bp_length`` and ``rp_length``: the number of coefficients of a row where it
        differs from 55, else 0.

    Raises
    ------
    Unusable
        If the file cannot be read, or has no source_id or no coefficients.
    """
    with reading("a table", REASON):
        kind = "avro" if _starts_with(path, AVRO) else sniff(path)
    with reading(kind, REASON):
        if kind == "avro":
            yield from iter_avro(path, BATCH_ROWS)
            return
        for table in {"csv": _text, "ecsv": _text, "parquet": _parquet}.get(kind, _other)(path):
            yield _columns(table)


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


def wanted_columns(names: Sequence[str]) -> list[str]:
    """Return those of the file's column names that are read.

    Raises
    ------
    Unusable
        If the key or all coefficients are missing; the message says what the file has instead.
    """
    chosen = [n for n in names if n in {"source_id", "ra", "dec", *ARRAYS, *SCALARS} or _SINGLE.fullmatch(n)]
    if "source_id" not in chosen:
        raise Unusable(REASON, f"has no column source_id; it has {_listed(names)}")
    if not any(_SINGLE.fullmatch(n) or n.endswith("_coefficients") for n in chosen):
        hint = "; sampled spectra are read as [sources.xp_sampled]" if "flux" in names else ""
        raise Unusable(REASON, f"has no columns bp_coefficients or rp_coefficients, but {_listed(names)}{hint}")
    return chosen


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def _other(path: Path) -> Iterator[pa.Table]:
    with warnings.catch_warnings():
        # Cells of no length, a band that all rows lack: the rows' other columns tell whether coefficients were lost.
        warnings.simplefilter("ignore", ColumnsLeftOutWarning)
        names = [c.name for c in probe_table(path)]
        yield from iter_tables(path, wanted_columns(names), BATCH_ROWS)


def _parquet(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        chosen = wanted_columns(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=chosen):
            yield pa.Table.from_batches([batch])


def _text(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a CSV or ECSV file with every column as text."""
    with gzip.open(path, "rb") if is_gzip(path) else path.open("rb") as file:
        delimiter, line = ",", file.readline()
        while line.startswith(b"#"):
            if found := re.match(rb"#\s*delimiter:\s*'?(.)'?\s*$", line.rstrip(b"\r\n")):
                delimiter = found[1].decode()
            line = file.readline()
        names = [n.strip().strip('"') for n in line.decode().rstrip("\r\n").split(delimiter)]
        chosen = wanted_columns(names)
        if not file.peek(1):
            return  # a header alone: a query that found nothing
        reader = pacsv.open_csv(
            file,
            pacsv.ReadOptions(column_names=names, block_size=BLOCK_BYTES),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=False),
            pacsv.ConvertOptions(
                include_columns=chosen,
                column_types={n: pa.string() for n in chosen},
                null_values=["", "null", "NULL", "nan", "NaN", '""'],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _columns(table: pa.Table) -> Columns:
    made: Columns = {"source_id": _identifiers(table["source_id"])}
    for name in ("ra", "dec", *SCALARS):
        if name in table.column_names:
            made[name] = _numbers(table[name])
    for name, length in ARRAYS.items():
        if name in table.column_names:
            values, sizes = cells(table[name], length)
            made[name] = values
            if name.endswith("_coefficients"):
                made[f"{name[:2]}_length"] = np.where(sizes == length, 0, sizes)
    return made | _stacked(table)


def _identifiers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.cast(pa.int64()).fill_null(-1).combine_chunks().to_numpy(zero_copy_only=False))


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False))


def cells(column: pa.ChunkedArray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return array cells as numbers.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of n cells
        Lists of numbers, or text such as ``(1.0, 2.0)`` or ``[1.0, null]``.
    length : int
        Numbers in a cell; a cell of another length is taken as missing.

    Returns
    -------
    values : ndarray, shape (n, length)
        NaN where missing.
    sizes : ndarray of int, shape (n,)
        Numbers that a cell has; 0 where null, UNREADABLE where it is text of something else.
    """
    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        values, mask = to_numpy(column)
        sizes = np.full(len(values), kind.list_size)
        sizes[np.zeros(len(values), bool) if mask is None else mask] = 0
        if kind.list_size != length:
            return np.full((len(values), length), np.nan), sizes
        return np.asarray(values, np.float64), sizes
    found = np.full((len(column), length), np.nan)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        sizes = pc.list_value_length(column).fill_null(0).to_numpy().astype(int)
        usable = np.flatnonzero(sizes == length)
        flat = column.take(pa.array(usable)).combine_chunks().flatten()
        found[usable] = flat.cast(pa.float64()).to_numpy(zero_copy_only=False).reshape(-1, length)
        return found, sizes
    sizes = np.zeros(len(column), int)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        for row, text in enumerate(column.to_pylist()):
            try:
                numbers = parse_numbers(text or "")
            except ValueError:
                sizes[row] = UNREADABLE
                continue
            sizes[row] = len(numbers)
            if len(numbers) == length:
                found[row] = numbers
    return found, sizes


def parse_numbers(text: str) -> np.ndarray:
    """Return the numbers of ``(1.0, 2.0)``, ``[1.0, null]`` or ``[1.0 2.0]``, shape (n,); empty text has none."""
    inner = text.strip().strip("()[]").strip()
    if not inner:
        return np.empty(0)
    if "n" in inner or "N" in inner:
        inner = re.sub(r"(?i)\b(null|none|nan)\b", "nan", inner)
    return np.array(inner.replace(",", " ").split(), dtype=np.float64)


def _stacked(table: pa.Table) -> Columns:
    """Return arrays from coefficients in columns of their own."""
    places: dict[str, dict[int, str]] = {}
    for name in table.column_names:
        found = _SINGLE.fullmatch(name)
        if found is not None:
            error = found["error"] or found["late"]
            target = f"{found['band']}_coefficient_errors" if error else f"{found['band']}_coefficients"
            places.setdefault(target, {})[int(found["number"])] = name
    made: Columns = {}
    for target, names in places.items():
        values = np.full((table.num_rows, XP_BASES), np.nan)
        first = min(names)
        for number, name in names.items():
            if number - first < XP_BASES:
                values[:, number - first] = _numbers(table[name])
        made[target] = values
        if target.endswith("_coefficients"):
            made[f"{target[:2]}_length"] = np.full(table.num_rows, 0 if len(names) == XP_BASES else len(names))
    return made
