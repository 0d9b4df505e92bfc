"""A source in the making: its changed files are scanned, then each partition whose rows changed is gathered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vacframe.core.columns.batch import SourceFile
from vacframe.core.columns.digest import digest_json
from vacframe.core.contract.errors import SourceError
from vacframe.core.contract.result import Rejects
from vacframe.core.execution.making import Again, Answers, Hold, Making, Over, Step, Work
from vacframe.core.execution.session import Session
from vacframe.core.ingest.gathering import run_gather
from vacframe.core.ingest.records import Gathering, Records, gatherings, scanned_rows
from vacframe.core.ingest.scanning import run_scan
from vacframe.core.ingest.scans import Scans
from vacframe.core.planning.graph import Node
from vacframe.core.planning.plan import Reason
from vacframe.core.planning.states import WHOLE, Judge, State, Task, recipe_reason
from vacframe.core.planning.task_key import gather_key
from vacframe.core.store.key_index import KeyIndex
from vacframe.core.store.product_store import ProductStore
from vacframe.core.store.workspace_files import WorkspaceFiles
from vacframe.core.tasks.specs import GatherSpec, PilotRows, ScanAnswer, ScanSpec

SCAN_FILES = 256
SCAN_BYTES = 1 << 26
"""A scan task, which holds its rows in memory, takes at most so many files, or files of so many bytes; at least one."""
CHOSEN = {"where", "not_in_pilot"}
"""Reasons for which rows are left out because the user wants it so."""
LIMITED_FILES = 16
"""So many files a pilot run with a limit reads at first; then twice as many, until it has its rows."""


_Then = Callable[[], Step]


@dataclass
class Scanned:
    """A source whose rows are known."""

    records: Records
    rejects: Rejects


class Source:
    """One source of a session: its scans, and what is known of its rows.

    Parameters
    ----------
    session : Session
        The plan or build.
    node : Node
        The source.
    states : mapping of str to State
        Of the products that it needs.
    """

    def __init__(self, session: Session, node: Node, states: Mapping[str, State]) -> None:
        self.session, self.node, self.states = session, node, states
        self.store = session.store(node.name)
        self.cut = session.pilot if session.pilot is not None and node.name in session.pilot_roots else None
        """The pilot run that takes a part of its rows."""
        inputs = {n.product: states[n.product].totals for n in node.needs}
        cut = [self.cut.model_dump(mode="json")] if self.cut else []
        recipe = digest_json([node.recipe, inputs, *cut])
        self.scans = Scans(node, self.store.folder / "scan", session.ledger, recipe)

    @property
    def limit(self) -> int | None:
        """How many rows a pilot run takes; None is all."""
        return None if self.cut is None else self.cut.limit

    def known(self) -> Scanned:
        """Return the scanned rows that count."""
        records, rejects = self.scans.records(self._anchor())
        return Scanned(records.first(self.limit), rejects)

    def _anchor(self) -> KeyIndex | None:
        source, table = self.node.source, self.node.product.table
        if source is None or not source.anchor or table is None:
            return None
        assert table.key is not None, "the resolver refuses an anchor without the key"
        return KeyIndex(self.session.key_index(self.states[source.anchor], table.key))

    def judged(self, scanned: Scanned) -> tuple[list[Task], dict[str, Gathering]]:
        """Return the gather tasks of scanned rows, and what each gathers."""
        found = gatherings(scanned.records, self.session.tree, self.node.on_sky)
        schema = self.node.recipe["schema"]
        judge = Judge(self.store, self.session.ledger, self.session.damaged)
        current = judge.current
        old = None if current is None else current.manifest["recipe"]
        judge.change = None if old is not None and old["schema"] == schema else recipe_reason(self.node.recipe, old)
        name, changed = self.node.name, set(self.scans.changed)
        tasks = []
        keys = {part: gather_key(name, schema, gathering.digest) for part, gathering in found.items()}
        for part, gathering in found.items():
            files = sorted(changed & scanned.records.files_of(gathering.rows)) if changed else []
            detail = "" if current is None else "rows moved or left"
            if files:
                more = f" and {len(files) - 1} more" if len(files) > 1 else ""
                detail = f"{Path(files[0]).name}{more} changed"
            tasks.append(judge.judge(part, keys[part], {"files": gathering.digest}, {}, detail))
        return tasks, found

    def fault(self, scanned: Scanned) -> str:
        """Return why no row is left where all were lost to faults of the files; empty where that is not so."""
        lost = scanned.rejects.to_arrow()
        counts = Counter(lost["reason"].to_pylist()) if not len(scanned.records) else Counter()
        if not counts or counts.keys() & CHOSEN:
            return ""
        files = len(self.scans.names)
        counted = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
        first = {name: lost[name][0].as_py() for name in ("file", "detail")}
        where = f"{first['file']}: " if first["file"] else ""
        named = "its file" if files == 1 else f"its {files} files"
        return f"nothing of {named} can be used ({counted}). The first: {where}{first['detail']}"


def plan_source(session: Session, node: Node, states: Mapping[str, State]) -> list[Task]:
    """Return what is known of a source's tasks without reading its changed files."""
    current = session.store(node.name).current()
    known = [] if current is None else list(current.parts)
    waiting = [n for n in node.upstream if states[n].pending]
    if current is None:
        return [Task(WHOLE, "run", Reason("missing", "never built"))]
    if waiting:
        return [Task(p, "maybe", Reason("waits", f"for {', '.join(waiting)}")) for p in known]
    source = Source(session, node, states)
    scans = source.scans
    if source.limit and scans.state:
        scans.names = scans.names[: len(scans.state)]
    stale = scans.stale()
    if not stale:
        return source.judged(source.known())[0]
    listed = ", ".join(Path(s).name for s in stale[:3]) + (" …" if len(stale) > 3 else "")
    reason = Reason("source", f"{len(stale)} of {len(scans.names)} files changed: {listed}")
    if scans.reread:
        change = recipe_reason(node.recipe, current.manifest["recipe"])
        reason = change or Reason("input", "what its files are read with changed")
    return [Task(p, "maybe", reason) for p in known]


