"""The state of every task of a product, judged by the same code for plans and builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from vacframe.core.columns.digest import column_types, digest_json, need_digest
from vacframe.core.columns.expression import names_in
from vacframe.core.columns.pixel import Pixel, parts_within
from vacframe.core.columns.position import place_columns
from vacframe.core.contract.needs import Need
from vacframe.core.contract.product import Kind
from vacframe.core.contract.schema import TableSchema
from vacframe.core.planning.graph import Node
from vacframe.core.planning.plan import Action, Reason
from vacframe.core.planning.task_key import exact_key, sky_signature, task_key
from vacframe.core.store.integrity import intact
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.product_store import ProductStore, Version

WHOLE = "all"
"""The one part of a product that is not partitioned."""


@dataclass
class State:
    """What consumers can read of a product; partitions that are still to be made are in `pending`."""

    node: Node
    version: Version | None = None
    pending: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)

    def digests(self, part: str) -> dict[str, str]:
        """Return the column digests of a partition; of an absent one, none."""
        record = None if self.version is None else self.version.parts.get(part)
        return {} if record is None else dict(record["digests"])

    @cached_property
    def totals(self) -> dict[str, str]:
        """Column digests of the whole product."""
        return {} if self.version is None else self.version.totals()

    @cached_property
    def files(self) -> dict[str, str]:
        """Files of the partitions that have rows (of a model: its folder)."""
        return {} if self.version is None else self.version.files()

    @cached_property
    def pixels(self) -> list[Pixel]:
        """The partitions as pixels."""
        return [Pixel.parse(p) for p in self.parts]

    def near(self, part: str, margin: float) -> list[Pixel]:
        """Return the partitions that come within a margin (degrees) of one."""
        return parts_within(self.pixels, Pixel.parse(part), margin)


@dataclass
class Task:
    """One task as judged."""

    part: str
    action: Action
    reason: Reason
    key: str | None = None
    inputs: dict[str, str | None] = field(default_factory=dict)
    """Need → digest of what it reads; None where only reading can tell."""
    signatures: dict[str, str] = field(default_factory=dict)
    """Need → digest of all that it may read."""

    @property
    def to_do(self) -> bool:
        """Whether the task is to be run (unless its inputs come out the same)."""
        return self.action in ("run", "maybe")


@dataclass
class Judge:
    """Says of each task of a product whether it is fresh, adopted from what is kept, or to be run.

    Attributes
    ----------
    store : ProductStore
        The product's kept results.
    ledger : Ledger
        Remembers the digests of inputs that only reading can tell, and which files are intact.
    damaged : set of (product, partition)
        Partitions whose files were found damaged.
    change : Reason or None
        What of the recipe changed.
    """

    store: ProductStore
    ledger: Ledger
    damaged: set[tuple[str, str]]
    change: Reason | None = None

    @cached_property
    def current(self) -> Version | None:
        """The version in force."""
        return self.store.current()

    @cached_property
    def kept(self) -> frozenset[str]:
        """Keys of the results that are kept."""
        return self.store.kept()

    def before(self, part: str) -> dict[str, Any] | None:
        """Return the record of a partition in the version in force."""
        return None if self.current is None else self.current.parts.get(part)

    def judge(
        self, part: str, key: str, inputs: dict[str, str | None], signatures: dict[str, str], files: str = ""
    ) -> Task:
        """Return a task whose key is known.

        Parameters
        ----------
        part, key : str
        inputs, signatures : dict
            Of the `Task`.
        files : str
            Of a source: how its files changed, in words.
        """
        action, reason = self._judged(part, key, inputs, files)
        return Task(part, action, reason, key, inputs, signatures)

    def _judged(self, part: str, key: str, inputs: Mapping[str, str | None], files: str) -> tuple[Action, Reason]:
        name, before = self.store.name, self.before(part)
        broken = (name, part) in self.damaged
        if before is not None and before["key"] == key and self.current is not None and not broken:
            if intact(self.current, part, self.ledger):
                return "fresh", Reason("fresh")
            broken = True
        if broken:
            self.store.discard(key)
            self.damaged.add((name, part))
            self.__dict__.pop("kept", None)
            if key not in self.kept:
                return "run", Reason("damaged", "its file is not what was written")
        if key in self.kept:
            return "adopt", Reason("kept", "an earlier result fits")
        if self.change is not None:
            return "run", self.change
        if before is None:
            return "run", Reason("source" if files else "missing", files or "new partition")
        changed = [n for n, d in inputs.items() if before["inputs"].get(n) != d]
        return "run", Reason("source" if files else "input", files or f"{', '.join(changed)} changed")


def evaluate_tasks(
    node: Node, states: Mapping[str, State], store: ProductStore, ledger: Ledger, damaged: set[tuple[str, str]]
) -> list[Task]:
    """Return the tasks of a product that is made from other products.

    Parameters
    ----------
    node : Node
        The product.
    states : mapping of str to State
        Of the products that it needs.
    store, ledger, damaged
        As in `Judge`.
    """
    judge = Judge(store, ledger, damaged)
    current, primary = judge.current, node.primary
    judge.change = recipe_reason(node.recipe, None if current is None else current.manifest["recipe"])
    on_sky = node.product.kind is Kind.sky and primary is not None
    parts = states[primary.product].parts if on_sky and primary is not None else [WHOLE]
    readings = {n.product: _Reading(n, states[n.product]) for n in node.needs}
    return [_task(node, part, readings, judge) for part in parts]


class _Reading:
    """What one need reads, the same for every partition."""

    def __init__(self, need: Need, state: State) -> None:
        self.need, self.state = need, state
        stored = state.node.stored
        self.types = {} if stored is None else column_types(stored, columns_read(need, stored))

    @cached_property
    def whole(self) -> str:
        """Digest of the whole product, for needs that depend on it."""
        totals = self.state.totals
        return digest_json(totals) if self.state.node.stored is None else need_digest(totals, self.types)

    def signature(self, part: str, primary: _Reading | None) -> str:
        """Return the digest of what a partition may read of the product."""
        if self.need.how == "all":
            return self.whole
        if self.need.how == "same":
            return need_digest(self.state.digests(part), self.types)
        if self.need.how == "by_key":
            keys = primary.state.digests(part).get(self.need.on or "", "") if primary is not None else ""
            return digest_json([keys, self.whole])
        near = self.state.near(part, self.need.margin)
        return sky_signature(part, near, {str(p): self.state.digests(str(p)) for p in near}, self.types)

    def waits(self, part: str) -> bool:
        """Whether what a partition reads is still to be made."""
        if self.need.how == "same":
            return part in self.state.pending
        return bool(self.state.pending)

    def digest(self, signature: str, before: Mapping[str, Any] | None, ledger: Ledger) -> str | None:
        """Return the digest of exactly what is read; None where only reading can tell."""
        if self.need.how in ("same", "all") and not self.need.where:
            return signature
        known = ledger.get("exact", exact_key(self.need, signature))
        if known is not None:
            return str(known["digest"])
        if before is not None and before["signatures"].get(self.need.product) == signature:
            return str(before["inputs"][self.need.product])
        return None


def columns_read(need: Need, stored: TableSchema) -> list[str]:
    """Return the columns of a stored table that a need reads: its own, and those that place and choose rows."""
    names = [*place_columns(stored), *need.names, *([need.on] if need.on else [])]
    names += names_in(need.where) if need.where else []
    return [n for n in dict.fromkeys(names) if n in stored]


def _task(node: Node, part: str, readings: Mapping[str, _Reading], judge: Judge) -> Task:
    waiting = [n for n, r in readings.items() if r.waits(part)]
    if waiting:
        if judge.change is not None:
            return Task(part, "run", judge.change)
        return Task(part, "maybe", Reason("waits", f"for {', '.join(waiting)}"))
    before, primary = judge.before(part), node.primary
    first = None if primary is None else readings[primary.product]
    signatures = {n: r.signature(part, first) for n, r in readings.items()}
    inputs = {n: r.digest(signatures[n], before, judge.ledger) for n, r in readings.items()}
    unknown = [n for n, d in inputs.items() if d is None]
    if unknown:
        reason = judge.change or Reason("input", f"{', '.join(unknown)} changed" if before else "not built yet")
        return Task(part, "run" if judge.change else "maybe", reason, None, inputs, signatures)
    key = task_key(node.recipe, {n: str(d) for n, d in inputs.items()}, primary, part)
    return judge.judge(part, key, inputs, signatures)


def recipe_reason(recipe: Mapping[str, Any], before: Mapping[str, Any] | None) -> Reason | None:
    """Return which part of a recipe changed; ``missing`` where there is no earlier version."""
    if before is None:
        return Reason("missing", "never built")
    for name, said in (
        ("provider", "another plugin provides it"),
        ("version", "the product has a new version"),
        ("schema", "its columns changed"),
        ("code", "its code changed"),
        ("config", "its configuration changed"),
        ("libraries", "a library that it declares has another version"),
        ("seed", "the seed changed"),
    ):
        if recipe.get(name) != before.get(name):
            if name in ("provider", "version", "seed"):
                said += f" ({before.get(name)} → {recipe.get(name)})"
            return Reason(name, said)
    return None
