"""Publishing: the complete folder of a version, made of links to finished results."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import HEALPIX, in_order, pixel_of
from vacframe.core.contract.product import Kind
from vacframe.core.contract.schema import TableSchema
from vacframe.core.planning.graph import Node
from vacframe.core.planning.states import WHOLE, State, product_digest
from vacframe.core.store.hats import relative_path, write_catalog
from vacframe.core.store.partition import read_columns, schema_of, write_table
from vacframe.core.store.product_store import (
    HATS_FOLDER,
    MANIFEST,
    MODEL_FOLDER,
    REJECTS_FILE,
    TABLE_FILE,
    ProductStore,
    Version,
    link,
    stat_of,
)


def fill(
    node: Node,
    store: ProductStore,
    staged: Path,
    done: dict[str, Any],
    missing: list[str],
    rejects: Any,
    provenance: dict[str, Any],
) -> None:
    """Write a version: links to the results, the catalogue's own files, and the manifest.

    Parameters
    ----------
    node : Node
        The product.
    store : ProductStore
        Where its results are kept.
    staged : Path
        Folder to fill.
    done : dict of str to (key, inputs, signatures)
        The finished partitions.
    missing : list of str
        Partitions that failed, for a version that is published all the same.
    rejects : pyarrow.Table or None
        Of a source: rows of its files that were left out.
    provenance : dict
        Goes into the manifest.
    """
    parts: dict[str, dict[str, Any]] = {}
    totals: dict[str, dict[str, int]] = {"rejects": {}, "counts": {}}
    for part, (key, inputs, signatures) in sorted(done.items()):
        meta = store.meta(key)
        path = _place(node, part, meta["rows"])
        if path:
            source = MODEL_FOLDER if node.product.kind is Kind.model else TABLE_FILE
            link(store.object(key) / source, staged / path)
        for name, collected in totals.items():
            for reason, number in meta[name].items():
                collected[reason] = collected.get(reason, 0) + number
        parts[part] = {
            "key": key, "rows": meta["rows"], "digests": meta["digests"],
            "inputs": inputs, "signatures": signatures,
            "path": path, "stat": stat_of(staged / path) if path else [],
            "made": {n: meta.get(n) for n in ("build", "seconds", "device")},
        }  # fmt: skip
    if rejects is not None and rejects.num_rows:
        pq.write_table(rejects, staged / REJECTS_FILE)
        totals["rejects"] = _counted(rejects)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest: dict[str, Any] = {
        "product": node.name, "kind": str(node.product.kind), "created": created, "recipe": node.recipe,
        "table": None if node.stored is None else node.stored.model_dump(mode="json"),
        "table_key": None if node.stored is None else node.stored.key,
        "description": node.product.description, "citation": node.product.citation,
        "exactness": str(node.product.method.exactness), "parts": parts, "missing": missing, **totals,
        "provenance": provenance,
    }  # fmt: skip
    manifest["digest"] = product_digest(State(node, Version(staged, manifest), set(), list(parts)))
    if node.on_sky and node.stored is not None:
        listed = [(*Pixel.parse(p), r["rows"]) for p, r in parts.items()]
        write_catalog(
            staged, node.stored, listed, name=node.name, description=node.product.description, created=created
        )
    if node.product.grid is not None and node.stored is not None:
        _write_map(staged, node, node.stored, created)
    (staged / MANIFEST).write_text(json.dumps(manifest))


def rejects_differ(version: Version, rejects: pa.Table | None) -> bool:
    """Whether a source leaves out other rows of its files than the version says (None: it is no source)."""
    if rejects is None or not (rejects.num_rows or version.manifest["rejects"]):
        return False
    if _counted(rejects) != version.manifest["rejects"]:
        return True
    with pq.ParquetFile(version.root / REJECTS_FILE) as file:
        before = file.read()
    order = [(name, "ascending") for name in before.column_names]
    return not before.sort_by(order).equals(rejects.sort_by(order))


def _counted(rejects: pa.Table) -> dict[str, int]:
    return {c["values"]: c["counts"] for c in pc.value_counts(rejects["reason"]).to_pylist()}


def _place(node: Node, part: str, rows: int) -> str:
    if node.product.kind is Kind.model:
        return MODEL_FOLDER
    if not node.on_sky:
        return f"{node.name}.parquet"
    return str(relative_path(*Pixel.parse(part))) if rows else ""


def _write_map(staged: Path, node: Node, stored: TableSchema, created: str) -> None:
    """Write a map once more as HEALPix FITS, and, where its pixels have positions, as a HATS map."""
    from vacframe.io.healpix_write import write_healpix

    grid = node.product.grid
    assert grid is not None
    assert node.product.table is not None
    table = read_columns(staged / _place(node, WHOLE, 1))
    path = staged / f"{node.name}.fits"
    write_healpix(
        table, node.product.table, path, pixel=grid.pixel, order=grid.order, nested=grid.ordering == "nested",
        galactic=grid.frame == "galactic", name=node.name,
    )  # fmt: skip
    if HEALPIX not in table.column_names:
        return
    table = in_order(table, stored.key)
    pixels = pixel_of(table[HEALPIX].to_numpy(), 0)
    parts = []
    for pix in np.unique(pixels).tolist():
        rows = table.filter(pa.array(pixels == pix))
        file = staged / HATS_FOLDER / relative_path(0, pix)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_table(rows, schema_of(rows, stored), file, name=node.name, description=node.product.description)
        parts.append((0, pix, rows.num_rows))
    write_catalog(
        staged / HATS_FOLDER, stored, parts, name=node.name, description=node.product.description, created=created,
        provenance={"dataproduct_type": "map"},
    )  # fmt: skip
