"""Run and check a plugin's products without a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from vacframe.core.batch import Batch, Inputs, SourceFile
from vacframe.core.context import Context
from vacframe.core.home import HEALPIX, healpix29
from vacframe.core.invoke import CHUNK_BYTES, Made, invoke, primary_need
from vacframe.core.model import Model
from vacframe.core.product import Product
from vacframe.io.astropy_tables import table_to_arrow


def product_of(plugin: Any, name: str, config: Any = None) -> Product:
    """Return the declaration of one product of a plugin object under `config`."""
    chosen = plugin.config_model() if config is None else config
    return next(p for p in plugin.provides(chosen) if p.name == name)


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
        Input products; tables may be dicts of arrays, pyarrow or astropy tables. A dict or table is cut to
        the columns that the product declares.
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
    """
    chosen = plugin.config_model() if config is None else config
    product = product_of(plugin, name, chosen)
    needs = plugin.requires(name, chosen)
    given = dict(inputs or {})
    tables = {k: v if isinstance(v, Model) else table_to_arrow(v) for k, v in given.items()}
    batches: dict[str, Batch | Model] = {}
    for need in needs:
        value = tables.get(need.product)
        if isinstance(value, Model):
            batches[need.product] = value
        elif value is not None:
            batches[need.product] = Batch(value.select(list(need.names)), need.product)
        elif not need.optional:
            raise KeyError(f"run_product({name!r}): input {need.product!r} is missing")
    primary = primary_need(needs)
    home = None
    if primary is not None and isinstance(tables.get(primary.product), pa.Table):
        home = _home(tables[primary.product], product)
    context = Context(name, chosen, seed=seed, config_fields=product.config_fields)
    made_inputs = Inputs(batches, tuple(files))
    return invoke(plugin.run, product, needs, made_inputs, context, home=home, chunk_bytes=chunk_bytes)


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
