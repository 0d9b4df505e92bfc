"""Notes on Arrow fields: unit, UCD and description of a column, and unit text in one notation."""

from __future__ import annotations

import warnings
from functools import lru_cache

import pyarrow as pa

from vacframe.core.columns.arrow import column_of
from vacframe.core.contract.schema import Column


def notes(description: str | None = None, unit: str | None = None, ucd: str | None = None) -> dict[str, str]:
    """Return the metadata of an Arrow field; the unit in astropy's generic notation."""
    return {"description": " ".join((description or "").split()), "unit": unit_text(unit), "ucd": ucd or ""}


def notes_of(column: Column) -> dict[str, str]:
    """Return the metadata of the Arrow field of a column."""
    return {"description": column.description, "unit": column.unit or "", "ucd": column.ucd or ""}


def file_column(field: pa.Field) -> Column:
    """Return the `Column` of a field whatever its name (files have names like ``[Fe/H]``)."""
    return column_of(field.with_name("column")).model_copy(update={"name": field.name})


@lru_cache(maxsize=4096)
def unit_text(unit: str | None) -> str:
    """Return a unit as astropy writes it in its generic notation.

    FITS, VOUnit, CDS and generic notations are understood, and quoted ones (``'dex'``); text that is none of
    these comes back as it is, so that an error can show it.
    """
    if unit is None or not unit.strip() or unit.strip() in ("-", "---"):
        return ""
    from astropy import units

    bare = unit.strip().strip("'\"")
    for notation in ("generic", "fits", "vounit", "cds"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return units.Unit(bare, format=notation).to_string()
        except ValueError:
            continue
    return bare
