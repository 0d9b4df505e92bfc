"""Inputs to try a product on: given by the plugin's author, or made up from its needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_arrow
from vacframe.core.columns.astropy_tables import table_to_arrow
from vacframe.core.columns.batch import SourceFile
from vacframe.core.columns.digest import text_seed
from vacframe.core.columns.expression import names_in
from vacframe.core.contract.errors import PluginError
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.schema import Column
from vacframe.testing.run import columns_of, product_of, run_product, schema_of

ROWS = 40
"""Rows of a made-up table."""
NULLS = 0.05
"""Fraction of nulls in its nullable scalar columns."""


@dataclass(frozen=True)
class Sample:
    """What a product is tried on.

    Attributes
    ----------
    inputs : mapping of str to table or Model
        Input products; those left out are made up.
    config : pydantic model, optional
        The plugin's configuration, its defaults where None.
    files : sequence of path or SourceFile
        For products of kind source that read files.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    config: Any = None
    files: Sequence[Any] = ()


Given = Mapping[str, Sample | Mapping[str, Any] | Callable[[], Sample | Mapping[str, Any]]]


@dataclass(frozen=True)
class Case:
    """A product with everything that it needs to run.

    Attributes
    ----------
    inputs : dict of str to pyarrow.Table or Model
    """

    plugin: Any
    product: Product
    needs: list[Need]
    inputs: dict[str, Any]
    config: Any
    files: tuple[SourceFile, ...] = ()

    @property
    def primary(self) -> Need | None:
        """The need whose rows are those of the product."""
        return primary_need(self.needs)

    @property
    def read_by_core(self) -> bool:
        """Whether the core reads this source from the user's tables, so that there is nothing to run."""
        product = self.product
        return product.kind is Kind.source and not (product.files.formats or product.files.shards or self.files)


def make_case(plugin: Any, name: str, given: Given) -> Case:
    """Return a product with its inputs: those given, the rest made up.

    Raises
    ------
    PluginError
        If an input cannot be made up.
    """
    sample = _sample(given.get(name))
    config = plugin.config_model() if sample.config is None else sample.config
    product = product_of(plugin, name, config)
    needs = list(plugin.requires(name, config))
    inputs = {n: v if isinstance(v, Model) else table_to_arrow(v) for n, v in sample.inputs.items()}
    universe = _Universe(plugin, config, inputs)
    for need in needs:
        if need.product not in inputs:
            inputs[need.product] = universe.table(need) if need.columns else _model(plugin, name, need, given)
    files = tuple(f if isinstance(f, SourceFile) else SourceFile(Path(f).name, Path(f)) for f in sample.files)
    if product.kind is Kind.source and product.files.shards and not files:
        files = tuple(SourceFile(f"shard {k}", shard=k) for k in range(product.files.shards))
    if product.files.formats and not files:
        raise PluginError(f'reads files: give some, samples={{"{name}": {{"files": [...]}}}}')
    return Case(plugin, product, needs, inputs, config, files)


def _sample(given: Any) -> Sample:
    value = given() if callable(given) else given
    return value if isinstance(value, Sample) else Sample(**(value or {}))


def _model(plugin: Any, name: str, need: Need, given: Given) -> Model:
    """Return a model input as the plugin itself makes it."""
    try:
        case = make_case(plugin, need.product, given)
        made = run_product(plugin, need.product, case.inputs, files=case.files, config=case.config)
    except Exception as error:
        raise PluginError(
            f"its input {need.product!r} cannot be made up ({error}); give it, "
            f'samples={{"{name}": {{"inputs": {{"{need.product}": ...}}}}}}'
        ) from error
    if made.model is None:
        raise PluginError(f"its need of {need.product!r} names no columns")
    return made.model


class _Universe:
    """Made-up tables that meet: columns of one name that is the key of a product hold the same values."""

    def __init__(self, plugin: Any, config: Any, given: Mapping[str, Any]) -> None:
        self._plugin = plugin
        self._config = config
        schemas = [p.table for p in plugin.provides(config) if p.table is not None]
        needs = [n for p in plugin.provides(config) for n in plugin.requires(p.name, config)]
        self._keys = {s.key for s in schemas} | {n.on for n in needs}
        self._keys |= {s.key for n in needs if (s := schema_of(plugin, n.product, config)) is not None}
        tables = [v for v in given.values() if isinstance(v, pa.Table) and self._keys & set(v.column_names)]
        self._given = {c: t[c] for t in reversed(tables) for c in t.column_names if c in self._keys}
        self._rows = max((t.num_rows for t in tables), default=ROWS)

    def table(self, need: Need) -> pa.Table:
        """Return rows of one input; those of a need other than ``same`` come in another order."""
        columns = {c.name: c for c in columns_of(self._plugin, need, self._config)}
        schema = schema_of(self._plugin, need.product, self._config)
        more = list(names_in(need.where)) if need.where else []
        if schema is not None and schema.key:
            more.append(schema.key)
        if schema is not None and schema.position is not None:
            more += [schema.position.ra, schema.position.dec]
        for name in more:
            if name not in columns:
                known = schema is not None and name in schema
                columns[name] = schema[name] if known and schema else Column(name=name, dtype="float64")
        key = schema.key if schema is not None else None
        arrays = [self._values(need, c, key) for c in columns.values()]
        return pa.table(arrays, names=list(columns))

    def _values(self, need: Need, column: Column, key: str | None) -> Any:
        if column.name in self._keys:
            values = self._given.get(column.name)
            if values is None or len(values) != self._rows:
                values = to_arrow(_identifiers(column, self._rows), column)
            if need.how == "same":
                return values
            order = np.random.default_rng(text_seed(need.product)).permutation(self._rows)
            return values.take(pa.array(order))
        # Rows of one pixel agree on their position, whatever the product.
        shared = need.how == "same" and column.name in ("ra", "dec")
        return made_up(column, self._rows, "" if shared else need.product)


def _identifiers(column: Column, rows: int) -> np.ndarray:
    numbers = np.sort(np.random.default_rng(text_seed(column.name)).permutation(10 * rows)[:rows]) + 1
    return np.array([f"star {n:06d}" for n in numbers], object) if column.dtype == "string" else numbers


def made_up(column: Column, rows: int, salt: str = "") -> pa.Array:
    """Return random values of a column's type within its valid range, some of them null where that is allowed."""
    rng = np.random.default_rng(text_seed("sample", salt, column.name))
    shape = (rows,) if column.length is None else (rows, column.length)
    low, high = _limits(column)
    values: Any
    if column.dtype == "bool":
        values = rng.random(shape) < 0.5
    elif column.dtype == "string":
        values = rng.choice(np.array(["a", "b", "c"], object), shape)
    elif column.is_float:
        values = rng.uniform(low, high, shape)
    else:
        values = rng.integers(int(low), int(high) + 1, shape)
    nulls = column.nullable and column.length is None and column.name not in ("ra", "dec")
    return to_arrow(values, column, rng.random(rows) < NULLS if nulls else None)


def _limits(column: Column) -> tuple[float, float]:
    if column.name in ("ra", "dec"):
        return (0.0, 359.0) if column.name == "ra" else (-89.0, 89.0)
    low, high = column.minimum, column.maximum
    width = 1.0 if column.is_float else 3.0
    if low is None:
        low = (0.1 if column.is_float else 0.0) if high is None else high - width
    return low, low + width if high is None else high