class SourceMaking(Making):
    """A source in the making: scan, wait for the scans of others since each may split partitions, then gather."""

    def begin(self, _answers: Answers) -> Step:
        """Ask for the files to be scanned whose rows are not known."""
        # Scanned rows are shared by all builds of a source: another build of it waits.
        self._lock()
        self.source = Source(self.session, self.node, self.states)
        self.scans = self.source.scans
        every, limit = self.scans.names, self.source.limit
        whole = limit is None or self.node.product.files.together
        self._every = every
        self._number = len(every) if whole else min(len(every), LIMITED_FILES)
        return self._scan_some()

    def _lock(self) -> None:
        self.held.enter_context(ProductStore(self.store.folder / "scan").locked())

    def _scan_some(self) -> Step:
        self.scans.names = self._every[: self._number]
        stale = self.scans.stale()
        self.scans.changed += stale
        return self._scan(stale, self._scanned)

    def _scan(self, names: list[str], then: _Then) -> Step:
        """Ask for files to be scanned, after which `then` goes on."""
        groups = self._groups(names)
        of = self.session.product_spec(self.node)
        read = [(n, self.states[n.product]) for n in self.node.needs]
        inputs = {n.product: self.session.input_spec(n, WHOLE, s, digest_json(s.totals)) for n, s in read}
        cut = self.source.cut
        place = {n: i for i, n in enumerate(self.scans.names)}
        specs = []
        for number, group in enumerate(groups):
            files = [SourceFile(n, Path(n)) if self.node.files else SourceFile(n, shard=place[n]) for n in group]
            specs.append(
                ScanSpec(
                    of, f"scan {number}", tuple(files), self.node.source if self.node.plugin is None else None,
                    only_file=len(self.scans.names) == 1, inputs=inputs,
                    pilot=None if cut is None else PilotRows(cut.where, cut.pixels),
                )
            )  # fmt: skip
        self.next = lambda answers: self._noted(groups, answers, then)
        return Work(run_scan, specs)

    def _groups(self, names: list[str]) -> list[list[str]]:
        """Return the files that each scan task reads."""
        if self.node.product.files.together:
            return [names] if names else []
        if not self.node.files:
            return [[n] for n in names]
        most = max(1, min(SCAN_FILES, math.ceil(len(names) / max(1, self.session.workers))))
        return file_groups(names, [Path(n).stat().st_size for n in names], most, SCAN_BYTES)

    def _noted(self, groups: list[list[str]], answers: Answers, then: _Then) -> Step:
        """Note which files were scanned into which groups; without one of them the source cannot be made."""
        for number, group in enumerate(groups):
            answer = answers.get(f"scan {number}")
            if isinstance(answer, ScanAnswer):
                self.scans.record(group, answer.group)
        if len(answers) < len(groups):
            return Over(None)
        if groups:
            self.scans.save()
        return then()

    def _scanned(self) -> Step:
        """Go on with the rows that are known now; hold until other sources are as far."""
        self.scanned = self.source.known()
        if self._number < len(self._every) and len(self.scanned.records) < (self.source.limit or 0):
            self._number = min(len(self._every), 2 * self._number)
            return self._scan_some()
        self.held.close()
        if fault := self.source.fault(self.scanned):
            self.outcome.failed += 1
            self.session.failed(self.node.name, "scan", SourceError(fault))
            return Over(None)
        if self._grow() and any(s.node.on_sky for s in self.states.values()):
            return Again(f"{self.node.name} has more rows than its partitions take; they are split, and planned again")
        self.next = self._gather
        return Hold()

    def _grow(self) -> bool:
        """Split the partitions that are too small for the rows; return whether any was."""
        project, tree = self.session.project, self.session.tree
        most = project.partition_rows if project.pixel_order is None else 1 << 62
        if not (self.node.on_sky and tree.grow(self.scanned.records.pixel, most)):
            return False
        WorkspaceFiles(self.session.folder).grow(tree)
        return True

    def _gather(self, _answers: Answers) -> Step:
        """Judge the partitions; scan again the files whose rows are wanted and no longer kept."""
        self._lock()
        if self.scans.moved():
            return Again(f"{self.node.name} was read by another build; planning again")
        self._tasks, found = self.source.judged(self.scanned)
        wanted = [found[t.part].rows for t in self._tasks if t.action == "run"]
        files = set().union(*(self.scanned.records.files_of(rows) for rows in wanted))
        if again := self.scans.without_rows(files):
            return self._scan(again, self._gather_again)
        return self._gather_from(found)

    def _gather_again(self) -> Step:
        self.scanned = self.source.known()
        return self._gather_from(gatherings(self.scanned.records, self.session.tree, self.node.on_sky))

    def _gather_from(self, found: Mapping[str, Gathering]) -> Step:
        source, of = self.node.source, self.session.product_spec(self.node)
        moved = source is not None and bool(source.anchor or source.position)
        specs = {}
        for task in self._tasks:
            if task.action == "run":
                groups = scanned_rows(self.scanned.records, found[task.part].rows, moved)
                digests = {"files": found[task.part].digest}
                specs[task.part] = GatherSpec(of, task.part, str(task.key), digests, groups)
        return self.run(self._tasks, run_gather, specs, self.scanned.rejects.to_arrow())

    def published(self) -> None:
        """Delete the scanned rows, which the published partitions now hold."""
        self.scans.drop_rows()


def file_groups(names: Sequence[str], sizes: Sequence[int], count: int, volume: int) -> list[list[str]]:
    """Return runs of neighbours, each of at most `count` files and `volume` bytes, or of one larger file.

    Parameters
    ----------
    names : sequence of str
        The files.
    sizes : sequence of int
        Bytes of each.
    count, volume : int
        Most files, and bytes, of a run.
    """
    groups: list[list[str]] = []
    total = 0
    for name, size in zip(names, sizes, strict=True):
        if not groups or len(groups[-1]) == count or total + size > volume:
            groups.append([])
            total = 0
        groups[-1].append(name)
        total += size
    return groups
