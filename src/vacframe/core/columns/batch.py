"""Read-only batches of rows: what a plugin's `run` receives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.contract.errors import PluginError, did_you_mean
from vacframe.core.contract.model import Model

if TYPE_CHECKING:
    from astropy.table import Table


class Batch:
    """Rows of one product: column name → read-only NumPy view.

    Only the columns that the need names are present. ``batch["flux"]`` has shape (n,) or (n, length); null
    floats are NaN, nulls of other types are 0, False or "" with `mask` True there.

    Parameters
    ----------
    table : pyarrow.Table
        The rows, n of them.
    name : str
        Product, for messages.
    """

    def __init__(self, table: pa.Table, name: str = "") -> None:
        self.arrow = table
        self.name = name
        self._values: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
        self._orders: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self.arrow.num_rows

    def __contains__(self, column: object) -> bool:
        return column in self.arrow.column_names

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrow.column_names)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.arrow.column_names)

    def _load(self, column: str) -> tuple[np.ndarray, np.ndarray | None]:
        if column not in self._values:
            if column not in self.arrow.column_names:
                hint = did_you_mean(column, self.columns)
                raise PluginError(f"{self.name}: column {column!r} was not declared among the needs.{hint}")
            self._values[column] = to_numpy(self.arrow[column])
        return self._values[column]

    def __getitem__(self, column: str) -> np.ndarray:
        return self._load(column)[0]

    def mask(self, column: str) -> np.ndarray:
        """Return a boolean array of shape (n,), True where the cell is null."""
        values, mask = self._load(column)
        if mask is not None:
            return mask
        if values.dtype.kind == "f" and values.ndim == 1:
            return np.isnan(values)
        return np.zeros(len(self), dtype=bool)

    def match(self, key: str, values: np.ndarray) -> np.ndarray:
        """Return, for each of `values`, the row of this batch whose column `key` equals it, -1 where none.

        The first row counts where several match. Shape (len(values),), dtype int64.
        """
        own = self[key]
        if not len(own):
            return np.full(len(values), -1, dtype=np.int64)
        if key not in self._orders:
            self._orders[key] = np.argsort(own, kind="stable")
        order = self._orders[key]
        place = np.searchsorted(own, values, sorter=order)
        rows = order[np.minimum(place, len(own) - 1)]
        return np.where((place < len(own)) & (own[rows] == values), rows, -1)

    def at(self, column: str, key: str, values: np.ndarray) -> np.ndarray:
        """Return a column of numbers in the rows whose column `key` equals `values`.

        Parameters
        ----------
        column : str
            Column to return.
        key : str
            Column to look `values` up in; the first row counts where several match.
        values : ndarray, shape (n,)
            What to look up.

        Returns
        -------
        ndarray of float64, shape (n,) or (n, length)
            NaN where no row matches, and where the cell is null.
        """
        own = self[column].astype(np.float64)
        own[self.mask(column)] = np.nan
        found = np.full((len(values), *own.shape[1:]), np.nan)
        rows = self.match(key, values)
        found[rows >= 0] = own[rows[rows >= 0]]
        return found

    def take(self, rows: np.ndarray) -> Batch:
        """Return the chosen rows (indices or boolean mask)."""
        rows = np.asarray(rows)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return Batch(self.arrow.take(pa.array(rows, pa.int64())), self.name)

    def slice(self, start: int, stop: int) -> Batch:
        """Return rows `start` to `stop` without copying."""
        return Batch(self.arrow.slice(start, stop - start), self.name)

    def to_table(self) -> Table:
        """Return an astropy Table with units and descriptions (masked where null)."""
        from vacframe.core.columns.astropy_tables import table_from_arrow

        return table_from_arrow(self.arrow)


@dataclass(frozen=True)
class SourceFile:
    """A user's file, or one numbered shard of a source that is made without files."""

    name: str
    """What messages and rejects call it."""
    path: Path | None = None
    shard: int | None = None


@dataclass(frozen=True)
class Inputs(Mapping[str, Any]):
    """Inputs of one task: product name → `Batch` or `Model`.

    Attributes
    ----------
    files : tuple of SourceFile
        Only for products of kind source: what this call has to read. The returned table then has a column
        ``_file`` (index into `files`) and, where a file holds several rows, ``_row`` (row in the file).
    """

    products: dict[str, Batch | Model] = field(default_factory=dict)
    files: tuple[SourceFile, ...] = ()

    def __getitem__(self, product: str) -> Any:
        if product not in self.products:
            hint = did_you_mean(product, tuple(self.products))
            raise PluginError(f"product {product!r} was not declared among the needs.{hint}")
        return self.products[product]

    def __contains__(self, product: object) -> bool:
        return product in self.products

    def __iter__(self) -> Iterator[str]:
        return iter(self.products)

    def __len__(self) -> int:
        return len(self.products)
