"""One product on tables in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.astropy_tables import table_to_arrow
from vacframe.core.columns.batch import SourceFile
from vacframe.core.columns.position import HEALPIX, healpix29
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.core.store.partition import schema_of as schema_of_table
from vacframe.core.store.results import Made
from vacframe.core.tasks.context import Context
from vacframe.core.tasks.inputs import call_inputs, chosen_rows, keys_in
from vacframe.core.tasks.plugin_call import CHUNK_BYTES, invoke
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
    """Run one product of a plugin on tables in memory, on the inputs that a build would give it.

    The same code as in a build cuts the inputs to the rows that each need names and puts them in step; only the order
    of the rows is left as it is.

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
    given = {k: v if isinstance(v, Model) else table_to_arrow(v) for k, v in (inputs or {}).items()}
    missing = [n.product for n in needs if n.product not in given and not n.optional]
    if missing:
        raise KeyError(f"run_product({name!r}): input {missing[0]!r} is missing")
    present = [n for n in needs if n.product in given]
    declared = {n.product: schema_of(plugin, n.product, chosen) or product.table for n in present}
    placed = {n.product: _placed(given[n.product], declared[n.product]) for n in present}
    schemas = {n: _stored(table, declared[n]) for n, table in placed.items()}
    primary = primary_need(needs)
    loaded = {n.product: _read(placed[n.product], n, placed.get(primary.product) if primary else None) for n in present}
    absent = [_typed(plugin, n, chosen) for n in needs if n.product not in given]
    made_inputs, places = call_inputs(product, present, absent, loaded, schemas, files)
    context = Context(name, chosen, seed=seed, config_fields=product.method.config_fields)
    return invoke(plugin.run, product, needs, made_inputs, context, places=places, chunk_bytes=chunk_bytes)


def _placed(value: pa.Table | Model, declared: TableSchema | None) -> pa.Table | Model:
    """Return a table with the HEALPix index of its rows, as stored tables have it."""
    position = None if declared is None else declared.position
    if isinstance(value, Model) or position is None or HEALPIX in value.column_names:
        return value
    if not {position.ra, position.dec} <= set(value.column_names):
        return value
    pixels = healpix29(*(to_numpy(value[n])[0] for n in (position.ra, position.dec)))
    return value.append_column(HEALPIX, pa.array(pixels, pa.int64()))


def _stored(value: pa.Table | Model, declared: TableSchema | None) -> TableSchema | None:
    """Return the schema of an input as a build would have stored it; key and position where it has them."""
    if isinstance(value, Model):
        return None
    return schema_of_table(value, declared or TableSchema(columns=()))


def _read(value: pa.Table | Model, need: Need, primary: pa.Table | Model | None) -> pa.Table | Model:
    """Return the rows of an input that the need names, as a build reads them."""
    if isinstance(value, Model):
        return value
    keys = None
    if need.how == "by_key" and need.on is not None and isinstance(primary, pa.Table):
        keys = keys_in(primary, need.on)
    return chosen_rows(value, need, keys)


def _typed(plugin: Any, need: Need, config: Any) -> Need:
    """Return a need that nothing provides with the types of its columns, as they are declared."""
    return need.model_copy(update={"columns": tuple(columns_of(plugin, need, config))})
