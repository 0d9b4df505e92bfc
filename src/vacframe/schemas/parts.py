"""Groups of columns that several schemas share."""

from __future__ import annotations

from vacframe.core.contract.schema import Column, DType, column


def identifier(name: str, description: str, *, nullable: bool = False) -> Column:
    """Return a 64-bit identifier column; the main one of its table unless it may be null."""
    return column(name, "int64", description, ucd="meta.id" if nullable else "meta.id;meta.main", nullable=nullable)


def positions(note: str) -> tuple[Column, Column]:
    """Return the columns ra and dec (degrees, ICRS); `note` says where the positions come from."""
    return (
        column("ra", "float64", f"Right ascension, ICRS, {note}", unit="deg", ucd="pos.eq.ra;meta.main"),
        column("dec", "float64", f"Declination, ICRS, {note}", unit="deg", ucd="pos.eq.dec;meta.main"),
    )


def measured(
    name: str, description: str, *, unit: str | None = None, ucd: str | None = None, dtype: DType = "float32"
) -> tuple[Column, Column]:
    """Return a column and that of its standard error, ``<name>_error``."""
    error_ucd = "stat.error" if ucd is None else f"stat.error;{ucd}"
    return (
        column(name, dtype, description, unit=unit, ucd=ucd),
        column(f"{name}_error", "float32", f"Standard error of {name}", unit=unit, ucd=error_ucd),
    )
