"""One call of a plugin's `run`: chunks in, a checked table or model out.

Used by every executor and by `vacframe.testing`, so that a plugin is run in one way only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import arrow_schema, column_of, to_arrow
from vacframe.core.columns.batch import Inputs
from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import HEALPIX, healpix29, in_order, stored_schema
from vacframe.core.contract.errors import PluginError, SchemaError, did_you_mean
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.result import Rejects, Result, as_result
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.core.store.results import Made
from vacframe.core.tasks.context import Context

CHUNK_BYTES = 128 * 1024 * 1024
RunHook = Callable[[str, Inputs, Context], Any]


def invoke(
    run: RunHook,
    product: Product,
    needs: Sequence[Need],
    inputs: Inputs,
    context: Context,
    *,
    places: pa.Table | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Made:
    """Run a product on its inputs and check what comes back.

    Parameters
    ----------
    run : callable
        The plugin's `run` hook.
    product : Product
        What is made, with its schema under the current configuration.
    needs : sequence of Need
        Its needs.
    inputs : Inputs
        Batches and models by product name.
    context : Context
        Passed on.
    places : pyarrow.Table, optional
        HEALPix index, key and position of the primary input's rows, in the order of its batch.
    chunk_bytes : int
        Memory budget of a chunk, for row-wise products.

    Raises
    ------
    PluginError, SchemaError
        If what came back does not fit the declaration.
    """
    if product.kind is Kind.model:
        result = as_result(run(product.name, inputs, context), product.name)
        if result.model is None:
            raise PluginError(f"{product.name}: run() of a product of kind model must return a Model")
        return Made(None, result.model, result.rejects.to_arrow(), result.counts)
    tables, rejects = [], Rejects()
    counts: dict[str, int] = {}
    for part, rows in _chunks(product, needs, inputs, places, chunk_bytes):
        result = as_result(run(product.name, part, context), product.name)
        tables.append(check_table(result, product, rows))
        rejects.extend(result.rejects)
        for name, number in result.counts.items():
            counts[name] = counts.get(name, 0) + int(number)
    table = in_order(pa.concat_tables(tables).combine_chunks(), product.table.key if product.table else None)
    if product.kind is not Kind.source:
        _check_rows(table, product)
    return Made(table, None, rejects.to_arrow(), counts)


def of_partition(made: Made, part: str, key: str | None) -> Made:
    """Return a result without the rows, and rejects, that lie outside the partition.

    Those are the rows of the margin, where the product's own rows come by a `sky` need.
    """
    assert made.table is not None
    inside = Pixel.parse(part).holds(made.table[HEALPIX].to_numpy())
    table, rejects = made.table.filter(pa.array(inside)), made.rejects
    if key is not None and rejects.num_rows:
        outside = made.table.filter(pa.array(~inside))[key].cast(pa.string())
        rejects = rejects.filter(pc.invert(pc.is_in(rejects["key"], value_set=outside)))
    return dataclasses.replace(made, table=table, rejects=rejects)


def _chunks(
    product: Product, needs: Sequence[Need], inputs: Inputs, places: pa.Table | None, budget: int
) -> Iterator[tuple[Inputs, pa.Table | None]]:
    primary = primary_need(needs)
    if not product.row_wise or primary is None or primary.how != "same":
        yield inputs, places
        return
    total = len(inputs[primary.product])
    aligned = [n.product for n in needs if n.how == "same" and len(inputs[n.product]) == total]
    size = sum(inputs[n].arrow.nbytes for n in aligned)
    per_row = max(1, product.resources.row_bytes + size // max(1, total))
    step = max(1, budget // per_row)
    for start in range(0, max(total, 1), step):
        stop = min(start + step, total)
        if start == 0 and stop == total:
            yield inputs, places
            return
        cut = {n: (inputs[n].slice(start, stop) if n in aligned else b) for n, b in inputs.products.items()}
        yield Inputs(cut, inputs.files), None if places is None else places.slice(start, stop - start)


def check_table(result: Result, product: Product, places: pa.Table | None) -> pa.Table:
    """Return a returned table with the declared columns and types, and the place of every row.

    Raises
    ------
    PluginError
        If `run` returned no table, or columns that are not declared.
    SchemaError
        If a column is missing or does not fit its type.
    """
    schema = product.table
    assert schema is not None
    if result.table is None:
        raise PluginError(f"{product.name}: run() returned no table")
    columns = _columns(result.table)
    lengths = {len(v) for v in columns.values()}
    if len(lengths) > 1:
        raise SchemaError(f"{product.name}: columns of different lengths {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    placed = _carry(columns, schema, places, count)
    extra = [n for n in columns if n not in schema and n not in (HEALPIX, "_file", "_row")]
    if extra and not schema.open:
        hint = did_you_mean(extra[0], schema.names)
        raise PluginError(f"{product.name}: run() returned undeclared columns {', '.join(extra)}.{hint}")
    if schema.position is not None and HEALPIX not in columns and not placed:
        columns[HEALPIX] = _places(columns, schema, places, count, product)
    full = _full_schema(stored_schema(schema), columns, extra, product)
    arrays = [to_arrow(columns[c.name], c) for c in full.columns]
    return pa.table(arrays, schema=arrow_schema(full))


def _columns(table: Any) -> dict[str, Any]:
    if isinstance(table, pa.Table):
        return {n: table[n] for n in table.column_names}
    if isinstance(table, dict):
        return dict(table)
    return {n: table[n] for n in table.colnames}


def _carry(columns: dict[str, Any], schema: TableSchema, places: pa.Table | None, count: int) -> bool:
    """Fill key, position and HEALPix index from the input rows where each gives one output row, in order."""
    if places is None or places.num_rows != count:
        return False
    if schema.key in columns and schema.key in places.column_names:
        mine = to_arrow(columns[schema.key], schema[schema.key])
        if not mine.equals(pa.concat_arrays(places[schema.key].chunks) if count else mine):
            return False
    for name in places.column_names:
        if name in schema or (name == HEALPIX and schema.position is not None):
            columns.setdefault(name, places[name])
    return HEALPIX in columns


def _places(columns: dict[str, Any], schema: TableSchema, places: pa.Table | None, count: int, product: Product) -> Any:
    assert schema.position is not None
    if places is not None and schema.key in columns and schema.key in places.column_names:
        keys = to_arrow(columns[schema.key], schema[schema.key])
        place = pc.index_in(keys, value_set=places[schema.key])
        if place.null_count:
            raise PluginError(f"{product.name}: run() returned keys that are not among its input rows")
        for name in places.column_names:
            if name in schema:
                columns.setdefault(name, places[name].take(place))
        return places[HEALPIX].take(place)
    missing = [n for n in (schema.position.ra, schema.position.dec) if n not in columns]
    if missing:
        if count == 0:
            return np.empty(0, dtype=np.int64)
        raise PluginError(
            f"{product.name}: run() returned no {' or '.join(missing)}, so nobody knows where on the sky its rows lie"
        )
    position = [
        to_arrow(columns[n], schema[n]).to_numpy(zero_copy_only=False)
        for n in (schema.position.ra, schema.position.dec)
    ]
    return healpix29(position[0], position[1])


def _full_schema(schema: TableSchema, columns: dict[str, Any], extra: list[str], product: Product) -> TableSchema:
    missing = [n for n in schema.names if n not in columns]
    if missing and product.kind is not Kind.source:
        raise SchemaError(f"{product.name}: run() did not return column {', '.join(missing)}")
    if missing and schema.key in missing:
        raise SchemaError(f"{product.name}: run() did not return the key {schema.key!r}")
    kept = [c for c in schema.columns if c.name in columns]
    kept += [Column(name=n, dtype="int64", description="") for n in ("_file", "_row") if n in columns]
    for name in extra:
        values = columns[name]
        kind = values.type if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(np.asarray(values)[:0]).type
        kept.append(column_of(pa.field(name, kind)))
    return TableSchema(columns=tuple(kept), open=schema.open, description=schema.description)


def _check_rows(table: pa.Table, product: Product) -> None:
    """Check nulls, ranges and unique keys of a finished table, all rows at once."""
    schema = product.table
    assert schema is not None
    for col in schema.columns:
        values = table[col.name]
        if not col.nullable and values.null_count:
            raise SchemaError(f"{product.name}: column {col.name!r} has {values.null_count} nulls but may have none")
        if col.length is None and (col.minimum is not None or col.maximum is not None):
            _check_range(values, col, product.name)
    if schema.key is not None and table.num_rows:
        distinct = pc.count_distinct(table[schema.key], mode="all").as_py()
        if distinct != table.num_rows:
            repeats = table.num_rows - distinct
            raise SchemaError(f"{product.name}: the key {schema.key!r} is not unique ({repeats} repeats)")


def _check_range(values: pa.ChunkedArray, col: Column, product: str) -> None:
    limits = pc.min_max(values)
    low, high = limits["min"].as_py(), limits["max"].as_py()
    if low is None:
        return
    if (col.minimum is not None and low < col.minimum) or (col.maximum is not None and high > col.maximum):
        raise SchemaError(
            f"{product}: column {col.name!r} spans {low:g} to {high:g}, valid is "
            f"{'-inf' if col.minimum is None else col.minimum} to {'inf' if col.maximum is None else col.maximum}"
        )
