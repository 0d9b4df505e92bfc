"""Rows of products for people: each number to the digits that its error deserves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vacframe.cli.numbers import to_error
from vacframe.cli.text_tables import print_table
from vacframe.core.contract.schema import TableSchema

Companions = dict[str, list[tuple[str, float, float]]]
"""Column → the columns whose weighted sum is its error: name, weight, and the unit of that in the column's."""


def print_rows(rows: Sequence[Mapping[str, Any]], schema: TableSchema, empty: str = "nothing") -> None:
    """Print rows of a product's table.

    A number ends where its error does: that of its column of errors (or half of its 68 % interval), else the
    standard error of a statistic of residuals; other numbers have six significant digits.
    """
    heads = list(rows[0]) if rows else []
    companions = _companions(schema)
    print_table(heads, [_texts(row, companions) for row in rows], empty=empty)


def _texts(row: Mapping[str, Any], companions: Companions) -> list[Any]:
    from vacframe.report.standard_errors import standard_errors

    errors = dict(standard_errors(row))
    for name, parts in companions.items():
        values = [v for part, _, _ in parts if isinstance(v := row.get(part), float)]
        if len(values) == len(parts):
            errors[name] = sum(v * weight * unit for v, (_, weight, unit) in zip(values, parts, strict=True))
    return [to_error(v, errors[n]) if isinstance(v, float) and n in errors else v for n, v in row.items()]


def _companions(schema: TableSchema) -> Companions:
    """Return what is the error of each column, of the errors themselves too."""
    from vacframe.report.compared_columns import conversion, error_columns

    found: Companions = {}
    for column in schema.columns:
        names = error_columns(schema, column.name) if column.is_float and column.length is None else ()
        units = [conversion(schema[n].unit, column.unit) for n in names]
        known = [u for u in units if u is not None]
        if not names or len(known) < len(names):
            continue
        weights = (1.0,) if len(names) == 1 else (-0.5, 0.5)
        parts = list(zip(names, weights, known, strict=True))
        found[column.name] = parts
        for name, unit in zip(names, known, strict=True):
            found[name] = [(part, weight, own / unit) for part, weight, own in parts]
    return found
