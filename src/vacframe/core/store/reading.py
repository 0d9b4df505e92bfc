"""Reading: the rows and the rejects of a published version."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.pixel import Pixel
from vacframe.core.contract.errors import UsageError, did_you_mean
from vacframe.core.contract.result import REJECT_SCHEMA
from vacframe.core.contract.schema import TableSchema
from vacframe.core.store.partition import read_columns
from vacframe.core.store.product_store import REJECTS_FILE, ProductStore, Version


def read_version(version: Version, product: str, columns: Sequence[str] | None) -> pa.Table:
    """Return the rows of a version, in order of their place on the sky.

    Raises
    ------
    UsageError
        If the product is a model, or lacks a column.
    """
    if version.manifest["table"] is None:
        raise UsageError(f"{product} is a model; read it with Workspace.read_model")
    stored = TableSchema.model_validate(version.manifest["table"])
    wanted = list(columns) if columns is not None else None
    unknown = [c for c in wanted or () if c not in stored]
    if unknown:
        raise UsageError(f"{product} has no column {unknown[0]!r}.{did_you_mean(unknown[0], stored.names)}")
    parts = sorted((p for p, r in version.parts.items() if r["rows"]), key=_place)
    tables = [read_columns(version.file(p), wanted) for p in parts]
    if not tables:
        return arrow_schema(stored.select(wanted) if wanted else stored).empty_table()
    return pa.concat_tables(tables, promote_options="permissive")


def read_rejects(version: Version, store: ProductStore) -> pa.Table:
    """Return the rows that were left out of a version, with reasons."""
    files = [version.root / REJECTS_FILE]
    files += [store.object(r["key"]) / REJECTS_FILE for r in version.parts.values()]
    return pa.concat_tables([REJECT_SCHEMA.empty_table(), *(pq.read_table(f) for f in files if f.exists())])


def _place(part: str) -> int:
    return Pixel.parse(part).first if "/" in part else 0
