"""The complete folder of a version, made of links to finished results; `ProductStore.commit` makes it current."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.digest import content_digest
from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import HEALPIX, in_order, pixel_of, stored_schema
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.schema import TableSchema
from vacframe.core.store.files import link, stat_of
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
)
from vacframe.core.store.results import count_reasons
from vacframe.io.healpix_write import write_healpix


@dataclass(frozen=True)
class Finished:
    """A finished part of a product: the key of its result, the digests of its inputs, and what it may read of them."""

    key: str
    inputs: Mapping[str, str | None]
    signatures: Mapping[str, str] = field(default_factory=dict)


def fill(
    staged: Path,
    store: ProductStore,
    product: Product,
    done: Mapping[str, Finished],
    *,
    recipe: Mapping[str, Any],
    missing: Sequence[str],
    rejects: pa.Table | None,
    provenance: Mapping[str, Any],
) -> None:
    """Write a version: links to the results, the catalogue's own files, and the manifest.

    Parameters
    ----------
    staged : Path
        Folder to fill.
    store : ProductStore
        Where the results are kept.
    product : Product
        Its declaration.
    done : mapping of str to Finished
        The finished parts.
    recipe : mapping
        What determines the results beside the inputs.
    missing : sequence of str
        Partitions that failed, for a version that is published all the same.
    rejects : pyarrow.Table or None
        Of a source: rows of its files that were left out.
    provenance : mapping
        Goes into the manifest.
    """
    stored = None if product.table is None else stored_schema(product.table)
    on_sky = product.on_sky
    parts, totals = _linked(staged, store, product, done)
    if rejects is not None and rejects.num_rows:
        pq.write_table(rejects, staged / REJECTS_FILE)
        totals["rejects"] = count_reasons(rejects)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest: dict[str, Any] = {
        "product": product.name, "kind": str(product.kind), "created": created, "recipe": recipe,
        "table": None if stored is None else stored.model_dump(mode="json"),
        "table_key": None if stored is None else stored.key,
        "description": product.description, "citation": product.citation,
        "exactness": str(product.method.exactness), "parts": parts, "missing": list(missing), **totals,
        "provenance": provenance,
    }  # fmt: skip
    manifest["digest"] = content_digest(stored, Version(staged, manifest).totals())
    if on_sky and stored is not None:
        listed = [(*Pixel.parse(p), r["rows"]) for p, r in parts.items()]
        write_catalog(staged, stored, listed, name=product.name, description=product.description, created=created)
    if product.grid is not None and stored is not None:
        _write_map(staged, product, stored, created)
    (staged / MANIFEST).write_text(json.dumps(manifest))


def _linked(
    staged: Path, store: ProductStore, product: Product, done: Mapping[str, Finished]
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, int]]]:
    """Link the results into a version; return the records of its parts, and what they counted together."""
    parts: dict[str, dict[str, Any]] = {}
    totals: dict[str, dict[str, int]] = {"rejects": {}, "counts": {}}
    ordered = sorted(done.items())
    metas = [store.meta(finished.key) for _, finished in ordered]
    places = _places(product, [part for part, _ in ordered], [meta["rows"] for meta in metas])
    source = MODEL_FOLDER if product.kind is Kind.model else TABLE_FILE
    for (_, finished), path in zip(ordered, places, strict=True):
        if path:
            link(store.folder / "objects" / finished.key / source, staged / path)
    for (part, finished), meta, path in zip(ordered, metas, places, strict=True):
        for name, collected in totals.items():
            for reason, number in meta[name].items():
                collected[reason] = collected.get(reason, 0) + number
        parts[part] = {
            "key": finished.key, "rows": meta["rows"], "digests": meta["digests"],
            "inputs": dict(finished.inputs), "signatures": dict(finished.signatures),
            "path": path, "stat": stat_of(staged / path) if path else [],
            "made": {n: meta.get(n) for n in ("build", "seconds", "device")},
        }  # fmt: skip
    return parts, totals


def rejects_differ(version: Version, rejects: pa.Table | None) -> bool:
    """Whether a source leaves out other rows of its files than the version says (None: it is no source)."""
    if rejects is None or not (rejects.num_rows or version.manifest["rejects"]):
        return False
    if count_reasons(rejects) != version.manifest["rejects"]:
        return True
    with pq.ParquetFile(version.root / REJECTS_FILE) as file:
        before = file.read()
    order = [(name, "ascending") for name in before.column_names]
    return not before.sort_by(order).equals(rejects.sort_by(order))


def _places(product: Product, parts: Sequence[str], rows: Sequence[int]) -> list[str]:
    """Return where the file of each part lies in a version; empty for a partition without rows, which has none."""
    if product.kind is Kind.model:
        return [MODEL_FOLDER]
    if not product.on_sky:
        return [f"{product.name}.parquet"]
    pixels = [Pixel.parse(part) for part in parts]
    return [str(relative_path(*pixel)) if number else "" for pixel, number in zip(pixels, rows, strict=True)]


def _write_map(staged: Path, product: Product, stored: TableSchema, created: str) -> None:
    """Write a map once more as HEALPix FITS, and, where its pixels have positions, as a HATS map."""
    grid = product.grid
    assert grid is not None
    assert product.table is not None
    table = read_columns(staged / f"{product.name}.parquet")
    path = staged / f"{product.name}.fits"
    write_healpix(
        table, product.table, path, pixel=grid.pixel, order=grid.order, nested=grid.ordering == "nested",
        galactic=grid.frame == "galactic", name=product.name,
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
        write_table(rows, schema_of(rows, stored), file, name=product.name, description=product.description)
        parts.append((0, pix, rows.num_rows))
    write_catalog(
        staged / HATS_FOLDER, stored, parts, name=product.name, description=product.description, created=created,
        provenance={"dataproduct_type": "map"},
    )  # fmt: skip
