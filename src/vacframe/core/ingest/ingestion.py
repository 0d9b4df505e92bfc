"""The sources of a build: which files to scan, which partitions to gather, and what a plan knows of them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe.core.columns.digest import digest_json
from vacframe.core.contract.result import Rejects
from vacframe.core.execution.schedule import Answers, Work
from vacframe.core.execution.specs import Jobs
from vacframe.core.ingest.records import Ingest, Records
from vacframe.core.ingest.scanning import scan_files
from vacframe.core.planning.graph import Node
from vacframe.core.planning.pilot import Pilot
from vacframe.core.planning.plan import ProductOutcome, Reason
from vacframe.core.planning.states import WHOLE, State, Task, judged, recipe_reason
from vacframe.core.store.files import write_text
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.store.product_store import ProductStore

if TYPE_CHECKING:
    import pyarrow as pa

SCAN_FILES = 256
SCAN_BYTES = 1 << 26
"""A scan task, which holds its rows in memory, takes at most so many files, or files of so many bytes; at least one."""
CHOSEN = {"where", "not_in_pilot"}
"""Reasons for which rows are left out because the user wants it so."""
LIMITED_FILES = 16
"""So many files a pilot run with a limit reads at first; then twice as many, until it has its rows."""


def file_groups(sizes: Sequence[int], count: int, volume: int) -> list[range]:
    """Return runs of neighbours, each of at most `count` files and `volume` bytes, or of one larger file.

    Parameters
    ----------
    sizes : sequence of int
        Bytes of each file.
    """
    groups, start, total = [], 0, 0
    for i, size in enumerate(sizes):
        if i > start and (i - start == count or total + size > volume):
            groups.append(range(start, i))
            start, total = i, 0
        total += size
    return [*groups, range(start, len(sizes))] if len(sizes) else []


@dataclass
class Scanned:
    """A source whose rows are known."""

    ingest: Ingest
    records: Records
    rejects: Rejects

    def fault(self) -> str:
        """Return why no row is left where all were lost to faults of the files; empty where that is not so."""
        lost = self.rejects.to_arrow()
        counts = Counter(lost["reason"].to_pylist()) if not len(self.records.file) else Counter()
        if not counts or counts.keys() & CHOSEN:
            return ""
        files = len(self.ingest.names)
        counted = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
        first = {name: lost[name][0].as_py() for name in ("file", "detail")}
        where = f"{first['file']}: " if first["file"] else ""
        named = "its file" if files == 1 else f"its {files} files"
        return f"nothing of {named} can be used ({counted}). The first: {where}{first['detail']}"


class Sources:
    """Scans and gathers for one build.

    Parameters
    ----------
    folder : Path
        The workspace.
    jobs : Jobs
        Describes tasks.
    project : ProjectConfig
        Settings.
    ledger : Ledger
        Cache of the coordinator.
    damaged : set of (product, partition)
        Partitions whose files were found damaged.
    pilot : Pilot or None
        Which rows of the sources `roots` count.
    roots : set of str
        Sources that a pilot run cuts down.
    """

    def __init__(self, folder: Path, jobs: Jobs, project: Any, ledger: Ledger, damaged: set[tuple[str, str]]) -> None:
        self.folder = folder
        self.jobs = jobs
        self.tree = jobs.tree
        self.project = project
        self.ledger = ledger
        self.damaged = damaged
        self.pilot: Pilot | None = None
        self.roots: set[str] = set()

    def _ingest(self, node: Node, store: ProductStore, states: dict[str, State]) -> Ingest:
        ingest = Ingest(node, store.folder, self.ledger, self._scan_recipe(node, states))
        if self._limit(node) and ingest.state:
            ingest.names = ingest.names[: len(ingest.state)]
        return ingest

    def _limit(self, node: Node) -> int | None:
        return self.pilot.limit if self.pilot is not None and node.name in self.roots else None

    def _scan_recipe(self, node: Node, states: dict[str, State]) -> str:
        inputs = {n.product: states[n.product].totals() for n in node.needs}
        pilot = self.pilot.model_dump(mode="json") if self.pilot is not None and node.name in self.roots else None
        return digest_json([node.recipe, inputs, *([pilot] if pilot else [])])

    def _anchor(self, node: Node, states: dict[str, State]) -> tuple[np.ndarray, np.ndarray] | None:
        if node.source is None or not node.source.anchor or node.product.table is None:
            return None
        state = states[node.source.anchor]
        key = node.product.table.key
        assert key is not None, "the resolver refuses an anchor without the key"
        folder = self.jobs.index(state, key)
        return np.load(folder / "keys.npy"), np.load(folder / "homes.npy")

    def scan(
        self, node: Node, states: dict[str, State], outcome: ProductOutcome, workers: int
    ) -> Generator[Work, Answers, Scanned | None]:
        """Scan the files whose rows are not known; None where a scan failed."""
        folder = self.folder / "products" / node.name
        ingest = Ingest(node, folder, self.ledger, self._scan_recipe(node, states))
        every, limit = ingest.names, self._limit(node)
        whole = limit is None or node.product.files.together
        number = len(every) if whole else min(len(every), LIMITED_FILES)
        while True:
            ingest.names = every[:number]
            stale = ingest.stale()
            ingest.changed += stale
            if not (yield from self._scan_files(node, ingest, stale, states, outcome, workers)):
                return None
            scanned = Scanned(ingest, *self._records(node, ingest, states))
            if number == len(every) or len(scanned.records.file) >= (limit or 0):
                return scanned
            number = min(len(every), 2 * number)

    def grow(self, node: Node, scanned: Scanned) -> bool:
        """Split the partitions that are too small for a scanned source; return whether any was."""
        if not (node.on_sky and self.tree.grow(scanned.records.home, self._leaf_rows())):
            return False
        write_tree(self.folder, self.tree)
        return True

    def _records(self, node: Node, ingest: Ingest, states: dict[str, State]) -> tuple[Records, Rejects]:
        records, rejects = ingest.records(self._anchor(node, states))
        return records.first(self._limit(node)), rejects

    def _scan_files(
        self, node: Node, ingest: Ingest, names: list[str], states: Any, outcome: ProductOutcome, workers: int
    ) -> Generator[Work, Answers, bool]:
        if not names:
            return True
        size = 1 if not node.files else max(1, min(SCAN_FILES, math.ceil(len(names) / max(1, workers))))
        if node.product.files.together:
            groups = [range(len(names))]
        else:
            groups = file_groups([Path(n).stat().st_size if node.files else 0 for n in names], size, SCAN_BYTES)
        waiting = Task("scan", "run", Reason("source"))
        waiting.inputs = {n.product: digest_json(states[n.product].totals()) for n in node.needs}
        base = self.jobs.base(node, "scan")
        base |= {"inputs": {n.product: self.jobs.where(n, waiting, states[n.product]) for n in node.needs}}
        base |= {"source": None, "all_files": ingest.names[:2], "pilot": None}
        if self.pilot is not None and node.name in self.roots:
            base["pilot"] = self.pilot.model_dump(mode="json")
        if node.source is not None and node.plugin is None:
            base["source"] = node.source.model_dump(mode="json")
        place = {n: i for i, n in enumerate(ingest.names)}
        jobs = []
        for number, places in enumerate(groups):
            group = [names[i] for i in places]
            files = [{"name": n, "path": n} if node.files else {"name": n, "shard": place[n]} for n in group]
            jobs.append(
                (Task(f"scan {number}", "run", Reason("source")), base | {"files": files, "part": f"scan {number}"})
            )
        answers = yield Work(node, scan_files, jobs, outcome)
        by_part = {t.part: a["group"] for t, a in answers}
        for (task, _), places in zip(jobs, groups, strict=True):
            if task.part in by_part:
                ingest.record([names[i] for i in places], by_part[task.part])
        if len(answers) == len(jobs):
            ingest.save()
            return True
        return False

    def tasks(
        self, node: Node, scanned: Scanned, states: dict[str, State], outcome: ProductOutcome, workers: int
    ) -> Generator[Work, Answers, tuple[list[Task], dict[str, dict[str, Any]], pa.Table]]:
        """Return the gather tasks of a scanned source, the descriptions of those to be run, and its rejects."""
        ingest, records, rejects = scanned.ingest, scanned.records, scanned.rejects
        tasks, gatherings = self._gather_tasks(node, ingest, records)
        todo = [t for t in tasks if t.action == "run"]
        needed = set().union(*(ingest.files_of(records, gatherings[t.part]) for t in todo)) if todo else set()
        again = ingest.without_rows(needed)
        if again and (yield from self._scan_files(node, ingest, again, states, outcome, workers)):
            records, rejects = self._records(node, ingest, states)
            gatherings = ingest.gatherings(records, self.tree)
        jobs = {}
        for task in todo:
            jobs[task.part] = self.jobs.base(node, task.part) | {
                "key": task.key,
                "input_digests": task.inputs,
                "groups": ingest.selection(records, gatherings[task.part]),
            }
        return tasks, jobs, rejects.to_arrow()

    def _leaf_rows(self) -> int:
        return int(self.project.partition_rows) if self.project.pixel_order is None else 1 << 62

    def _gather_tasks(self, node: Node, ingest: Ingest, records: Records) -> tuple[list[Task], dict[str, Any]]:
        store = ProductStore(self.folder / "products" / node.name)
        current = store.current()
        gatherings = ingest.gatherings(records, self.tree)
        schema = node.recipe["schema"]
        old = None if current is None else current.manifest["recipe"]
        change = None if old is not None and old["schema"] == schema else recipe_reason(node.recipe, old)
        changed = set(ingest.changed)
        tasks = []
        for part, gathering in gatherings.items():
            key = digest_json(["gather", node.name, schema, gathering.digest])
            files = sorted(changed & ingest.files_of(records, gathering)) if changed else []
            detail = (
                f"{Path(files[0]).name}{f' and {len(files) - 1} more' if len(files) > 1 else ''} changed"
                if files
                else ""
            )
            if current is not None and not detail:
                detail = "rows moved or left"
            inputs: dict[str, str | None] = {"files": gathering.digest}
            tasks.append(judged(part, key, inputs, {}, store, current, change, self.damaged, self.ledger, detail))
        return tasks, gatherings

    def plan(self, node: Node, store: ProductStore, states: dict[str, State]) -> list[Task]:
        """Return what is known of a source without reading its changed files."""
        current = store.current()
        known = [] if current is None else list(current.parts)
        upstream = [n.product for n in node.needs if states[n.product].pending]
        if current is None or upstream:
            reason = (
                Reason("missing", "never built") if current is None else Reason("waits", f"for {', '.join(upstream)}")
            )
            return [Task(p, "maybe" if current else "run", reason) for p in known or [WHOLE]]
        ingest = self._ingest(node, store, states)
        stale = ingest.stale()
        if not stale:
            anchor_pending = node.source is not None and node.source.anchor and states[node.source.anchor].pending
            if not anchor_pending:
                return self._gather_tasks(node, ingest, self._records(node, ingest, states)[0])[0]
        said = ", ".join(Path(s).name for s in stale[:3]) + (" …" if len(stale) > 3 else "")
        reason = Reason("source", f"{len(stale)} of {len(ingest.names)} files changed: {said}")
        if ingest.reread:
            change = recipe_reason(node.recipe, current.manifest["recipe"])
            reason = change or Reason("input", "what its files are read with changed")
        return [Task(p, "maybe", reason) for p in known]


def write_tree(folder: Path, tree: PixelTree) -> None:
    """Record the grown pixel tree in the workspace's own file; what another build has split there stays so."""
    path = folder / "vacframe.json"
    notes = json.loads(path.read_text())
    tree.split |= PixelTree.from_json(notes["tree"]).split
    notes["tree"] = tree.to_json()
    write_text(path, json.dumps(notes, indent=1))
