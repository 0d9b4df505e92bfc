"""Building and planning: one walk over the graph; a plan evaluates, a build also runs and publishes."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vacframe.core.columns.digest import digest_json
from vacframe.core.contract.errors import CorruptFileError, SourceError, StoreError, VacframeError
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.executor import LocalExecutor
from vacframe.core.execution.gpus import leasable_gpus
from vacframe.core.execution.progress import Reporter
from vacframe.core.execution.schedule import Hold, Making, Restart, Schedule, Work
from vacframe.core.execution.specs import Jobs
from vacframe.core.execution.task_log import log_path
from vacframe.core.execution.worker import TaskFailed, run_task
from vacframe.core.ingest.ingestion import Sources
from vacframe.core.ingest.scanning import gather
from vacframe.core.planning.graph import Node
from vacframe.core.planning.pilot import Pilot
from vacframe.core.planning.plan import BuildReport, Failure, Plan, PlannedTask, ProductOutcome
from vacframe.core.planning.states import State, Task, evaluate_tasks
from vacframe.core.registry.fingerprint import library_versions
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.store.product_store import ProductStore
from vacframe.core.store.publishing import fill, rejects_differ

if TYPE_CHECKING:
    import pyarrow as pa

ATTEMPTS = 5
"""How often a build plans again because the workspace changed under it; once more for each source, which may split."""


_RECORDED = ("vacframe", "numpy", "scipy", "astropy", "pyarrow", "keras", "tensorflow", "jax")
"""Libraries whose versions the provenance holds."""


class Build:
    """One plan or build of a set of products.

    Parameters
    ----------
    folder : Path
        The workspace.
    graph : dict of str to Node
        Products in order.
    tree : PixelTree
        The workspace's pixel tree; grown in place.
    project : ProjectConfig
        Settings.
    ledger : Ledger
        Cache of the coordinator.
    """

    def __init__(self, folder: Path, graph: dict[str, Node], tree: PixelTree, project: Any, ledger: Ledger) -> None:
        self.folder = folder
        self.graph = graph
        self.tree = tree
        self.project = project
        self.ledger = ledger
        self.build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        self.damaged: set[tuple[str, str]] = set()
        self.planned: list[PlannedTask] = []
        self.reporter = Reporter()
        self.report = BuildReport(self.build_id)
        self.allow_partial = False
        self.jobs = Jobs(folder, project, tree, self.build_id)
        self.sources = Sources(folder, self.jobs, project, ledger, self.damaged)

    def limit(self, pilot: Pilot, targets: Sequence[str]) -> None:
        """Make this a pilot run for `targets`."""
        self.sources.pilot, self.sources.roots = pilot, pilot.check(self.graph, targets)

    def store(self, product: str) -> ProductStore:
        """Return the store of a product."""
        return ProductStore(self.folder / "products" / product)

    def plan(self) -> Plan:
        """Return what a build would do now, without running anything."""
        states: dict[str, State] = {}
        for node in self.graph.values():
            store = self.store(node.name)
            if node.ingested:
                tasks = self.sources.plan(node, store, states)
            else:
                tasks = evaluate_tasks(node, states, store, self.ledger, self.damaged)
            self.planned += [PlannedTask(node.name, t.part, t.action, t.reason) for t in tasks]
            pending = {t.part for t in tasks if t.action in ("run", "maybe")}
            states[node.name] = State(node, store.current(), pending, [t.part for t in tasks])
        return Plan([describe_node(n) for n in self.graph.values()], self.planned)

    def run(self, workers: int, reporter: Reporter, allow_partial: bool) -> BuildReport:
        """Make what is missing or stale, publish each product that is complete, and report."""
        self.reporter, self.allow_partial = reporter, allow_partial
        report = self.report
        started = time.time()
        reporter.start(dict.fromkeys(self.graph, 0))
        devices = leasable_gpus() if any(n.product.resources.gpu != "never" for n in self.graph.values()) else []
        self.pool = DevicePool(devices)
        with LocalExecutor(workers, devices) as self.executor:
            left = ATTEMPTS + sum(n.ingested for n in self.graph.values())
            while left:
                try:
                    self._pass(report, workers)
                    break
                except Restart as restart:
                    reporter.message(str(restart))
                    left -= 1
                    if not left:
                        raise StoreError(
                            f"the workspace kept changing under this build ({restart}); run it again"
                        ) from None
        place = {name: i for i, name in enumerate(self.graph)}
        report.tasks = sorted(self.planned, key=lambda t: place[t.product])
        report.seconds = time.time() - started
        self.ledger.record_build(
            self.build_id, started, report.seconds, report.ok, [asdict(p) for p in report.products]
        )
        self.ledger.flush()
        reporter.finish(report)
        return report

    def _pass(self, report: BuildReport, workers: int) -> None:
        report.failures.clear()
        report.products = [ProductOutcome(n.name, n.provider, str(n.product.kind)) for n in self.graph.values()]
        outcomes = {o.name: o for o in report.products}
        states: dict[str, State] = {}
        waiting = dict(self.graph)
        try:
            with Schedule(self.executor, self.pool, self.reporter, self._failed) as schedule:
                while waiting or schedule.names:
                    ready = self._ready(waiting, states, schedule.names)
                    for node in ready:
                        del waiting[node.name]
                        schedule.start(node.name, self._make(node, states, outcomes[node.name], workers))
                    if all(n in schedule.held for n in schedule.names if self.graph[n].ingested):
                        schedule.release()
                    for name, state in schedule.step(block=not ready).items():
                        if state is not None:
                            states[name] = state
                    for name in [n for n in waiting if self._blocked(waiting[n], states, {*waiting, *schedule.names})]:
                        outcomes[name].blocked = True
                        del waiting[name]
        except CorruptFileError as error:
            self._heal(error)
            raise Restart(str(error)) from None

    def _ready(self, waiting: dict[str, Node], states: dict[str, State], making: list[str]) -> list[Node]:
        """Return what can be begun now: one product, or all sources that can be read, in the order of their locks."""
        ready = [n for n in waiting.values() if all(u in states for u in n.upstream)]
        if not any(self.graph[n].ingested for n in making):
            sources = sorted((n for n in ready if n.ingested), key=lambda n: n.name)
            if sources:
                return sources
        return [n for n in ready if not n.ingested][:1]

    @staticmethod
    def _blocked(node: Node, states: dict[str, State], to_come: set[str]) -> bool:
        return any(n not in states and n not in to_come for n in node.upstream)

    def _make(self, node: Node, states: dict[str, State], outcome: ProductOutcome, workers: int) -> Making:
        started = time.time()
        self.store(node.name).folder.mkdir(parents=True, exist_ok=True)
        if node.ingested:
            state = yield from self._ingest(node, states, outcome, workers)
        else:
            tasks = evaluate_tasks(node, states, self.store(node.name), self.ledger, self.damaged)
            jobs = {t.part: self.jobs.task(node, t, states) for t in tasks if t.action in ("run", "maybe")}
            state = yield from self._carry_out(node, tasks, run_task, jobs, None, outcome)
        outcome.seconds = time.time() - started
        if state is not None:
            self.reporter.product_done(outcome)
        return state

    def _ingest(self, node: Node, states: dict[str, State], outcome: ProductOutcome, workers: int) -> Making:
        """Scan a source, wait for the scans of others, since each may split partitions, then gather."""
        # Scanned rows are shared by all builds of a source: another build of it waits.
        lock = ProductStore(self.store(node.name).folder / "scan").locked
        with lock():
            scanned = yield from self.sources.scan(node, states, outcome, workers)
        if scanned is None:
            return None
        if fault := scanned.fault():
            outcome.failed += 1
            self._failed(node, "scan", SourceError(fault))
            return None
        if self.sources.grow(node, scanned) and any(s.node.on_sky for s in states.values()):
            raise Restart(f"{node.name} has more rows than its partitions take; they are split, and planned again")
        yield Hold()
        with lock():
            if scanned.ingest.moved():
                raise Restart(f"{node.name} was read by another build; planning again")
            tasks, jobs, rejects = yield from self.sources.tasks(node, scanned, states, outcome, workers)
            state = yield from self._carry_out(node, tasks, gather, jobs, rejects, outcome)
            if state is not None:
                scanned.ingest.drop_rows()
        return state

    def _carry_out(
        self, node: Node, tasks: list[Task], function: Any, jobs: dict[str, dict[str, Any]], rejects: pa.Table | None,
        outcome: ProductOutcome,
    ) -> Making:  # fmt: skip
        """Have tasks run by `function` on their descriptions, and publish the product where they succeeded."""
        store = self.store(node.name)
        current = store.current()
        self.planned += [PlannedTask(node.name, t.part, t.action, t.reason) for t in tasks]
        done = {t.part: (t.key, t.inputs, t.signatures) for t in tasks if t.action in ("fresh", "adopt")}
        outcome.fresh = sum(t.action == "fresh" for t in tasks)
        outcome.adopted = sum(t.action == "adopt" for t in tasks)
        todo = [t for t in tasks if t.action in ("run", "maybe")]
        for task in todo:
            outcome.reasons[task.reason.kind] = outcome.reasons.get(task.reason.kind, 0) + 1
        answers = yield Work(node, function, [(t, jobs[t.part]) for t in todo], outcome)
        for task, answer in answers:
            done[task.part] = (answer["key"], answer["inputs"], task.signatures)
            self._remember(node, task, answer["inputs"])
            outcome.adopted += answer["adopted"]
            outcome.ran += not answer["adopted"]
        store.forget_listing()
        missing = [t.part for t in tasks if t.part not in done]
        if missing and not (self.allow_partial and done):
            return None
        outcome.missing = missing
        return self._publish(node, store, None if current is None else current.name, done, missing, rejects, outcome)

    def _remember(self, node: Node, task: Task, inputs: dict[str, str]) -> None:
        for need in node.needs:
            if need.product in task.signatures:
                key = digest_json([need.model_dump(mode="json"), task.signatures[need.product]])
                self.ledger.put("exact", key, {"digest": inputs[need.product]})

    def _failed(self, node: Node, part: str, error: Exception) -> None:
        capsule = error.capsule if isinstance(error, TaskFailed) else ""
        text = error.error if isinstance(error, TaskFailed) else str(error)
        if not isinstance(error, VacframeError):
            text = f"{type(error).__name__}: {error}"
        log = log_path(self.folder / "logs" / self.build_id, node.name, part)
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
        self.report.failures.append(Failure(node.name, part, text, capsule, str(log)))

    def _heal(self, error: CorruptFileError) -> None:
        """Take the result whose file is damaged out of use, so that the next pass makes it again."""
        path = Path(error.path)
        for name in self.graph:
            store = self.store(name)
            if path.is_relative_to(store.folder / "scan"):
                shutil.rmtree(store.folder / "scan" / path.relative_to(store.folder / "scan").parts[0])
                return
            version = store.current()
            for part, record in {} if version is None else version.parts.items():
                assert version is not None
                inside = record.get("path") and path.is_relative_to(version.root / record["path"])
                if inside or path.is_relative_to(store.object(record["key"])):
                    self.damaged.add((name, part))
                    store.discard(record["key"])
                    return
            if path.is_relative_to(store.folder / "objects"):  # kept, and not yet in any version
                store.discard(path.relative_to(store.folder / "objects").parts[0])
                return
        raise error

    def _publish(
        self, node: Node, store: ProductStore, before: str | None, done: dict[str, Any], missing: list[str],
        rejects: Any, outcome: ProductOutcome,
    ) -> State:  # fmt: skip
        current = store.current()
        old = {} if current is None else {p: r["key"] for p, r in current.parts.items()}
        new = {p: d[0] for p, d in done.items()}
        same_recipe = current is not None and current.manifest["recipe"] == node.recipe
        hurt = any((node.name, p) in self.damaged for p in new)
        changed = current is None or old != new or not same_recipe or rejects_differ(current, rejects)
        if current is None or changed or missing or hurt or current.manifest["missing"]:
            with store.locked():
                now = store.current()
                if (None if now is None else now.name) != before:
                    raise Restart(f"{node.name} was published by another build; planning again")
                staged = store.stage()
                fill(node, store, staged, done, missing, rejects, self._provenance(node))
                store.commit(staged)
            self.damaged -= {d for d in self.damaged if d[0] == node.name}
            current = store.current()
        assert current is not None
        outcome.version, outcome.rows = current.name, current.rows
        outcome.rejects, outcome.counts = current.manifest["rejects"], current.manifest["counts"]
        outcome.digest = current.manifest["digest"]
        return State(node, current, set(), list(current.parts))

    def _provenance(self, node: Node) -> dict[str, Any]:
        versions = {n: str(getattr(self.store(n).current(), "name", "")) for n in (m.product for m in node.needs)}
        files = {str(p): self.ledger.file_digest(p) for p in node.files if p.is_file()}
        return {
            "build": self.build_id, "host": platform.node(), "python": platform.python_version(),
            "libraries": library_versions(_RECORDED),
            "provider": node.provider, "seed": self.project.seed, "inputs": versions, "files": files,
            "pilot": None if self.sources.pilot is None else self.sources.pilot.model_dump(mode="json"),
            "config": {} if node.config is None else node.config.model_dump(mode="json"),
        }  # fmt: skip


def describe_node(node: Node) -> dict[str, Any]:
    """Return a node of the graph as JSON."""
    needs = [{"product": n.product, "how": n.how, "columns": list(n.names), "where": n.where} for n in node.needs]
    return {"name": node.name, "provider": node.provider, "kind": str(node.product.kind), "needs": needs}
