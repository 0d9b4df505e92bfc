"""Filling up what a need brings: rows of `same` needs in step with the primary one, nulls where something lacks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import arrow_type
from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import HEALPIX, pixel_of
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need
from vacframe.core.contract.schema import Column
from vacframe.core.execution.plugin_call import Made


def in_step(
    needs: Sequence[Need],
    primary: Need | None,
    loaded: Mapping[str, pa.Table | Model],
    keys: Mapping[str, str | None],
) -> dict[str, pa.Table | Model]:
    """Return loaded inputs in which each `same` table has the keys of the primary one, row by row.

    A row that the other product does not have is null; one that the primary does not have is left out. Columns that
    the other product lacks (of an optional need) are null too, typed as the need says.

    Parameters
    ----------
    needs : sequence of Need
        All needs of the product.
    primary : Need or None
        The one whose rows are the product's.
    loaded : mapping of str to table or Model
        Rows by product, with their keys.
    keys : mapping of str to str or None
        Key column by product.
    """
    out = {n.product: _with_columns(n, loaded[n.product]) for n in needs}
    if primary is None or primary.how != "same":
        return out
    key, first = keys.get(primary.product), out[primary.product]
    for need in needs:
        table = out[need.product]
        if need.how == "same" and key is not None and keys.get(need.product) == key and isinstance(table, pa.Table):
            assert isinstance(first, pa.Table)
            if not table[key].equals(first[key]):
                out[need.product] = table.take(pc.index_in(first[key], value_set=table[key]))
    return out


def of_partition(made: Made, part: str, key: str | None) -> Made:
    """Return a result without the rows, and rejects, whose home lies outside the partition.

    Those are the rows of the margin, where the product's own rows come by a `sky` need.
    """
    assert made.table is not None
    order, pixel = Pixel.parse(part)
    inside = pixel_of(made.table[HEALPIX].to_numpy(), order) == pixel
    table, rejects = made.table.filter(pa.array(inside)), made.rejects
    if key is not None and rejects.num_rows:
        outside = made.table.filter(pa.array(~inside))[key].cast(pa.string())
        rejects = rejects.filter(pc.invert(pc.is_in(rejects["key"], value_set=outside)))
    return dataclasses.replace(made, table=table, rejects=rejects)


def absent(need: Need, rows: int) -> pa.Table:
    """Return the columns of a need as nulls, typed as it says (float64 where it gives a name only)."""
    columns = [c if isinstance(c, Column) else Column(name=c, dtype="float64") for c in need.columns]
    return pa.table({c.name: pa.nulls(rows, arrow_type(c)) for c in columns})


def _with_columns(need: Need, value: pa.Table | Model) -> pa.Table | Model:
    """Return a table with the columns that its product lacks, and may lack, as nulls."""
    if isinstance(value, Model) or not (need.optional or need.maybe):
        return value
    nulls = absent(need, value.num_rows)
    for name in nulls.column_names:
        if name not in value.column_names and (need.optional or name in need.maybe):
            value = value.append_column(name, nulls[name])
    return value
