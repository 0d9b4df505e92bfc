"""Products and needs: what a plugin makes and what it makes it from."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe.core.schema import Column, TableSchema

FILES = "files"
"""Name of the provider of products that the user's own files hold."""


class Kind(StrEnum):
    """How a product is stored and made."""

    source = "source"
    """Rows read from files (or from numbered shards); sky-partitioned when the schema has a position."""
    sky = "sky"
    """A keyed table partitioned over the sky, made partition by partition."""
    whole = "whole"
    """A table without position, made in one task and stored as one file."""
    map = "map"
    """One row per HEALPix pixel, made in one task."""
    model = "model"
    """Named arrays and metadata, made in one task."""


class Exactness(StrEnum):
    """How closely a rebuild reproduces a product."""

    bitwise = "bitwise"
    tolerance = "tolerance"
    statistical = "statistical"


class Resources(BaseModel):
    """What running a product takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: Literal["never", "preferred", "required"] = "never"
    gpu_memory_gb: float = 0.0
    row_bytes: int = Field(default=0, ge=0)
    """Working memory per row, beyond the input rows, for sizing the chunks of row-wise products."""


class MapGrid(BaseModel):
    """The pixels of a map.

    Attributes
    ----------
    order : int
        HEALPix order; there are ``12 * 4**order`` pixels.
    frame : str
        Coordinates that are pixelised: ``icrs`` or ``galactic``.
    ordering : str
        Numbering of the pixels: ``nested`` or ``ring``.
    pixel : str
        Column that holds the pixel's number; the map's key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: int = Field(ge=0, le=12)
    frame: Literal["icrs", "galactic"] = "icrs"
    ordering: Literal["nested", "ring"] = "nested"
    pixel: str = "healpix"


class Product(BaseModel):
    """One product that a plugin provides.

    Attributes
    ----------
    name : str
        Products meet by name; two plugins may provide the same one.
    table : TableSchema or None
        Schema of the table; None for models.
    version : int
        Raised by the author when the method changes in a way that the code does not show.
    row_wise : bool
        Each output row depends on its own input row only, so that the core may cut the rows into chunks.
    shards : int
        For a source made without files: how many numbered shards `run` is called for.
    reads : tuple of str
        For a source: file formats (names of `vacframe.io.formats`) that its own reader takes.
    files_together : bool
        For a source: its files mean something only together; one call of its reader gets all of them, and one that
        changes makes it read all anew.
    libraries : tuple of str
        Distributions whose version changes the numbers; they enter the recipe.
    config_fields : tuple of str or None
        Top-level configuration fields that the product reads; None is all of them.
    companions : tuple of str
        Small products (reports) that a build of this one makes too and shows at its end.
    grid : MapGrid or None
        For a map: its pixels, by which it is also written as HEALPix FITS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    kind: Kind = Kind.sky
    table: TableSchema | None = None
    version: int = Field(default=1, ge=1)
    row_wise: bool = False
    shards: int = Field(default=0, ge=0)
    reads: tuple[str, ...] = ()
    files_together: bool = False
    citation: str = ""
    resources: Resources = Resources()
    exactness: Exactness = Exactness.bitwise
    libraries: tuple[str, ...] = ()
    config_fields: tuple[str, ...] | None = None
    companions: tuple[str, ...] = ()
    priority: int = 0
    grid: MapGrid | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Product:
        if self.kind is not Kind.model and self.table is None:
            raise ValueError(f"product {self.name!r} of kind {self.kind} has no table schema")
        if self.kind is Kind.sky and (self.table is None or not self.table.key or not self.table.position):
            raise ValueError(f"sky product {self.name!r} needs a key and a position in its schema")
        if (self.kind is Kind.map) != (self.grid is not None):
            raise ValueError(f"product {self.name!r}: a map, and nothing else, states its grid (vacframe.MapGrid)")
        if self.grid is not None and (self.table is None or self.table.key != self.grid.pixel):
            raise ValueError(f"map {self.name!r}: the key of its table must be the pixel column {self.grid.pixel!r}")
        return self

    @property
    def on_sky(self) -> bool:
        """Whether the product is partitioned over the sky."""
        return self.kind in (Kind.sky, Kind.source) and self.table is not None and self.table.position is not None


class Need(BaseModel):
    """One input of a product: which columns of which product, and which of its rows.

    Use `same`, `by_key`, `sky` and `all_rows` to write one.

    Attributes
    ----------
    columns : tuple of Column or str
        What is read. A `Column` also states dtype and unit, which are checked at plan time; a name alone
        takes them as they are.
    how : str
        ``same``: the rows of the same partition, identical key and home. ``by_key``: the rows, wherever
        they lie, whose column `on` equals that of a row of the first ``same`` input. ``sky``: the rows of
        the partition and of a margin around it. ``all``: every row, or a model.
    where : str
        Only rows for which this expression holds (one of `vacframe.core.expression`).
    optional : bool
        When nothing provides the product, it arrives with no rows (``same``: with all-null rows).
    maybe : tuple of str
        Those of `columns` that the product may lack; they are null then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: str
    columns: tuple[Column | str, ...] = ()
    how: Literal["same", "by_key", "sky", "all"] = "same"
    on: str | None = None
    margin: float = 0.0
    """Width of the margin, degrees (``sky`` only)."""
    where: str | None = None
    optional: bool = False
    maybe: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are read."""
        return tuple(c if isinstance(c, str) else c.name for c in self.columns)


def same(
    product: str,
    columns: Iterable[Column | str],
    *,
    maybe: Iterable[Column | str] = (),
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows of the same partition (identical key and home).

    The first such need says which rows the product has. Row i of every other one with the same key column belongs to
    row i of that: null where the other product has no such row. Columns `maybe` are null where the product lacks them.
    """
    further = tuple(maybe)
    names = tuple(c if isinstance(c, str) else c.name for c in further)
    return Need(product=product, columns=(*columns, *further), how="same", where=where, optional=optional, maybe=names)


def by_key(
    product: str,
    on: str,
    columns: Iterable[Column | str],
    *,
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows whose column `on` equals that of the first ``same`` input, wherever they lie."""
    return Need(product=product, columns=tuple(columns), how="by_key", on=on, where=where, optional=optional)


def sky(
    product: str,
    margin: float,
    columns: Iterable[Column | str],
    *,
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows of the same partition and of at least `margin` degrees around it.

    Where no ``same`` need says which rows the product has, they are these; returned rows of the margin are left out,
    since they are made with their own partition.
    """
    return Need(product=product, columns=tuple(columns), how="sky", margin=margin, where=where, optional=optional)


def all_rows(
    product: str, columns: Iterable[Column | str] = (), *, where: str | None = None, optional: bool = False
) -> Need:
    """Need every row of a table, or a model (no columns)."""
    return Need(product=product, columns=tuple(columns), how="all", where=where, optional=optional)
