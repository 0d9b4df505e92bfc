"""Scanning in a worker: files of a source are read once, into rows and a record of each."""

from __future__ import annotations

import time
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.columns.arrow import arrow_schema, arrow_type, to_numpy
from vacframe.core.columns.digest import row_digests
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import HEALPIX, HEALPIX_COLUMN, healpix29, in_order, source_id_pixel
from vacframe.core.contract.errors import InputFileError
from vacframe.core.contract.result import Rejects
from vacframe.core.contract.schema import TableSchema
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.sources.source_rows import source_rows
from vacframe.core.tasks.inputs import read_inputs
from vacframe.core.tasks.specs import PilotRows, ScanAnswer, ScanSpec
from vacframe.core.tasks.task_log import task_log
from vacframe.core.tasks.worker import call_plugin

ROWS, RECORDS, REJECTS = "rows.arrow", "records.parquet", "rejects.parquet"
"""Files of a scanned group: its rows, a record of each, and what could not be used."""


def run_scan(spec: ScanSpec) -> ScanAnswer:
    """Read a group of files (or shards); write their rows and, for each row, file, row, key, pixel and digest."""
    started = time.perf_counter()
    schema = spec.of.product.table
    assert schema is not None
    rejects = Rejects()
    table = _read_plugin(spec, rejects) if spec.source is None else _read_tables(spec, spec.source, schema, rejects)
    table = in_order(table if spec.pilot is None else _chosen(table, spec, spec.pilot, rejects), schema.key)
    content = table.drop_columns([n for n in ("_file", "_row") if n in table.column_names])
    group = uuid.uuid4().hex
    folder = spec.of.folder / "scan" / group
    folder.mkdir(parents=True)
    # Uncompressed and mapped back into memory by the gather task: these rows live for one build.
    with pa.ipc.new_file(folder / ROWS, content.schema) as writer:
        writer.write_table(content)
    pq.write_table(_records(table, content, schema.key), folder / RECORDS)
    pq.write_table(rejects.to_arrow(), folder / REJECTS)
    return ScanAnswer(group, time.perf_counter() - started)


def _records(table: pa.Table, content: pa.Table, key: str | None) -> pa.Table:
    """Return one record of each row: file, row in it, pixel, digest and key."""
    lanes, count = row_digests(content, key), table.num_rows
    zeros = pa.array(np.zeros(count, np.int64))
    records = {
        "file": table["_file"] if "_file" in table.column_names else zeros,
        "row": table["_row"] if "_row" in table.column_names else pa.array(np.arange(count)),
        "pixel": table[HEALPIX] if HEALPIX in table.column_names else zeros,
        "d0": pa.array(lanes[:, 0]),
        "d1": pa.array(lanes[:, 1]),
    }
    return pa.table(records if key is None else records | {"key": table[key]})


def _chosen(table: pa.Table, spec: ScanSpec, pilot: PilotRows, rejects: Rejects) -> pa.Table:
    """Return the rows that a pilot run takes; the others are counted."""
    if not table.num_rows:
        return table
    chosen = np.ones(table.num_rows, bool)
    if pilot.where:
        values = {n: to_numpy(table[n]) for n in names_in(pilot.where) if n in table.column_names}
        chosen &= select_rows(pilot.where, values, what="--where")
    if pilot.pixels:
        place, inside = table[HEALPIX].to_numpy(), np.zeros(table.num_rows, bool)
        for pixel in map(Pixel.parse, pilot.pixels):
            inside |= pixel.holds(place)
        chosen &= inside
    if not chosen.all():
        left = table.filter(pa.array(~chosen))
        names = [f.name for f in spec.files]
        files = [names[i] for i in left["_file"].to_pylist()] if "_file" in left.column_names else names[0]
        rows = left["_row"].to_numpy() if "_row" in left.column_names else np.flatnonzero(~chosen)
        rejects.add("not_in_pilot", "the pilot run does not take this row", files=files, rows=rows)
    return table.filter(pa.array(chosen))


def _read_plugin(spec: ScanSpec, rejects: Rejects) -> pa.Table:
    loaded = read_inputs(spec.of.needs, spec.inputs, spec.part)
    with task_log(spec.of.logs, spec.of.product.name, spec.part) as logger:
        made = call_plugin(spec, loaded, logger)
        logger.info("read %d files, %d rejects", len(spec.files), made.rejects.num_rows)
    rejects.extend(made.rejects)
    assert made.table is not None
    return made.table


def _read_tables(spec: ScanSpec, source: SourceConfig, schema: TableSchema, rejects: Rejects) -> pa.Table:
    """Read plain table files; one that cannot be read is a reject of its own, a wrong column is an error."""
    parts = []
    for number, file in enumerate(spec.files):
        assert file.path is not None
        try:
            for table in source_rows(file.path, source, schema, rejects):
                parts.append(table.append_column("_file", pa.array(np.full(table.num_rows, number), pa.int64())))
        except InputFileError as error:
            if spec.only_file:
                raise
            rejects.add("unreadable_file", error.detail, files=str(file.path))
    fields = pa.schema(
        [f.with_nullable(True) for f in arrow_schema(schema)]
        + [pa.field("_row", pa.int64()), pa.field("_file", pa.int64())]
    )
    whole = pa.concat_tables([fields.empty_table(), *parts]).combine_chunks()
    if schema.position is None:
        return whole
    place = pa.array(_places(whole, source, schema))
    return whole.add_column(0, pa.field(HEALPIX, arrow_type(HEALPIX_COLUMN)), place)


def _places(table: pa.Table, source: SourceConfig, schema: TableSchema) -> np.ndarray:
    """Return the order-29 pixels of rows; 0 where they will come from an anchor."""
    if not table.num_rows or source.anchor:
        return np.zeros(table.num_rows, np.int64)
    if source.position == "source_id":
        return source_id_pixel(table["source_id"].to_numpy())
    assert schema.position is not None
    return healpix29(table[schema.position.ra].to_numpy(), table[schema.position.dec].to_numpy())
