"""Results of tasks on disk: one folder under the key of everything that determines it, complete or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vacframe.core.columns.digest import table_digests
from vacframe.core.contract.model import Model
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import TableSchema
from vacframe.core.store.files import staged_folder
from vacframe.core.store.model_files import model_digests, write_model
from vacframe.core.store.partition import write_table
from vacframe.core.store.product_store import META_FILE, MODEL_FOLDER, REJECTS_FILE, TABLE_FILE


@dataclass
class Made:
    """What one task made: a table in canonical order, or a model; rejects and counts beside it."""

    table: pa.Table | None
    model: Model | None
    rejects: pa.Table
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of rows; 0 of a model."""
        return 0 if self.table is None else self.table.num_rows


def has_result(folder: Path, key: str) -> bool:
    """Whether the result of a task is kept in the folder of its product."""
    return (folder / "objects" / key / META_FILE).exists()


def write_result(
    folder: Path,
    result: str,
    made: Made,
    product: Product,
    stored: TableSchema | None,
    inputs: Mapping[str, str],
    notes: Mapping[str, Any],
) -> None:
    """Write what a task made under its key.

    Nothing is synced here: `ProductStore.commit` syncs what a version holds before it becomes current, and a result
    that a power cut damaged before that is noticed by its checksums when it is read.

    Parameters
    ----------
    folder : Path
        Of the product in the workspace.
    result : str
        Key: digest of all that determines the result.
    made : Made
    product : Product
        Its declaration.
    stored : TableSchema or None
        Schema of its stored table; None of a model.
    inputs : mapping of str to str
        Input → digest of what was read.
    notes : mapping
        Seconds, device, build.
    """
    meta: dict[str, Any] = {"inputs": dict(inputs), "counts": made.counts, "rejects": {}, "rows": made.rows, **notes}
    with staged_folder(folder / "objects" / result, beside=folder / "staged") as staged:
        files = [staged / META_FILE]
        if made.table is not None:
            assert stored is not None
            key = stored.key
            files.append(staged / TABLE_FILE)
            write_table(made.table, stored, files[-1], name=product.name, description=product.description)
            meta["digests"] = table_digests(made.table, key if key in made.table.column_names else None)
        elif made.model is not None:
            write_model(made.model, staged / MODEL_FOLDER)
            files += (staged / MODEL_FOLDER).iterdir()
            meta["digests"] = model_digests(made.model)
        if made.rejects.num_rows:
            files.append(staged / REJECTS_FILE)
            pq.write_table(made.rejects, files[-1], write_page_checksum=True)
            meta["rejects"] = count_reasons(made.rejects)
        files[0].write_text(json.dumps(meta, sort_keys=True))
        for path in files:
            path.chmod(0o444)


def count_reasons(rejects: pa.Table) -> dict[str, int]:
    """Return how many rows were left out for each reason."""
    return {c["values"]: c["counts"] for c in pc.value_counts(rejects["reason"]).to_pylist()}
