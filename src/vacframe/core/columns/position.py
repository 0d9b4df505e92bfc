"""Positions on the sky: the HEALPix index of a row, and the order in which rows are kept."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vacframe.core.contract.schema import Column, TableSchema

HEALPIX = "_healpix_29"
HEALPIX_ORDER = 29
SOURCE_ID_SHIFT = 35
"""A Gaia source_id holds the HEALPix index of order 12, NESTED, above this bit (Gaia DR3 documentation, 20.1.1)."""
SOURCE_ID_ORDER = 12
HEALPIX_COLUMN = Column(
    name=HEALPIX,
    dtype="int64",
    description="HEALPix index of the row's position, order 29, NESTED",
    ucd="pos.healpix",
    nullable=False,
)


def healpix29(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the order-29 NESTED HEALPix index of positions in degrees, shape (n,), dtype int64.

    Raises
    ------
    ValueError
        If a declination is outside ±90° or a coordinate is not finite.
    """
    import healpy

    return healpy.ang2pix(1 << HEALPIX_ORDER, np.asarray(ra, float), np.asarray(dec, float), nest=True, lonlat=True)


def pixel_of(hp29: np.ndarray, order: int) -> np.ndarray:
    """Return the pixel of a coarser order that holds each order-29 pixel."""
    return np.asarray(hp29) >> np.int64(2 * (HEALPIX_ORDER - order))


def source_id_pixel(source_id: np.ndarray) -> np.ndarray:
    """Return the order-29 pixel in the middle of the order-12 pixel that a Gaia source_id names."""
    shift = 2 * (29 - SOURCE_ID_ORDER)
    return ((source_id >> np.int64(SOURCE_ID_SHIFT)) << np.int64(shift)) + (np.int64(1) << np.int64(shift - 1))


def stored_schema(schema: TableSchema) -> TableSchema:
    """Return the schema of the stored table: that of the product, with the HEALPix index in front for sky tables."""
    if schema.position is None or HEALPIX in schema:
        return schema
    return schema.model_copy(update={"columns": (HEALPIX_COLUMN, *schema.columns)})


def place_columns(stored: TableSchema | None) -> tuple[str, ...]:
    """Return the columns of a stored table that tell where a row is and which: HEALPix index, key, position."""
    if stored is None or stored.position is None:
        return ()
    names = (HEALPIX, stored.key, stored.position.ra, stored.position.dec)
    return tuple(n for n in names if n is not None and n in stored)


def in_order(table: pa.Table, key: str | None) -> pa.Table:
    """Return the rows sorted by (HEALPix index, key), the canonical order."""
    columns = [c for c in (HEALPIX, key) if c is not None and c in table.column_names]
    if not columns or table.num_rows < 2:
        return table
    arrays = [table[c].to_numpy() for c in columns]
    order = np.lexsort(arrays[::-1])
    if np.array_equal(order, np.arange(len(order))):
        return table
    return table.take(pa.array(order))
