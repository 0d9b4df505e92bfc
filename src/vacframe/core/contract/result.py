"""What a plugin's `run` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.contract.errors import PluginError
from vacframe.core.contract.model import Model

REJECT_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), metadata={"description": "Key of the row, as text; empty where it has none"}),
        pa.field("reason", pa.string(), metadata={"description": "Short code of the reason"}),
        pa.field("detail", pa.string(), metadata={"description": "What was found and what was expected"}),
        pa.field("file", pa.string(), metadata={"description": "File, for rows of a source"}),
        pa.field("row", pa.int64(), metadata={"description": "Row in the file, counted from 0"}),
    ]
)


class Rejects:
    """Rows that could not be used, with the reason; kept beside the product and counted."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []

    def add(
        self,
        reason: str,
        detail: str,
        *,
        keys: Any = None,
        files: str | list[str] = "",
        rows: Any = None,
    ) -> None:
        """Add rows that were rejected for one reason.

        Parameters
        ----------
        reason : str
            A short code in snake_case (``"no_flux"``); rejects are counted by it.
        detail : str
            A sentence: what was found, what was expected.
        keys : array-like of shape (n,), optional
            Keys of the rows.
        files : str or list of str
            File or files that they came from.
        rows : array-like of int, optional
            Rows in the file.
        """
        keys = np.atleast_1d(np.asarray([""] if keys is None else keys))
        count = max(len(keys), 0 if rows is None else len(np.atleast_1d(rows)))
        if len(keys) == 1 and count > 1:
            keys = np.repeat(keys, count)
        if not count:
            return
        where = [files] * count if isinstance(files, str) else list(files)
        numbers = [None] * count if rows is None else np.atleast_1d(rows).tolist()
        columns = [[str(k) for k in keys.tolist()], [reason] * count, [detail] * count, where, numbers]
        self._parts.append(
            pa.table([pa.array(c, f.type) for c, f in zip(columns, REJECT_SCHEMA, strict=True)], REJECT_SCHEMA)
        )

    def extend(self, other: Rejects | pa.Table) -> None:
        """Add the rejects of another set."""
        self._parts.append(other if isinstance(other, pa.Table) else other.to_arrow())

    def to_arrow(self) -> pa.Table:
        """Return the table (`REJECT_SCHEMA`)."""
        return pa.concat_tables(self._parts) if self._parts else REJECT_SCHEMA.empty_table()

    def __len__(self) -> int:
        return sum(p.num_rows for p in self._parts)


@dataclass
class Result:
    """Rows or a model, with what was left out and what was counted.

    Attributes
    ----------
    table : dict, pyarrow.Table or astropy.table.Table, optional
        Column name → values of shape (n,) or (n, length). Key and position may be left out where every
        input row gives one output row, in order: they are carried over.
    model : Model, optional
        For products of kind model.
    rejects : Rejects
        Rows left out, with reasons.
    counts : dict of str to int
        Anything worth counting; summed over chunks and partitions and shown at the end.
    """

    table: Any = None
    model: Model | None = None
    rejects: Rejects = field(default_factory=Rejects)
    counts: dict[str, int] = field(default_factory=dict)


def as_result(value: Any, product: str) -> Result:
    """Return what a hook returned as a `Result` (a bare table or model is wrapped)."""
    if isinstance(value, Result):
        return value
    if isinstance(value, Model):
        return Result(model=value)
    if value is None:
        raise PluginError(f"{product}: run() returned None, expected a Result, a table or a Model")
    return Result(table=value)
