"""Writing of maps as HEALPix FITS: full sky, one column per quantity, as healpy reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from vacframe.core.contract.schema import TableSchema
from vacframe.io.packing import ascii_text, values_of
from vacframe.io.table_notes import unit_in

UNSEEN = -1.6375e30
"""Value of pixels without data (healpy.UNSEEN)."""


def write_healpix(
    table: pa.Table,
    schema: TableSchema,
    path: Path,
    *,
    pixel: str,
    order: int,
    nested: bool,
    galactic: bool,
    name: str,
) -> None:
    """Write the numeric columns of a map.

    Parameters
    ----------
    table : pyarrow.Table
        One row per pixel that has data.
    schema : TableSchema
        Units and descriptions of its columns.
    path : Path
        File to write.
    pixel : str
        Column with the pixel's number; it becomes the place of the row.
    order : int
        HEALPix order; the file has ``12 * 4**order`` rows.
    nested, galactic : bool
        Numbering (else RING) and coordinates (else equatorial, ICRS) of the pixels.
    name : str
        Name of the extension.

    Notes
    -----
    Missing pixels and nulls are `UNSEEN`, in all columns; integers are written as float64 (the convention has no
    other null). The cards are those of the HEALPix Primer: ORDERING, NSIDE, COORDSYS, INDXSCHM.
    """
    from astropy.io import fits

    nside = 1 << order
    place = table[pixel].to_numpy()
    columns, notes = [], {}
    for column in schema.columns:
        if column.name == pixel or column.name not in table.column_names or not _is_number(column.dtype, column.length):
            continue
        values, missing = values_of(table[column.name])
        seen = np.isfinite(values) & ~missing
        full = np.full(12 * nside * nside, UNSEEN)
        full[place[seen]] = values[seen]
        kind = "E" if column.dtype == "float32" else "D"
        columns.append(fits.Column(column.name, kind, unit=unit_in("fits", column.unit) or None, array=full))
        notes[f"TCOMM{len(columns)}"] = ascii_text(column.description)
    unit = fits.BinTableHDU.from_columns(columns, name=name.upper())
    unit.header.update({
        "PIXTYPE": "HEALPIX", "ORDERING": "NESTED" if nested else "RING", "COORDSYS": "G" if galactic else "C",
        "NSIDE": nside, "FIRSTPIX": 0, "LASTPIX": 12 * nside * nside - 1, "INDXSCHM": "IMPLICIT", "OBJECT": "FULLSKY",
        "BAD_DATA": UNSEEN, **notes,
    })  # fmt: skip
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path, overwrite=True)


def _is_number(dtype: str, length: int | None) -> bool:
    return not length and dtype.startswith(("int", "uint", "float", "bool"))
