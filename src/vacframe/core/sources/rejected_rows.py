"""Rows of a source that cannot be used: left out, with the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.contract.result import Rejects
from vacframe.core.contract.schema import TableSchema
from vacframe.core.contract.settings import SourceConfig

NO_POSITION = (
    "{ra} or {dec} is null or outside 0 to 360 and -90 to 90 degrees (ICRS); where {ra} runs from -180 to 180: "
    'derive = {{ {ra} = "where({ra} < 0, {ra} + 360, {ra})" }}'
)


def usable_rows(table: pa.Table, path: Path, source: SourceConfig, schema: TableSchema, rejects: Rejects) -> pa.Table:
    """Drop and count the rows that cannot be used."""

    def drop(table: pa.Table, bad: np.ndarray, reason: str, detail: str) -> pa.Table:
        if not bad.any():
            return table
        lost = table.filter(bad)
        keys = to_numpy(lost[schema.key])[0] if schema.key else None
        rejects.add(reason, detail, keys=keys, files=str(path), rows=lost["_row"].to_numpy())
        return table.filter(~bad)

    if schema.key is not None:
        null = table[schema.key].is_null().to_numpy()
        table = drop(table, null, "no_key", f"the key {schema.key} is null; every row needs one")
    if schema.position is not None and not source.anchor and source.position is None:
        ra, dec = (to_numpy(table[n])[0] for n in (schema.position.ra, schema.position.dec))
        bad = ~((ra >= 0) & (ra <= 360) & (np.abs(dec) <= 90))
        table = drop(table, bad, "no_position", NO_POSITION.format(ra=schema.position.ra, dec=schema.position.dec))
    for col in schema.columns:
        if col.length is None and (col.minimum is not None or col.maximum is not None):
            values, mask = to_numpy(table[col.name])
            low = -np.inf if col.minimum is None else col.minimum
            high = np.inf if col.maximum is None else col.maximum
            bad = (values < low) | (values > high)
            bad = bad if mask is None else bad & ~mask
            table = drop(table, bad, "out_of_range", f"{col.name} is outside its valid range {low:g} to {high:g}")
    if source.where:
        named = {n: to_numpy(table[n]) for n in names_in(source.where)}
        kept = np.broadcast_to(select_rows(source.where, named), table.num_rows)
        table = drop(table, ~kept, "where", f"does not fulfil where = {source.where!r}")
    return table
