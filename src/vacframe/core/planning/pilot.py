"""Pilot runs: a build on a part of the rows, kept as a variant beside the workspace's products, never among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from vacframe.core.columns.digest import digest_json
from vacframe.core.columns.expression import names_in
from vacframe.core.contract.errors import PlanError, UsageError
from vacframe.core.planning.graph import Node

FOLDER = "pilots"
"""Folder of the variants, in the workspace."""


class Pilot(BaseModel):
    """Which rows of the root sources a pilot run takes.

    The root sources of a product are those whose rows become its rows; whatever else it needs (tables to join with,
    labels) is taken whole, so that a pilot loses nothing in joins.

    Attributes
    ----------
    where : str
        Only rows for which this expression holds.
    pixels : tuple of str
        Only rows in these HEALPix pixels, ``order/pixel`` (NESTED, ICRS).
    limit : int or None
        Only the first rows, in sorted path and row order; files behind them are not read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: str = ""
    pixels: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1)

    @property
    def name(self) -> str:
        """Name of the variant's folder."""
        return f"pilot-{digest_json(self.model_dump(mode='json'))[:8]}"

    def check(self, graph: Mapping[str, Node], targets: Iterable[str]) -> set[str]:
        """Return the root sources of `targets`.

        Raises
        ------
        PlanError
            If a root source lacks a column of `where`, or has no position for `pixels`.
        """
        roots = set().union(*(_roots(graph[t], graph) for t in targets))
        for name in sorted(roots):
            node = graph[name]
            if node.stored is None:
                continue
            lacking = [c for c in (names_in(self.where) if self.where else ()) if c not in node.stored]
            if lacking:
                raise PlanError(
                    f"--where: source {name!r} has no column {lacking[0]!r}; it has {', '.join(node.stored.names)}"
                )
            if self.pixels and not node.on_sky:
                raise PlanError(f"--pixels: source {name!r} has no position on the sky")
        return roots


def parse_pixels(texts: Iterable[str]) -> tuple[str, ...]:
    """Return pixels as ``order/pixel``.

    Raises
    ------
    UsageError
        For a text that names no pixel.
    """
    out = []
    for text in texts:
        order, slash, pixel = text.strip().removeprefix("Norder").replace("Npix", "").partition("/")
        if not (
            slash and order.isdigit() and pixel.isdigit() and int(order) <= 29 and int(pixel) < 12 << 2 * int(order)
        ):
            raise UsageError(f"--pixels {text!r}: expected HEALPix order/pixel, such as 3/512")
        out.append(f"{int(order)}/{int(pixel)}")
    return tuple(dict.fromkeys(out))


def _roots(node: Node, graph: Mapping[str, Node]) -> set[str]:
    if node.ingested:
        return {node.name}
    primary = node.primary
    upstream = [primary.product] if primary is not None else [n.product for n in node.needs]
    return set().union(*(_roots(graph[u], graph) for u in upstream))
