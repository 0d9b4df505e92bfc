"""The inputs of one call of a plugin: read from a workspace, cut to the rows that each need names, and put in step.

Builds and `vacframe.testing` both assemble inputs here, so that a plugin sees the same in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import arrow_schema, arrow_type, to_numpy
from vacframe.core.columns.batch import Batch, Inputs, SourceFile
from vacframe.core.columns.digest import column_types, need_digest, table_digests
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.columns.pixel import Pixel, margin_pixels
from vacframe.core.columns.position import HEALPIX, in_order, pixel_of, place_columns
from vacframe.core.contract.errors import CorruptFileError, VacframeError
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import Column, TableSchema
from vacframe.core.planning.states import columns_read
from vacframe.core.store.key_index import KeyIndex
from vacframe.core.store.model_files import read_model
from vacframe.core.store.partition import read_columns
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.tasks.specs import InputSpec

Loaded = dict[str, pa.Table | Model]
"""Product → its rows (with the columns of `place_columns`), or the model."""


def read_inputs(needs: Sequence[Need], inputs: Mapping[str, InputSpec], part: str) -> Loaded:
    """Return what the needs of a task name, read from the workspace.

    Raises
    ------
    CorruptFileError
        If a stored file is missing or damaged.
    """
    primary = primary_need(needs)
    loaded: Loaded = {}
    for need in needs:
        spec = inputs[need.product]
        if spec.schema is None:
            loaded[need.product] = _read_model(spec)
            continue
        keys = None
        if need.how == "by_key":
            if primary is None or need.on is None:
                raise VacframeError(f"{need.product}: it is needed by key, and no `same` need says which keys")
            keys = _primary_keys(need.on, inputs[primary.product])
        table = _read_rows(need, spec, part, keys)
        table = chosen_rows(table, need, keys)
        loaded[need.product] = in_order(table.combine_chunks(), spec.schema.key)
    return loaded


def _read_model(spec: InputSpec) -> Model:
    (folder,) = spec.files.values()
    try:
        return read_model(Path(folder))
    except (OSError, ValueError) as error:
        raise CorruptFileError(folder, str(error)) from None


def _read_rows(need: Need, spec: InputSpec, part: str, keys: pa.Array | None) -> pa.Table:
    schema = spec.schema
    assert schema is not None
    wanted = columns_read(need, schema)
    files = list(spec.files.values()) if keys is None else _files_of_keys(need, spec, keys)
    tables = [read_columns(Path(f), wanted) for f in files]
    if need.how == "sky":
        pixel = Pixel.parse(part)
        around = margin_pixels(pixel, need.margin)
        tables = [_near(t, pixel, around) for t in tables]
    if len(tables) == 1:
        return tables[0]
    empty = arrow_schema(schema.select(wanted)).empty_table()
    return pa.concat_tables([empty, *tables], promote_options="permissive") if tables else empty


def _near(table: pa.Table, pixel: Pixel, around: tuple[int, np.ndarray] | None) -> pa.Table:
    """Return the rows of a partition and of the pixels around it (None: all)."""
    if around is None:
        return table
    place = table[HEALPIX].to_numpy()
    return table.filter(pa.array(pixel.holds(place) | np.isin(pixel_of(place, around[0]), around[1])))


def _primary_keys(on: str, spec: InputSpec) -> pa.Array:
    """Return the distinct values of a column of the primary input, all its rows."""
    assert spec.schema is not None
    tables = [read_columns(Path(f), [on]) for f in spec.files.values()]
    return keys_in(pa.concat_tables(tables), on) if tables else pa.array([], arrow_type(spec.schema[on]))


def keys_in(table: pa.Table, on: str) -> pa.Array:
    """Return the distinct values of a column, by which rows of another product are looked up."""
    return pc.unique(table[on])


def _files_of_keys(need: Need, spec: InputSpec, keys: pa.Array) -> list[str]:
    """Return the files of the partitions that hold rows with these keys, through the index of keys."""
    if spec.index is None or spec.leaves is None:
        return list(spec.files.values())
    places = KeyIndex(Path(spec.index)).places(to_numpy(keys)[0])
    order, number = PixelTree.from_json(spec.leaves).leaves(places)
    parts = sorted({Pixel(int(o), int(n)) for o, n in zip(order, number, strict=True)})
    lost = [str(p) for p in parts if str(p) not in spec.files]
    if lost:
        raise VacframeError(f"{need.product}: its rows of partition {lost[0]} are in no file; build it again")
    return [spec.files[str(p)] for p in parts]


def chosen_rows(table: pa.Table, need: Need, keys: pa.Array | None) -> pa.Table:
    """Return the rows of a table that a need names: those with the keys looked up, and for which `where` holds."""
    if keys is not None:
        table = table.filter(pc.is_in(table[need.on], value_set=keys))
    if need.where:
        values = {n: to_numpy(table[n]) for n in names_in(need.where) if n in table.column_names}
        chosen = np.broadcast_to(select_rows(need.where, values, what=f"where of {need.product}"), table.num_rows)
        table = table.filter(pa.array(chosen))
    return table


def exact_digest(value: pa.Table | Model, spec: InputSpec) -> str:
    """Return the digest of exactly the rows and columns that were read."""
    if spec.digest is not None:
        return spec.digest
    assert isinstance(value, pa.Table)
    assert spec.schema is not None
    digests = table_digests(value, spec.schema.key)
    return need_digest(digests, column_types(spec.schema, digests))


def call_inputs(
    product: Product,
    needs: Sequence[Need],
    absent: Sequence[Need],
    loaded: Mapping[str, pa.Table | Model],
    schemas: Mapping[str, TableSchema | None],
    files: Sequence[SourceFile] = (),
) -> tuple[Inputs, pa.Table | None]:
    """Return what the plugin's function receives, and place, key and position of the primary input's rows.

    Parameters
    ----------
    product : Product
        What is made.
    needs, absent : sequence of Need
        Those that are provided; optional ones that nothing provides, which arrive as nulls.
    loaded : mapping of str to table or Model
        What the needs name.
    schemas : mapping of str to TableSchema or None
        Schema of each as it is stored.
    files : sequence of SourceFile
        For a source.
    """
    primary = primary_need(needs)
    keys = {n: None if s is None else s.key for n, s in schemas.items()}
    step = _in_step(needs, primary, loaded, keys)
    first = None if primary is None else step[primary.product]
    places = None
    if primary is not None and product.on_sky and isinstance(first, pa.Table):
        places = first.select([n for n in place_columns(schemas[primary.product]) if n in first.column_names])
    batches: dict[str, Batch | Model] = {}
    for need in needs:
        value = step[need.product]
        if not isinstance(value, Model):
            value = Batch(value.select(list(need.names)), need.product)
        batches[need.product] = value
    for need in absent:
        rows = first.num_rows if need.how == "same" and isinstance(first, pa.Table) else 0
        batches[need.product] = Batch(nulls_of(need, rows), need.product)
    return Inputs(batches, tuple(files)), places


def _in_step(
    needs: Sequence[Need],
    primary: Need | None,
    loaded: Mapping[str, pa.Table | Model],
    keys: Mapping[str, str | None],
) -> Loaded:
    """Return loaded inputs in which each `same` table has the keys of the primary one, row by row.

    A row that the other product does not have is null; one that the primary does not have is left out. Columns that
    the other product lacks (of an optional need) are null too, typed as the need says.
    """
    out = {n.product: _with_columns(n, loaded[n.product]) for n in needs}
    if primary is None or primary.how != "same":
        return out
    key, first = keys.get(primary.product), out[primary.product]
    for need in needs:
        table = out[need.product]
        if need.how == "same" and key is not None and keys.get(need.product) == key and isinstance(table, pa.Table):
            assert isinstance(first, pa.Table)
            if table is not first and not table[key].equals(first[key]):
                out[need.product] = table.take(pc.index_in(first[key], value_set=table[key]))
    return out


def nulls_of(need: Need, rows: int) -> pa.Table:
    """Return the columns of a need as nulls, typed as it says (float64 where it gives a name only)."""
    columns = [c if isinstance(c, Column) else Column(name=c, dtype="float64") for c in need.columns]
    return pa.table({c.name: pa.nulls(rows, arrow_type(c)) for c in columns})


def _with_columns(need: Need, value: pa.Table | Model) -> pa.Table | Model:
    """Return a table with the columns that its product lacks, and may lack, as nulls."""
    if isinstance(value, Model) or not (need.optional or need.maybe):
        return value
    nulls = nulls_of(need, value.num_rows)
    for name in nulls.column_names:
        if name not in value.column_names and (need.optional or name in need.maybe):
            value = value.append_column(name, nulls[name])
    return value
