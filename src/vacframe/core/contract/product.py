"""Products: what a plugin makes, how it is stored, and what making it takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe.core.contract.schema import TableSchema

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
    """What running a product takes.

    Attributes
    ----------
    gpu : str
        ``never``, ``preferred`` or ``required``.
    gpu_memory_gb : float
        Memory that it wants of the GPU, GB.
    row_bytes : int
        Working memory per row, beyond the input rows, for sizing the chunks of row-wise products.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: Literal["never", "preferred", "required"] = "never"
    gpu_memory_gb: float = 0.0
    row_bytes: int = Field(default=0, ge=0)


class Method(BaseModel):
    """What determines the numbers of a product, besides its code and its inputs, and how closely they are made again.

    Attributes
    ----------
    version : int
        Raised by the author when the method changes in a way that the code does not show.
    libraries : tuple of str
        Distributions whose version changes the numbers; they enter the recipe.
    config_fields : tuple of str or None
        Top-level configuration fields that the product reads; None is all of them.
    exactness : Exactness
        How closely a rebuild reproduces it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=1, ge=1)
    libraries: tuple[str, ...] = ()
    config_fields: tuple[str, ...] | None = None
    exactness: Exactness = Exactness.bitwise


class Files(BaseModel):
    """Where the rows of a source come from.

    Attributes
    ----------
    formats : tuple of str
        File formats (names of `vacframe.io.formats`) that its own reader takes.
    together : bool
        Its files mean something only together; one call of its reader gets all of them, and one that changes makes
        it read all anew.
    shards : int
        For a source made without files: how many numbered shards `run` is called for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    formats: tuple[str, ...] = ()
    together: bool = False
    shards: int = Field(default=0, ge=0)


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
    row_wise : bool
        Each output row depends on its own input row only, so that the core may cut the rows into chunks.
    files : Files
        For a source: where its rows come from.
    method : Method
        What determines the numbers.
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
    row_wise: bool = False
    citation: str = ""
    files: Files = Files()
    method: Method = Method()
    resources: Resources = Resources()
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
