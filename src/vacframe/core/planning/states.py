"""Evaluating: the state of every task of a product, by one function for plans and builds alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vacframe.core.columns.digest import add_columns, digest_json
from vacframe.core.columns.expression import names_in
from vacframe.core.columns.pixel import Pixel, parts_within
from vacframe.core.contract.needs import Need
from vacframe.core.contract.product import Kind
from vacframe.core.execution.worker import column_types, need_digest, task_key
from vacframe.core.planning.graph import Node
from vacframe.core.planning.plan import Action, Reason
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.product_store import ProductStore, Version, stat_of

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


def evaluate_tasks(
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
    readings = {n.product: _Reading.of(n, states[n.product]) for n in node.needs}
    change = recipe_reason(node.recipe, None if current is None else current.manifest["recipe"])
    return [_task(node, part, readings, store, ledger, current, change, damaged) for part in parts]


@dataclass
class _Reading:
    """What one need reads, the same for every partition."""

    need: Need
    state: State
    columns: list[str]
    types: dict[str, list[str]]
    whole: str
    """Digest of the whole product, for needs that depend on it."""

    @classmethod
    def of(cls, need: Need, state: State) -> _Reading:
        stored = state.node.stored
        columns = list(state.totals()) if stored is None else _columns(need, state)
        types = {} if stored is None else column_types(stored, columns)
        out = cls(need, state, columns, types, "")
        if need.how in ("all", "by_key"):
            totals = state.totals()
            out.whole = digest_json(totals) if stored is None else need_digest(totals, types)
        return out

    def signature(self, part: str, primary: _Reading | None) -> str:
        """Return the digest of what a partition may read of the product."""
        if self.need.how == "all":
            return self.whole
        if self.need.how == "same":
            return need_digest(self.state.digests(part), self.types)
        if self.need.how == "by_key":
            keys = primary.state.digests(part).get(self.need.on or "", "") if primary is not None else ""
            return digest_json([keys, self.whole])
        near = parts_within([Pixel.parse(p) for p in self.state.parts], Pixel.parse(part), self.need.margin)
        # The partition counts too: of the same neighbours each reads what lies around itself.
        return digest_json([part, [need_digest(self.state.digests(f"{o}/{p}"), self.types) for o, p in near]])


def _columns(need: Need, state: State) -> list[str]:
    stored = state.node.stored
    assert stored is not None
    names = [*state.node.home_columns(), *need.names, *([need.on] if need.on else [])]
    names += names_in(need.where) if need.where else []
    return [n for n in dict.fromkeys(names) if n in stored]


def _task(
    node: Node,
    part: str,
    readings: dict[str, _Reading],
    store: ProductStore,
    ledger: Ledger,
    current: Version | None,
    change: Reason | None,
    damaged: set[tuple[str, str]],
) -> Task:
    waiting = [n for n, r in readings.items() if _waits(r.need, part, r.state)]
    before = None if current is None else current.parts.get(part)
    if waiting:
        if change is not None:
            return Task(part, "run", change)
        return Task(part, "maybe", Reason("waits", f"for {', '.join(waiting)}"))
    first = None if node.primary is None else readings[node.primary.product]
    signatures = {n: r.signature(part, first) for n, r in readings.items()}
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
        reason = change or Reason("input", f"{', '.join(unknown)} changed" if before else "not built yet")
        return Task(part, "run" if change else "maybe", reason, None, inputs, signatures)
    key = task_key(node.recipe, {n: str(d) for n, d in inputs.items()}, node.primary, part)
    return judged(part, key, inputs, signatures, store, current, change, damaged, ledger)


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
    from vacframe.core.columns.digest import table_digests
    from vacframe.core.contract.errors import CorruptFileError
    from vacframe.core.store.model_files import model_digests, read_model
    from vacframe.core.store.partition import read_columns

    try:
        if path.is_dir():
            return model_digests(read_model(path))
        return table_digests(read_columns(path), version.manifest["table_key"])
    except (CorruptFileError, OSError, ValueError):
        return {}
