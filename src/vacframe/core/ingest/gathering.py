"""Gathering in a worker: the rows of one partition of a source, collected from the scanned groups."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.position import HEALPIX, HEALPIX_ORDER, in_order
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.contract.result import REJECT_SCHEMA
from vacframe.core.contract.schema import Position
from vacframe.core.ingest.scanning import ROWS
from vacframe.core.store.results import Made, has_result, write_result
from vacframe.core.tasks.specs import GatherSpec, ResultAnswer, ScannedRows


def run_gather(spec: GatherSpec) -> ResultAnswer:
    """Collect the rows of one partition and write them as a result."""
    started, of = time.perf_counter(), spec.of
    schema = of.product.table
    assert schema is not None
    assert of.stored is not None
    if has_result(of.folder, spec.key):
        return ResultAnswer(spec.key, spec.digests, True, 0, time.perf_counter() - started)
    parts = [_rows(of.folder / "scan" / g.group / ROWS, g, schema.position) for g in spec.groups]
    fields = arrow_schema(of.stored)
    fields = pa.schema([f for f in fields if all(f.name in p.column_names for p in parts)])
    tables = [pa.table([p[n] for n in fields.names], schema=fields) for p in parts]
    table = in_order(pa.concat_tables([fields.empty_table(), *tables]).combine_chunks(), schema.key)
    made = Made(table, None, REJECT_SCHEMA.empty_table())
    write_result(of.folder, spec.key, made, of.product, of.stored, spec.digests, {"device": "cpu", "build": of.build})
    return ResultAnswer(spec.key, spec.digests, False, table.num_rows, time.perf_counter() - started)


def _rows(path: Path, group: ScannedRows, position: Position | None) -> pa.Table:
    """Return the chosen rows (ascending) of a scanned group, touching the pages that hold them alone."""
    wanted = np.asarray(group.rows, dtype=np.int64)
    try:
        with pa.memory_map(str(path)) as mapped:
            chosen = pa.ipc.open_file(mapped).read_all().take(pa.array(wanted))
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(str(path), str(error).splitlines()[0]) from None
    if group.pixels is None or position is None:
        return chosen
    pixels = pa.array(np.asarray(group.pixels, np.int64))
    return _with_positions(chosen.set_column(0, pa.field(HEALPIX, pa.int64()), pixels), position)


def _with_positions(table: pa.Table, position: Position) -> pa.Table:
    """Fill the positions of rows that take theirs from an anchor or a source_id: the middle of their pixel."""
    import healpy

    ra, dec = healpy.pix2ang(1 << HEALPIX_ORDER, table[HEALPIX].to_numpy(), nest=True, lonlat=True)
    for name, values in ((position.ra, ra), (position.dec, dec)):
        if table[name].null_count:
            filled = np.where(table[name].is_null().to_numpy(), values, table[name].to_numpy())
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.array(filled, pa.float64()))
    return table
