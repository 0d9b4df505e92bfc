"""One product on tables in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_type, to_numpy
from vacframe.core.columns.astropy_tables import table_to_arrow
from vacframe.core.columns.batch import Batch, Inputs, SourceFile
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.columns.position import HEALPIX, healpix29
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.core.execution.context import Context
from vacframe.core.execution.inputs import in_step
from vacframe.core.execution.plugin_call import CHUNK_BYTES, Made, invoke
from vacframe.schemas import SOURCES


def product_of(plugin: Any, name: str, config: Any = None) -> Product:
    """Return the declaration of one product of a plugin object under `config`."""
    chosen = plugin.config_model() if config is None else config
    return next(p for p in plugin.provides(chosen) if p.name == name)


def schema_of(plugin: Any, product: str, config: Any) -> TableSchema | None:
    """Return the schema of a product as the plugin itself or the shared schemas declare it."""
    own = {p.name: p.table for p in plugin.provides(config)}
    return own.get(product) or SOURCES.get(product)


def columns_of(plugin: Any, need: Need, config: Any) -> list[Column]:
    """Return the columns of a need, with their types; a column that nobody declares is taken for float64."""
    schema = schema_of(plugin, need.product, config)
    found = []
    for wanted in need.columns:
        if isinstance(wanted, Column):
            found.append(wanted)
        elif schema is not None and wanted in schema:
            found.append(schema[wanted])
        else:
            found.append(Column(name=wanted, dtype="float64"))
    return found


def run_product(
    plugin: Any,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    files: Sequence[SourceFile] = (),
    config: Any = None,
    seed: int = 0,
    chunk_bytes: int = CHUNK_BYTES,
) -> Made:
    """Run one product of a plugin on tables in memory, exactly as a build would.

    Parameters
    ----------
    plugin : Plugin
        The plugin object.
    name : str
        The product.
    inputs : mapping of str to table or Model
        Input products; tables may be dicts of arrays, pyarrow or astropy tables. A table is cut to the rows
        and columns that the product declares; an optional one that is missing arrives as in a build.
    files : sequence of SourceFile
        For products of kind source.
    config : pydantic model, optional
        The plugin's configuration.
    chunk_bytes : int
        Chunk budget of row-wise products.

    Returns
    -------
    Made
        ``.table`` (pyarrow), ``.model``, ``.rejects`` (pyarrow), ``.counts``.

    Raises
    ------
    KeyError
        If an input that is not optional is missing.
    """
    chosen = plugin.config_model() if config is None else config
    product = product_of(plugin, name, chosen)
    needs = plugin.requires(name, chosen)
    tables = {k: v if isinstance(v, Model) else table_to_arrow(v) for k, v in (inputs or {}).items()}
    missing = [n.product for n in needs if n.product not in tables and not n.optional]
    if missing:
        raise KeyError(f"run_product({name!r}): input {missing[0]!r} is missing")
    rows = {n.product: chosen_rows(tables[n.product], n) for n in needs if n.product in tables}
    primary = primary_need(needs)
    key = product.table.key if product.table else None
    keyed = {n: key for n, t in rows.items() if isinstance(t, pa.Table) and key in t.column_names}
    rows = in_step([n for n in needs if n.product in rows], primary, rows, keyed)
    first = None if primary is None else rows[primary.product]
    batches: dict[str, Batch | Model] = {}
    for need in needs:
        value = rows.get(need.product)
        if isinstance(value, Model):
            batches[need.product] = value
            continue
        if value is None:
            count = first.num_rows if need.how == "same" and isinstance(first, pa.Table) else 0
            value = _absent(columns_of(plugin, need, chosen), count)
        batches[need.product] = Batch(value.select(list(need.names)), need.product)
    home = _home(first, product) if isinstance(first, pa.Table) else None
    context = Context(name, chosen, seed=seed, config_fields=product.method.config_fields)
    made_inputs = Inputs(batches, tuple(files))
    return invoke(plugin.run, product, needs, made_inputs, context, home=home, chunk_bytes=chunk_bytes)


def chosen_rows(value: pa.Table | Model, need: Need) -> pa.Table | Model:
    """Return the rows for which the need's `where` holds."""
    if isinstance(value, Model) or need.where is None:
        return value
    columns = {n: to_numpy(value[n]) for n in names_in(need.where) if n in value.column_names}
    return value.filter(pa.array(np.asarray(select_rows(need.where, columns), dtype=bool)))


def _absent(columns: list[Column], rows: int) -> pa.Table:
    """Return the rows that stand for a product that nothing provides: nulls."""
    return pa.table({c.name: pa.nulls(rows, arrow_type(c)) for c in columns})


def _home(table: pa.Table, product: Product) -> pa.Table | None:
    schema = product.table
    if schema is None or schema.position is None:
        return None
    wanted = [n for n in (schema.key, schema.position.ra, schema.position.dec) if n in table.column_names]
    home = table.select(wanted)
    if {"ra", "dec"} <= set(table.column_names):
        hp29 = healpix29(table["ra"].to_numpy(), table["dec"].to_numpy())
        home = home.append_column(HEALPIX, pa.array(hp29, pa.int64()))
    return home
