"""Evaluating: the state of every task of a product, by one function for plans and builds alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vacframe.core.digest import add_columns, digest_json
from vacframe.core.ledger import Ledger
from vacframe.core.product import Kind, Need
from vacframe.core.report import Action, Reason
from vacframe.core.resolve import Node
from vacframe.core.store import ProductStore, Version, stat_of
from vacframe.core.task import need_digest, task_key
from vacframe.core.tree import parse_part, parts_within

WHOLE = "all"


@dataclass
class State:
    """What consumers can read of a product; partitions that are still to be made are in `pending`."""

    node: Node
    version: Version | None = None
    pending: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)
    _totals: dict[str, str] | None = None

    def digests(self, part: str) -> dict[str, str]:
        """Return the column digests of a partition; of an absent one, none."""
        if self.version is None or part not in self.version.parts:
            return {}
        return dict(self.version.parts[part]["digests"])

    def totals(self) -> dict[str, str]:
        """Return the column digests of the whole product."""
        if self._totals is None:
            parts = [] if self.version is None else list(self.version.parts.values())
            if self.node.product.kind is Kind.model:
                self._totals = dict(parts[0]["digests"]) if parts else {}
            else:
                self._totals = add_columns(p["digests"] for p in parts)
        return self._totals

    def files(self) -> dict[str, str]:
        """Return the files of the partitions that have rows."""
        if self.version is None:
            return {}
        return {n: str(self.version.file(n)) for n, p in self.version.parts.items() if p["rows"]}


@dataclass
class Task:
    """One task as evaluated."""

    part: str
    action: Action
    reason: Reason
    key: str | None = None
    inputs: dict[str, str | None] = field(default_factory=dict)
    """Need → digest of what it reads; None where only reading can tell."""
    signatures: dict[str, str] = field(default_factory=dict)


def product_digest(state: State) -> str:
    """Return the content digest of a product: schema, then rows; independent of the partitioning."""
    stored = state.node.stored
    types = None if stored is None else [[c.name, c.type_name(), c.unit or ""] for c in stored.columns]
    return digest_json([types, state.totals()])


def evaluate(
    node: Node, states: dict[str, State], store: ProductStore, ledger: Ledger, damaged: set[tuple[str, str]]
) -> list[Task]:
    """Return the tasks of a product that is made from other products.

    Parameters
    ----------
    node : Node
        The product.
    states : dict of str to State
        Of the products that it needs.
    store : ProductStore
        Its kept results.
    ledger : Ledger
        Remembers the digests of inputs that only reading can tell.
    damaged : set of (product, partition)
        Partitions whose files were found damaged.
    """
    current = store.current()
    primary = node.primary
    on_sky = node.product.kind is Kind.sky and primary is not None
    parts = list(states[primary.product].parts) if on_sky and primary is not None else [WHOLE]
    shared = {n.product: _whole_signature(n, states[n.product]) for n in node.needs if n.how in ("all", "by_key")}
    return [_task(node, part, states, store, ledger, current, shared, damaged) for part in parts]


def _columns(need: Need, state: State) -> list[str]:
    stored = state.node.stored
    if stored is None:
        return list(state.totals())
    from vacframe.core.expression import names_in

    names = [*state.node.home_columns(), *need.names, *([need.on] if need.on else [])]
    names += names_in(need.where) if need.where else []
    return [n for n in dict.fromkeys(names) if n in stored]


def _whole_signature(need: Need, state: State) -> str:
    stored = state.node.stored
    if stored is None:
        return digest_json(state.totals())
    totals = state.totals()
    names = _columns(need, state)
    return need_digest({n: totals.get(n, "") for n in names}, stored, names)


def _signature(need: Need, part: str, states: dict[str, State], node: Node, shared: dict[str, str]) -> str:
    state = states[need.product]
    stored = state.node.stored
    if need.how == "all":
        return shared[need.product]
    assert stored is not None
    names = _columns(need, state)
    if need.how == "same":
        return need_digest(state.digests(part), stored, names)
    if need.how == "by_key":
        primary = node.primary
        keys = states[primary.product].digests(part).get(need.on or "", "") if primary is not None else ""
        return digest_json([keys, shared[need.product]])
    near = parts_within([parse_part(p) for p in state.parts], parse_part(part), need.margin)
    return digest_json([need_digest(state.digests(f"{o}/{p}"), stored, names) for o, p in near])


def _task(
    node: Node,
    part: str,
    states: dict[str, State],
    store: ProductStore,
    ledger: Ledger,
    current: Version | None,
    shared: dict[str, str],
    damaged: set[tuple[str, str]],
) -> Task:
    waiting = [n.product for n in node.needs if _waits(n, part, states[n.product])]
    before = None if current is None else current.parts.get(part)
    recipe_change = recipe_reason(node.recipe, None if current is None else current.manifest["recipe"])
    if waiting:
        if recipe_change is not None:
            return Task(part, "run", recipe_change)
        return Task(part, "maybe", Reason("waits", f"for {', '.join(waiting)}"))
    signatures = {n.product: _signature(n, part, states, node, shared) for n in node.needs}
    inputs: dict[str, str | None] = {}
    for need in node.needs:
        signature = signatures[need.product]
        if need.how in ("same", "all") and not need.where:
            inputs[need.product] = signature
        else:
            known = ledger.get("exact", digest_json([need.model_dump(mode="json"), signature]))
            if known is None and before is not None and before["signatures"].get(need.product) == signature:
                known = {"digest": before["inputs"][need.product]}
            inputs[need.product] = None if known is None else str(known["digest"])
    unknown = [n for n, d in inputs.items() if d is None]
    if unknown:
        reason = recipe_change or Reason("input", f"{', '.join(unknown)} changed" if before else "not built yet")
        return Task(part, "run" if recipe_change else "maybe", reason, None, inputs, signatures)
    key = task_key(node.recipe, {n: str(d) for n, d in inputs.items()})
    return judged(part, key, inputs, signatures, store, current, recipe_change, damaged, ledger)


def judged(
    part: str,
    key: str,
    inputs: dict[str, str | None],
    signatures: dict[str, str],
    store: ProductStore,
    current: Version | None,
    recipe_change: Reason | None,
    damaged: set[tuple[str, str]],
    ledger: Ledger,
    detail: str = "",
) -> Task:
    """Return the task with its action: fresh, adopted from what is kept, or to be run."""
    before = None if current is None else current.parts.get(part)
    hurt = (store.name, part) in damaged
    if before is not None and before["key"] == key and current is not None and not hurt:
        if intact(current, part, ledger):
            return Task(part, "fresh", Reason("fresh"), key, inputs, signatures)
        hurt = True
    if hurt:
        store.discard(key)
        damaged.add((store.name, part))
        if not store.has(key):
            return Task(part, "run", Reason("damaged", "its file is not what was written"), key, inputs, signatures)
    if store.has(key):
        return Task(part, "adopt", Reason("kept", "an earlier result fits"), key, inputs, signatures)
    if recipe_change is not None:
        return Task(part, "run", recipe_change, key, inputs, signatures)
    if before is None:
        return Task(
            part, "run", Reason("source" if detail else "missing", detail or "new partition"), key, inputs, signatures
        )
    changed = [n for n, d in inputs.items() if before["inputs"].get(n) != d]
    kind = "source" if detail else "input"
    return Task(part, "run", Reason(kind, detail or f"{', '.join(changed)} changed"), key, inputs, signatures)


def _waits(need: Need, part: str, state: State) -> bool:
    if need.how == "same":
        return part in state.pending
    return bool(state.pending)


def recipe_reason(recipe: dict[str, Any], before: dict[str, Any] | None) -> Reason | None:
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


def intact(version: Version, part: str, ledger: Ledger) -> bool:
    """Whether a partition's file is what was written: by its stat, and by its content where that changed."""
    record = version.parts[part]
    if not record.get("path"):
        return True
    path = version.file(part)
    stat = stat_of(path)
    if stat == record["stat"]:
        return True
    if not stat:
        return False
    known = ledger.get("intact", f"{path} {stat}")
    if known is None:
        known = {"digests": content_digests(path, version)}
        ledger.put("intact", f"{path} {stat}", known)
    return bool(known["digests"] == record["digests"])


def content_digests(path: Path, version: Version) -> dict[str, str]:
    """Return the digests of what a stored file or model holds now; none where it cannot be read."""
    from vacframe.core.digest import table_digests
    from vacframe.core.errors import CorruptFileError
    from vacframe.core.model import read_model
    from vacframe.core.partition import read_columns
    from vacframe.core.task import model_digests

    try:
        if path.is_dir():
            return model_digests(read_model(path))
        return table_digests(read_columns(path), version.manifest["table_key"])
    except (CorruptFileError, OSError, ValueError):
        return {}
