"""Whether the products of a graph have what others need of them: columns, in types and units that fit, positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vacframe.core.columns.expression import names_in
from vacframe.core.contract.errors import PlanError, did_you_mean
from vacframe.core.contract.schema import Column
from vacframe.core.planning.configuration import named_by

if TYPE_CHECKING:
    from vacframe.core.planning.graph import Node


def check_anchor(node: Node, nodes: Mapping[str, Node]) -> None:
    """Check that the product on which a source is anchored lies on the sky and has its key."""
    anchor = None if node.source is None else node.source.anchor
    if anchor is None or node.product.table is None:
        return
    key, upstream = node.product.table.key, nodes[anchor]
    if key is None or upstream.stored is None or not upstream.on_sky or key not in upstream.stored:
        raise PlanError(
            f"[sources.{node.name}] anchor = {anchor!r} has no column {key!r} with positions; name a product on the "
            "sky that has the same key"
        )


def check_needs(node: Node, nodes: Mapping[str, Node]) -> None:
    """Check that the providers have the columns that a node needs, in types and units that fit."""
    for need in node.needs:
        upstream = nodes[need.product]
        if upstream.stored is None:
            if need.columns:
                raise PlanError(f"{node.name} needs columns of {need.product}, which is a model")
            continue
        names = [*need.names, *([need.on] if need.on else []), *(names_in(need.where) if need.where else ())]
        missing = [n for n in names if n not in upstream.stored and n not in need.maybe]
        if missing and not need.optional:
            have = ", ".join(upstream.stored.names)
            hint = named_by(node.provider, node.config, missing[0]) + did_you_mean(missing[0], upstream.stored.names)
            raise PlanError(
                f"{node.name} needs column {', '.join(map(repr, missing))} of {need.product}, which "
                f"{_not_given(upstream, missing)}{hint} It has: {have}"
            )
        for wanted in need.columns:
            if isinstance(wanted, Column) and wanted.name in upstream.stored:
                _check_column(node.name, need.product, wanted, upstream.stored[wanted.name])


def _not_given(upstream: Node, missing: list[str]) -> str:
    """Return who does not give the columns and, for a user's files, what to write."""
    if upstream.source is None or upstream.plugin is not None:
        return "its provider does not give."
    mapped = ", ".join(f'{name} = "..."' for name in missing)
    named = ", ".join(f'"{name}"' for name in missing)
    return (
        f"[sources.{upstream.name}] does not give. Name what they are in the files, columns = {{ {mapped} }}; if the "
        f"files have none of them, absent = [{named}] makes them null in every row."
    )


def _check_column(consumer: str, product: str, wanted: Column, have: Column) -> None:
    if wanted.length is not None and wanted.length != have.length:
        raise PlanError(f"{consumer} needs {product}.{wanted.name} as {wanted.type_name()}, it is {have.type_name()}")
    if (wanted.dtype == "string") != (have.dtype == "string"):
        raise PlanError(f"{consumer} needs {product}.{wanted.name} as {wanted.type_name()}, it is {have.type_name()}")
    if wanted.unit and have.unit and wanted.unit != have.unit:
        from astropy import units

        if units.Unit(wanted.unit) != units.Unit(have.unit):
            raise PlanError(f"{consumer} needs {product}.{wanted.name} in {wanted.unit}, it is in {have.unit}")
