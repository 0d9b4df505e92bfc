"""Rows of `gaia_xp_spectra` from files: positions, missing bands, rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe import (
    SOURCE_ID_ORDER,
    SOURCE_ID_SHIFT,
    Rejects,
    Result,
    SourceFile,
    arrow_schema,
    to_arrow,
)
from vacframe.schemas.gaia import GAIA_XP_SPECTRA, XP_BASES
from vacframe_surveys.readers.unusable import Unusable
from vacframe_surveys.readers.xp_avro import REASON
from vacframe_surveys.readers.xp_files import BANDS, UNREADABLE, Columns, iter_columns

_INTEGERS = ("n_relevant_bases", "n_measurements")


def read_xp_rows(files: Sequence[SourceFile]) -> Result:
    """Return the rows of `gaia_xp_spectra` of these files.

    A row's position is the file's ra and dec; in a file without them, the centre of the HEALPix pixel (order 12, 0.9
    arcmin wide) in the source_id. A band without coefficients is null; a row without any is a reject, like one
    whose coefficients are not 55. A file that cannot be read is one reject.

    Parameters
    ----------
    files : sequence of SourceFile
    """
    rejects = Rejects()
    parts = []
    for index, file in enumerate(files):
        start = 0
        try:
            if file.path is None:
                raise Unusable(REASON, "is a shard, expected a file")
            for columns in iter_columns(file.path):
                count = len(columns["source_id"])
                usable = _usable(columns, file.name, start, rejects)
                if usable.any():
                    rows = np.flatnonzero(usable)
                    table = _table({name: values[rows] for name, values in columns.items()})
                    table = table.append_column("_file", pa.array(np.full(len(rows), index)))
                    parts.append(table.append_column("_row", pa.array(rows + start)))
                start += count
        except Unusable as error:
            rejects.add(error.reason, error.detail, files=file.name)
    fields = pa.schema([*_SCHEMA, pa.field("_file", pa.int64()), pa.field("_row", pa.int64())])
    return Result(table=pa.concat_tables([fields.empty_table(), *parts]), rejects=rejects)


_SCHEMA = pa.schema([field.with_nullable(True) for field in arrow_schema(GAIA_XP_SPECTRA)])


def _usable(columns: Columns, name: str, start: int, rejects: Rejects) -> np.ndarray:
    """Return which rows can be used, shape (n,), and reject the others."""
    keys = columns["source_id"]
    usable = np.ones(len(keys), bool)

    def drop(bad: np.ndarray, reason: str, detail: str) -> None:
        rows = np.flatnonzero(bad & usable)
        if len(rows):
            rejects.add(reason, detail, keys=keys[rows], files=name, rows=rows + start)
            usable[rows] = False

    drop(keys <= 0, "no_key", "source_id is missing or not positive")
    for band in BANDS:
        length = columns.get(f"{band}_length", np.zeros(len(keys), int))
        drop(length == UNREADABLE, "not_numbers", f"the text of {band}_coefficients is not a list of numbers")
        for size in np.unique(length[length > 0]):
            drop(length == size, "wrong_length", f"{size} {band.upper()} coefficients, expected {XP_BASES}")
        lost = np.isfinite(columns.get(f"{band}_standard_deviation", np.full(len(keys), np.nan)))
        drop(
            lost & ~has_band(columns, band),
            "lost_coefficients",
            f"{band.upper()} has a standard deviation, but its 55 coefficients are missing or not all numbers",
        )
    present = [has_band(columns, band) for band in BANDS]
    drop(~(present[0] | present[1]), "no_coefficients", "neither BP nor RP has 55 finite coefficients")
    return usable


def has_band(columns: Columns, band: str) -> np.ndarray:
    """Return which rows have this band, shape (n,)."""
    name = f"{band}_coefficients"
    if name not in columns:
        return np.zeros(len(columns["source_id"]), bool)
    return np.asarray(np.isfinite(columns[name]).all(axis=1))


def _table(columns: Columns) -> pa.Table:
    count = len(columns["source_id"])
    columns = dict(columns)
    if "ra" not in columns or "dec" not in columns:
        columns["ra"], columns["dec"] = pixel_centres(columns["source_id"])
    present = {band: has_band(columns, band) for band in BANDS}
    arrays = []
    for col in GAIA_XP_SPECTRA.columns:
        shape = (count,) if col.length is None else (count, col.length)
        values: Any = columns.get(col.name, np.full(shape, np.nan))
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(shape, bool)
        if col.length is not None:
            missing = missing.all(axis=1) | ~present[col.name[:2]]
        elif col.name.endswith(_INTEGERS):
            values = np.where(missing, 0, values).astype(np.int64)
        arrays.append(to_arrow(values, col, missing if missing.any() else None))
    return pa.table(arrays, schema=_SCHEMA)


def pixel_centres(source_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ra and dec (degrees, ICRS) of the centre of the HEALPix pixel that each source_id names."""
    import healpy

    pixel = source_id >> np.int64(SOURCE_ID_SHIFT)
    ra, dec = healpy.pix2ang(1 << SOURCE_ID_ORDER, pixel, nest=True, lonlat=True)
    return np.asarray(ra), np.asarray(dec)
