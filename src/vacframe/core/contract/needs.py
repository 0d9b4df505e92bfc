"""Needs: what a product is made from, and which of those rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from vacframe.core.contract.schema import Column


class Need(BaseModel):
    """One input of a product: which columns of which product, and which of its rows.

    Use `same`, `by_key`, `sky` and `all_rows` to write one.

    Attributes
    ----------
    columns : tuple of Column or str
        What is read. A `Column` also states dtype and unit, which are checked at plan time; a name alone
        takes them as they are.
    how : str
        ``same``: the rows of the same partition, identical key and position. ``by_key``: the rows, wherever
        they lie, whose column `on` equals that of a row of the first ``same`` input. ``sky``: the rows of
        the partition and of a margin around it. ``all``: every row, or a model.
    where : str
        Only rows for which this expression holds (one of `vacframe.core.columns.expression`).
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
    columns: Iterable[Column | str] = (),
    *,
    maybe: Iterable[Column | str] = (),
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows of the same partition (identical key and position).

    The first such need says which rows the product has. Row i of every other one with the same key column belongs to
    row i of that: null where the other product has no such row.

    Parameters
    ----------
    product : str
        The product that is read.
    columns : iterable of Column or str
        Its columns that are read.
    maybe : iterable of Column or str
        Further columns that the product may lack; they are null then.
    where : str
        Only rows for which this expression holds.
    optional : bool
        Nothing may provide the product; it arrives with no rows then (here: all null).
    """
    return _need(product, columns, maybe, how="same", where=where, optional=optional)


def by_key(
    product: str,
    columns: Iterable[Column | str] = (),
    *,
    on: str,
    maybe: Iterable[Column | str] = (),
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows whose column `on` equals that of the first ``same`` input, wherever they lie.

    Parameters are those of `same`.
    """
    return _need(product, columns, maybe, how="by_key", on=on, where=where, optional=optional)


def sky(
    product: str,
    columns: Iterable[Column | str] = (),
    *,
    margin: float,
    maybe: Iterable[Column | str] = (),
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need the rows of the same partition and of at least `margin` degrees around it.

    Where no ``same`` need says which rows the product has, they are these; returned rows of the margin are left out,
    since they are made with their own partition. Parameters are those of `same`.
    """
    return _need(product, columns, maybe, how="sky", margin=margin, where=where, optional=optional)


def all_rows(
    product: str,
    columns: Iterable[Column | str] = (),
    *,
    maybe: Iterable[Column | str] = (),
    where: str | None = None,
    optional: bool = False,
) -> Need:
    """Need every row of a table, or a model (no columns). Parameters are those of `same`."""
    return _need(product, columns, maybe, how="all", where=where, optional=optional)


def _need(product: str, columns: Iterable[Column | str], maybe: Iterable[Column | str], **options: Any) -> Need:
    further = tuple(maybe)
    names = tuple(c if isinstance(c, str) else c.name for c in further)
    return Need(product=product, columns=(*columns, *further), maybe=names, **options)


def primary_need(needs: Sequence[Need]) -> Need | None:
    """Return the need whose rows are the rows of the product: the first ``same`` (or ``sky``) one."""
    for how in ("same", "sky"):
        for need in needs:
            if need.how == how and not need.optional:
                return need
    return None
