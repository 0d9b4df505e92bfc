"""Joining a catalogue to a truth table: by the same key, or through a product that carries both keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from vacframe.core.columns.batch import Batch
from vacframe.core.contract.errors import UsageError
from vacframe.core.contract.schema import TableSchema

if TYPE_CHECKING:
    from vacframe.workspace import Workspace


@dataclass(frozen=True)
class Join:
    """For each row of a catalogue, its row in another table.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        -1 where there is none.
    via : str
        How the rows were found, in words.
    """

    rows: np.ndarray = field(repr=False)
    via: str = ""


def schema_of(workspace: Workspace, product: str) -> TableSchema:
    """Return the schema of a built product's table; UsageError for a model."""
    table = workspace.version(product).manifest["table"]
    if table is None:
        raise UsageError(f"{product} is a model and has no rows")
    return TableSchema.model_validate(table)


def read_batch(workspace: Workspace, product: str, columns: Iterable[str]) -> Batch:
    """Return columns of a built product."""
    return Batch(workspace.read(product, list(dict.fromkeys(columns))), product)


def join(workspace: Workspace, product: str, other: str, through: str | None = None) -> Join:
    """Return the row of `other` that belongs to each row of `product`.

    Rows are joined by the key of `other` where `product` has that column, else by the key of `product` where `other`
    has it, else through a built product that carries both keys: the one named, or that which covers most rows.
    With `other` among the candidates, a product that covers more rows (a crossmatch of repeated observations) wins; of
    those that cover as many, `other`, then a source.

    Raises
    ------
    UsageError
        If nothing leads from one key to the other.
    """
    mine, theirs = schema_of(workspace, product), schema_of(workspace, other)
    if mine.key is None or theirs.key is None:
        raise UsageError(f"{product if mine.key is None else other} has no key, so its rows cannot be joined")
    target = read_batch(workspace, other, [theirs.key])
    if through is None and theirs.key in mine:
        keys = read_batch(workspace, product, [theirs.key])
        return Join(_matched(target, theirs.key, keys), f"by {theirs.key}")
    own = read_batch(workspace, product, [mine.key])[mine.key]
    names = [through] if through is not None else [other, *_built(workspace, {product, other})]
    best: Join | None = None
    for name in names:
        schema = schema_of(workspace, name)
        if mine.key not in schema or theirs.key not in schema:
            continue
        both = read_batch(workspace, name, [mine.key, theirs.key])
        both = both.take(~(both.mask(mine.key) | both.mask(theirs.key)))
        place = _unique(both, mine.key).match(mine.key, own)
        rows = np.full(len(own), -1, np.int64)
        found = place >= 0
        rows[found] = target.match(theirs.key, both[theirs.key][place[found]])
        if best is None or (rows >= 0).sum() > (best.rows >= 0).sum():
            best = Join(rows, f"{mine.key} → {theirs.key} through {name}")
    if best is None:
        raise UsageError(
            f"{product} has the key {mine.key}, {other} has {theirs.key}, and "
            f"{through or 'no product that is built here'} carries both; build one (such as crossmatch), or name it "
            "with --through"
        )
    return best


def _matched(target: Batch, key: str, keys: Batch) -> np.ndarray:
    return np.where(keys.mask(key), -1, target.match(key, keys[key]))


def _unique(batch: Batch, column: str) -> Batch:
    if len(np.unique(batch[column])) < len(batch):
        raise UsageError(
            f"{batch.name} holds several rows of the same {column}, so it does not tell which one is meant"
        )
    return batch


def _built(workspace: Workspace, without: set[str]) -> list[str]:
    """Return the built products that have rows: sources first, which know what belongs together, each by name."""
    built = [p for p in workspace.products() if p["state"] == "built" and p["name"] not in without]
    names = [str(p["name"]) for p in sorted(built, key=lambda p: (p["kind"] != "source", p["name"]))]
    return [n for n in names if workspace.version(n).manifest["table"] is not None]


def taken(values: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    """Return the values at `rows`, null where a row is -1."""
    return values.take(pa.array(rows, pa.int64(), mask=rows < 0))
