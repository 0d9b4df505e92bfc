"""Columns and table schemas: what a table holds, declared once.

Everything else (Arrow schema, FITS cards, VOTable fields, docs, validation) is derived from these models.
No numerical library is imported here, so that listings stay fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe.core.contract.errors import SchemaError, did_you_mean

DType = Literal[
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "string",
]


class Column(BaseModel):
    """One column of a table.

    Arrays in a cell (spectra, covariance rows) state their `length`. A null float is NaN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    dtype: DType
    description: str = ""
    unit: str | None = None
    """Unit in astropy's generic or VOUnit notation (``"mas / yr"``); None is dimensionless or not a number."""
    ucd: str | None = None
    """IVOA Unified Content Descriptor, UCD1+ (``"pos.parallax.trig"``)."""
    length: int | None = Field(default=None, ge=1)
    """Number of elements in each cell; None for a scalar column."""
    nullable: bool = True
    minimum: float | None = None
    """Smallest valid value (inclusive)."""
    maximum: float | None = None
    """Largest valid value (inclusive)."""

    @property
    def is_float(self) -> bool:
        """Whether the column holds floating-point numbers."""
        return self.dtype.startswith("float")

    def type_name(self) -> str:
        """Return the type as text, ``float32[3901]`` for arrays."""
        return self.dtype if self.length is None else f"{self.dtype}[{self.length}]"


def column(name: str, dtype: DType, description: str = "", **options: Any) -> Column:
    """Return a `Column`; shorthand with positional name, dtype and description.

    Parameters
    ----------
    name, dtype, description
        As the fields of `Column`.
    **options
        ``unit``, ``ucd``, ``length``, ``nullable``, ``minimum``, ``maximum``.
    """
    return Column(name=name, dtype=dtype, description=description, **options)


class Position(BaseModel):
    """Which columns hold a row's sky position, and in what frame and epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ra: str = "ra"
    """Column of right ascension, degrees."""
    dec: str = "dec"
    """Column of declination, degrees."""
    frame: Literal["ICRS"] = "ICRS"
    epoch: float | None = 2000.0
    """Epoch of the position, Julian years; None where it differs from row to row."""


class TableSchema(BaseModel):
    """Declaration of a table: its columns, its key and its position.

    Attributes
    ----------
    columns : tuple of Column
        In the order in which they are written.
    key : str or None
        Column that identifies a row; unique in the product and never null.
    position : Position or None
        Present for tables partitioned over the sky.
    open : bool
        Whether further columns, not named here, may be present (a user's label table).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Column, ...]
    key: str | None = None
    position: Position | None = None
    open: bool = False
    description: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> TableSchema:
        names = [c.name for c in self.columns]
        repeated = sorted({n for n in names if names.count(n) > 1})
        if repeated:
            raise ValueError(f"columns named twice: {', '.join(repeated)}")
        wanted = [self.key] if self.key else []
        wanted += [self.position.ra, self.position.dec] if self.position else []
        missing = [n for n in wanted if n not in names]
        if missing:
            raise ValueError(f"key or position columns not declared: {', '.join(missing)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in order."""
        return tuple(c.name for c in self.columns)

    def __contains__(self, name: object) -> bool:
        return any(c.name == name for c in self.columns)

    def __getitem__(self, name: str) -> Column:
        for col in self.columns:
            if col.name == name:
                return col
        raise SchemaError(f"no column {name!r} in the schema.{did_you_mean(name, self.names)}")

    def select(self, names: Iterable[str]) -> TableSchema:
        """Return the schema of a table with these columns only (key and position kept where selected)."""
        chosen = tuple(self[n] for n in names)
        have = {c.name for c in chosen}
        position = self.position if self.position and {self.position.ra, self.position.dec} <= have else None
        return TableSchema(
            columns=chosen,
            key=self.key if self.key in have else None,
            position=position,
            description=self.description,
        )

    def with_columns(self, extra: Iterable[Column]) -> TableSchema:
        """Return this schema with `extra` columns appended (a column of the same name is replaced)."""
        added = {c.name: c for c in extra}
        kept = tuple(added.pop(c.name, c) for c in self.columns)
        return self.model_copy(update={"columns": kept + tuple(added.values())})


def check_vocabulary(schema: TableSchema) -> list[str]:
    """Return what is wrong with the units and UCDs of a schema, one sentence each.

    Units are parsed by astropy, UCDs checked against the IVOA UCD1+ controlled vocabulary that astropy
    ships. Called by ``vacframe manifest``, ``vacframe test-plugin`` and the tests, not at import.
    """
    from astropy import units
    from astropy.io.votable.ucd import check_ucd

    problems = []
    for col in schema.columns:
        if col.unit is not None:
            try:
                units.Unit(col.unit)
            except ValueError as error:
                problems.append(f"column {col.name!r}: unit {col.unit!r} is not known to astropy ({error})")
        if col.ucd is not None and not check_ucd(col.ucd, check_controlled_vocabulary=True):
            problems.append(f"column {col.name!r}: UCD {col.ucd!r} is not in the IVOA vocabulary")
        if not col.description:
            problems.append(f"column {col.name!r} has no description")
    return problems
