"""Reading sources in a worker: a scan task reads files once, a gather task collects the rows of one partition."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema, arrow_type, to_numpy
from vacframe.core.columns.digest import row_digests
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import (
    HEALPIX,
    HEALPIX_COLUMN,
    healpix29,
    in_order,
    pixel_of,
    source_id_home,
    stored_schema,
)
from vacframe.core.contract.errors import CorruptFileError, InputFileError
from vacframe.core.contract.needs import Need
from vacframe.core.contract.product import Product
from vacframe.core.contract.result import Rejects
from vacframe.core.contract.schema import TableSchema
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.execution.plugin_call import Made
from vacframe.core.execution.task_log import task_log
from vacframe.core.execution.worker import load_need, make, write_object
from vacframe.core.sources.table_source import source_rows
from vacframe.core.store.product_store import META_FILE

ROWS, RECORDS, REJECTS = "rows.arrow", "records.parquet", "rejects.parquet"


def scan_files(task: dict[str, Any]) -> dict[str, Any]:
    """Read a group of files (or shards); write their rows and, for each row, file, row, key, home and digest.

    Returns
    -------
    dict
        ``group``: name of the folder below ``scan``.
    """
    product = Product.model_validate(task["product"])
    assert product.table is not None
    rejects = Rejects()
    table = _read_tables(task, product, rejects) if task["source"] else _read_plugin(task, rejects)
    key = product.table.key
    table = in_order(_chosen(table, task, rejects), key)
    content = table.drop_columns([n for n in ("_file", "_row") if n in table.column_names])
    lanes = row_digests(content, key)
    count = table.num_rows
    zeros = pa.array(np.zeros(count, np.int64))
    records = {
        "file": table["_file"] if "_file" in table.column_names else zeros,
        "row": table["_row"] if "_row" in table.column_names else pa.array(np.arange(count)),
        "home": table[HEALPIX] if HEALPIX in table.column_names else zeros,
        "d0": pa.array(lanes[:, 0]),
        "d1": pa.array(lanes[:, 1]),
    }
    if key is not None:
        records["key"] = table[key]
    group = uuid.uuid4().hex
    folder = Path(task["folder"]) / "scan" / group
    folder.mkdir(parents=True)
    # Uncompressed and mapped back into memory by the gather task: these rows live for one build.
    with pa.ipc.new_file(folder / ROWS, content.schema) as writer:
        writer.write_table(content)
    pq.write_table(pa.table(records), folder / RECORDS)
    pq.write_table(rejects.to_arrow(), folder / REJECTS)
    return {"group": group, "rows": 0}


def _chosen(table: pa.Table, task: dict[str, Any], rejects: Rejects) -> pa.Table:
    """Return the rows that a pilot run takes; the others are counted."""
    pilot = task.get("pilot")
    if pilot is None or not table.num_rows:
        return table
    chosen = np.ones(table.num_rows, bool)
    if pilot["where"]:
        values = {n: to_numpy(table[n]) for n in names_in(pilot["where"]) if n in table.column_names}
        chosen &= select_rows(pilot["where"], values, what="--where")
    if pilot["pixels"]:
        home, inside = table[HEALPIX].to_numpy(), np.zeros(table.num_rows, bool)
        for order, pixel in map(Pixel.parse, pilot["pixels"]):
            inside |= pixel_of(home, order) == pixel
        chosen &= inside
    if not chosen.all():
        left = table.filter(pa.array(~chosen))
        names = [f["name"] for f in task["files"]]
        files = [names[i] for i in left["_file"].to_pylist()] if "_file" in left.column_names else names[0]
        rows = left["_row"].to_numpy() if "_row" in left.column_names else np.flatnonzero(~chosen)
        rejects.add("not_in_pilot", "the pilot run does not take this row", files=files, rows=rows)
    return table.filter(pa.array(chosen))


def _read_plugin(task: dict[str, Any], rejects: Rejects) -> pa.Table:
    needs = [Need.model_validate(n) for n in task["needs"]]
    loaded = {n.product: load_need(n, task["inputs"][n.product], task) for n in needs}
    with task_log(task.get("logs"), task["product"]["name"], task["part"]) as logger:
        made = make(task, needs, loaded, logger)
        logger.info("read %d files, %d rejects", len(task["files"]), made.rejects.num_rows)
    rejects.extend(made.rejects)
    assert made.table is not None
    return made.table


def _read_tables(task: dict[str, Any], product: Product, rejects: Rejects) -> pa.Table:
    """Read plain table files; one that cannot be read is a reject of its own, a wrong column is an error."""
    source = SourceConfig.model_validate(task["source"])
    schema = product.table
    assert schema is not None
    parts = []
    for number, file in enumerate(task["files"]):
        try:
            for table in source_rows(Path(file["path"]), source, schema, rejects):
                parts.append(table.append_column("_file", pa.array(np.full(table.num_rows, number), pa.int64())))
        except InputFileError as error:
            if len(task["all_files"]) == 1:
                raise
            rejects.add("unreadable_file", error.detail, files=file["path"])
    fields = pa.schema(
        [f.with_nullable(True) for f in arrow_schema(schema)]
        + [pa.field("_row", pa.int64()), pa.field("_file", pa.int64())]
    )
    whole = pa.concat_tables([fields.empty_table(), *parts]).combine_chunks()
    if schema.position is None:
        return whole
    return whole.add_column(0, pa.field(HEALPIX, arrow_type(HEALPIX_COLUMN)), pa.array(_home(whole, source, schema)))


def _home(table: pa.Table, source: SourceConfig, schema: TableSchema) -> np.ndarray:
    if not table.num_rows or source.anchor:
        return np.zeros(table.num_rows, np.int64)
    if source.position == "source_id":
        return source_id_home(table["source_id"].to_numpy())
    assert schema.position is not None
    return healpix29(table[schema.position.ra].to_numpy(), table[schema.position.dec].to_numpy())


def gather(task: dict[str, Any]) -> dict[str, Any]:
    """Collect the rows of one partition from the scanned groups and write them as a task result."""
    folder = Path(task["folder"])
    product = Product.model_validate(task["product"])
    assert product.table is not None
    if (folder / "objects" / task["key"] / META_FILE).exists():
        return {"key": task["key"], "inputs": task["input_digests"], "adopted": True, "rows": 0}
    parts = [_rows_of(folder / "scan" / g["group"] / ROWS, g) for g in task["groups"]]
    stored = stored_schema(product.table)
    names = [n for n in stored.names if all(n in p.column_names for p in parts)]
    empty = arrow_schema(stored.select(names)).empty_table()
    fields = empty.schema
    tables = [pa.table([p[n] for n in names], schema=fields) for p in parts]
    table = in_order(pa.concat_tables([empty, *tables]).combine_chunks(), product.table.key)
    made = Made(table, None, Rejects().to_arrow())
    write_object(folder, task["key"], made, product, task["input_digests"], {"device": "cpu", "build": task["build"]})
    return {"key": task["key"], "inputs": task["input_digests"], "adopted": False, "rows": table.num_rows}


def _rows_of(path: Path, group: dict[str, Any]) -> pa.Table:
    """Return the chosen rows (ascending) of a scanned group, touching the pages that hold them alone."""
    wanted = np.asarray(group["rows"], dtype=np.int64)
    try:
        with pa.memory_map(str(path)) as mapped:
            chosen = pa.ipc.open_file(mapped).read_all().take(pa.array(wanted))
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(str(path), str(error).splitlines()[0]) from None
    if group.get("homes") is None:
        return chosen
    homes = pa.array(np.asarray(group["homes"], np.int64))
    chosen = chosen.set_column(0, pa.field(HEALPIX, pa.int64()), homes)
    return _with_positions(chosen, group)


def _with_positions(table: pa.Table, group: dict[str, Any]) -> pa.Table:
    """Fill the positions of rows that take theirs from an anchor or a source_id: the middle of the home pixel."""
    import healpy

    ra, dec = healpy.pix2ang(1 << 29, table[HEALPIX].to_numpy(), nest=True, lonlat=True)
    for name, values in zip(group["position"], (ra, dec), strict=True):
        place = table.column_names.index(name)
        if table[name].null_count:
            filled = np.where(table[name].is_null().to_numpy(), values, table[name].to_numpy())
            table = table.set_column(place, name, pa.array(filled, pa.float64()))
    return table
