"""Columns of a catalogue's rows: from the catalogue, the truth that they are joined to, or any other product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.contract.errors import UsageError, did_you_mean
from vacframe.report.joining import Join, join, read_batch, schema_of, taken

if TYPE_CHECKING:
    import pyarrow as pa

    from vacframe.workspace import Workspace


class Columns:
    """Columns at the rows of a catalogue.

    Parameters
    ----------
    workspace : Workspace
    product, truth : str
        The catalogue and the truth table.
    joined : Join
        The row of the truth for each row of the catalogue.

    Attributes
    ----------
    mine, theirs : TableSchema
        Their schemas.
    """

    def __init__(self, workspace: Workspace, product: str, truth: str, joined: Join) -> None:
        self.workspace, self.product, self.truth, self.joined = workspace, product, truth, joined
        self.mine, self.theirs = schema_of(workspace, product), schema_of(workspace, truth)

    def arrow(self, name: str) -> pa.ChunkedArray:
        """Return a column of the catalogue, else of the truth, else ``<product>.<column>`` of another product."""
        if name in self.mine:
            return self.workspace.read(self.product, [name])[name]
        if name in self.theirs:
            return self.true(name)
        other, dot, column = name.rpartition(".")
        if not dot:
            who = (
                f"neither {self.product} nor {self.truth} has a"
                if self.product != self.truth
                else f"{self.truth} has no"
            )
            hint = did_you_mean(name, list(dict.fromkeys([*self.mine.names, *self.theirs.names])))
            raise UsageError(f"{who} column {name!r}; one of another product is written product.column.{hint}")
        if column not in schema_of(self.workspace, other):
            raise UsageError(f"{other} has no column {column!r}")
        if other == self.truth:
            return self.true(column)
        return taken(self.workspace.read(other, [column])[column], self._rows(other))

    def _rows(self, other: str) -> np.ndarray:
        key = schema_of(self.workspace, other).key
        if key is None or key in self.mine or key != self.theirs.key:
            return join(self.workspace, self.product, other).rows
        keys = read_batch(self.workspace, self.truth, [key])[key]
        place = read_batch(self.workspace, other, [key]).match(key, keys)
        return np.where(self.joined.rows >= 0, place[self.joined.rows], -1)

    def true(self, name: str) -> pa.ChunkedArray:
        """Return a column of the truth at the rows of the catalogue, null where there is no row."""
        return taken(self.workspace.read(self.truth, [name])[name], self.joined.rows)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a column as `plain` does."""
        return plain(self.arrow(name))

    def where(self, condition: str, what: str) -> np.ndarray:
        """Return which rows meet a condition on columns that `arrow` finds; `what` names it in messages."""
        if not condition:
            return np.ones(len(self.joined.rows), bool)
        return select_rows(condition, {n: to_numpy(self.arrow(n)) for n in names_in(condition)}, what=what)

    def member(self, other: str, condition: str = "") -> np.ndarray:
        """Return which rows are in another product, in those of its rows that meet a condition on its columns."""
        rows = self._rows(other)
        found = rows >= 0
        if condition:
            read = self.workspace.read(other, list(names_in(condition)))
            columns = {n: to_numpy(taken(read[n], rows)) for n in names_in(condition)}
            found &= select_rows(condition, columns, what=f"the condition on {other}")
        return found


def plain(values: pa.ChunkedArray) -> np.ndarray:
    """Return numbers as float64 with NaN for null; text as it is, None for null."""
    array, mask = to_numpy(values)
    if array.dtype == object or array.ndim != 1:
        return exact(values)
    floats = array.astype(np.float64)
    if mask is not None:
        floats[mask] = np.nan
    return floats


def exact(values: pa.ChunkedArray) -> np.ndarray:
    """Return the values as objects, None for null."""
    array, mask = to_numpy(values)
    if array.ndim != 1:
        raise UsageError("a column of arrays cannot be compared or grouped by")
    out = array.astype(object)
    if mask is not None:
        out[mask] = None
    return out
