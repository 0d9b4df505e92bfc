"""Building and planning: one walk over the graph; a plan evaluates, a build also runs and publishes."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from vacframe.core.atomic import write_text
from vacframe.core.devices import CPU, Device, DevicePool
from vacframe.core.digest import digest_json
from vacframe.core.errors import CorruptFileError, StoreError, VacframeError
from vacframe.core.evaluate import WHOLE, State, Task, evaluate, judged, recipe_reason
from vacframe.core.executors import LocalExecutor
from vacframe.core.fingerprint import library_versions
from vacframe.core.ingest import Ingest
from vacframe.core.inventory import inventory
from vacframe.core.ledger import Ledger
from vacframe.core.product import Need
from vacframe.core.publishing import fill, rejects_differ
from vacframe.core.report import BuildReport, Failure, Plan, PlannedTask, ProductOutcome, Reason
from vacframe.core.reporter import Reporter
from vacframe.core.resolve import Node
from vacframe.core.scan import gather, scan_files
from vacframe.core.store import ProductStore
from vacframe.core.task import TaskFailed, run_task
from vacframe.core.tree import PixelTree, parse_part, parts_within

SCAN_FILES = 256


class Restart(Exception):
    """The state of the workspace changed under a build; it plans again."""


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
        self.allow_partial = False

    def store(self, product: str) -> ProductStore:
        """Return the store of a product."""
        return ProductStore(self.folder / "products" / product)

    def plan(self) -> Plan:
        """Return what a build would do now, without running anything."""
        states: dict[str, State] = {}
        for node in self.graph.values():
            store = self.store(node.name)
            if node.ingested:
                tasks = self._plan_source(node, store, states)
            else:
                tasks = evaluate(node, states, store, self.ledger, self.damaged)
            self.planned += [PlannedTask(node.name, t.part, t.action, t.reason) for t in tasks]
            pending = {t.part for t in tasks if t.action in ("run", "maybe")}
            states[node.name] = State(node, store.current(), pending, [t.part for t in tasks])
        return Plan([describe_node(n) for n in self.graph.values()], self.planned)

    def run(self, workers: int, reporter: Reporter, allow_partial: bool) -> BuildReport:
        """Make what is missing or stale, publish each product that is complete, and report."""
        self.reporter, self.allow_partial = reporter, allow_partial
        report = BuildReport(self.build_id)
        started = time.time()
        reporter.start(dict.fromkeys(self.graph, 0))
        devices = inventory() if any(n.product.resources.gpu != "never" for n in self.graph.values()) else []
        self.pool = DevicePool(devices)
        with LocalExecutor(workers, devices) as self.executor:
            for attempt in range(5):
                try:
                    self._pass(report, workers)
                    break
                except Restart as restart:
                    reporter.message(str(restart))
                    if attempt == 4:
                        raise StoreError(
                            f"the workspace kept changing under this build ({restart}); run it again"
                        ) from None
        report.tasks = self.planned
        report.seconds = time.time() - started
        self.ledger.record_build(
            self.build_id, started, report.seconds, report.ok, [asdict(p) for p in report.products]
        )
        self.ledger.flush()
        reporter.finish(report)
        return report

    def _pass(self, report: BuildReport, workers: int) -> None:
        report.products.clear()
        report.failures.clear()
        states: dict[str, State] = {}
        for node in self.graph.values():
            outcome = ProductOutcome(node.name, node.provider, str(node.product.kind))
            report.products.append(outcome)
            anchor = [node.source.anchor] if node.source and node.source.anchor else []
            if any(u not in states for u in [*(n.product for n in node.needs), *anchor]):
                outcome.blocked = True
                continue
            started = time.time()
            # Scanned rows are shared by all builds of a source: another build of it waits.
            scan = ProductStore(self.store(node.name).folder / "scan").locked() if node.ingested else nullcontext()
            try:
                with scan:
                    state = self._make(node, states, outcome, report, workers)
            except CorruptFileError as error:
                self._heal(error)
                raise Restart(str(error)) from None
            outcome.seconds = time.time() - started
            if state is not None:
                states[node.name] = state

    def _make(
        self, node: Node, states: dict[str, State], outcome: ProductOutcome, report: BuildReport, workers: int
    ) -> State | None:
        store = self.store(node.name)
        store.folder.mkdir(parents=True, exist_ok=True)
        current = store.current()
        before = None if current is None else current.name
        jobs: dict[str, dict[str, Any]] = {}
        rejects = None
        ingest = None
        if node.ingested:
            ingest = self._scan(node, store, states, report, outcome, workers)
            if ingest is None:
                return None
            tasks, jobs, rejects = self._source_tasks(node, store, states, ingest, report, outcome, workers)
        else:
            tasks = evaluate(node, states, store, self.ledger, self.damaged)
        self.planned += [PlannedTask(node.name, t.part, t.action, t.reason) for t in tasks]
        done = {t.part: (t.key, t.inputs, t.signatures) for t in tasks if t.action in ("fresh", "adopt")}
        outcome.fresh = sum(t.action == "fresh" for t in tasks)
        outcome.adopted = sum(t.action == "adopt" for t in tasks)
        todo = [t for t in tasks if t.action in ("run", "maybe")]
        for task in todo:
            outcome.reasons[task.reason.kind] = outcome.reasons.get(task.reason.kind, 0) + 1
        descriptions = [(t, jobs.get(t.part) or self._describe(node, t, states)) for t in todo]
        function = gather if ingest is not None else run_task
        for task, answer in self._execute(node, function, descriptions, outcome, report):
            done[task.part] = (answer["key"], answer["inputs"], task.signatures)
            self._remember(node, task, answer["inputs"])
            outcome.adopted += answer["adopted"]
            outcome.ran += not answer["adopted"]
        store.forget_listing()
        missing = [t.part for t in tasks if t.part not in done]
        if missing and not (self.allow_partial and done):
            return None
        outcome.missing = missing
        state = self._publish(node, store, before, done, missing, rejects, outcome)
        if ingest is not None:
            ingest.drop_rows()
        return state

    def _remember(self, node: Node, task: Task, inputs: dict[str, str]) -> None:
        for need in node.needs:
            if need.product in task.signatures:
                key = digest_json([need.model_dump(mode="json"), task.signatures[need.product]])
                self.ledger.put("exact", key, {"digest": inputs[need.product]})

    def _execute(
        self,
        node: Node,
        function: Any,
        descriptions: list[tuple[Task, dict[str, Any]]],
        outcome: Any,
        report: BuildReport,
    ) -> list[tuple[Task, dict[str, Any]]]:
        """Run tasks on the executor; failures are noted, damaged inputs stop the pass."""
        self.reporter.tasks(node.name, len(descriptions))
        running: dict[Future[Any], tuple[Task, Device]] = {}
        queue = list(descriptions)[::-1]
        answers = []
        while queue or running:
            while queue:
                device = self.pool.acquire(node.product.resources, node.name)
                if device is None:
                    break
                task, description = queue.pop()
                description["device"] = asdict(device)
                outcome.device = device.name or device.kind
                running[self.executor.submit(function, description, gpu=device)] = (task, device)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, device = running.pop(future)
                self.pool.release(device)
                try:
                    answer = future.result()
                    answers.append((task, answer))
                    self.reporter.task_done(node.name, 0, "adopt" if answer.get("adopted") else "run")
                except CorruptFileError:
                    wait(running)
                    raise
                except Exception as error:
                    outcome.failed += 1
                    report.failures.append(self._failure(node, task.part, error))
                    self.reporter.task_done(node.name, 0, "failed")
        return answers

    def _failure(self, node: Node, part: str, error: Exception) -> Failure:
        capsule = error.capsule if isinstance(error, TaskFailed) else ""
        text = error.error if isinstance(error, TaskFailed) else str(error)
        if not isinstance(error, VacframeError):
            text = f"{type(error).__name__}: {error}"
        logs = self.folder / "logs" / self.build_id
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{node.name}-{part.replace('/', '-')}.log"
        log.write_text(f"{text}\n")
        return Failure(node.name, part, text, capsule, str(log))

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

    def _base(self, node: Node, part: str) -> dict[str, Any]:
        assert node.plugin is None or node.config is not None
        return {
            "product": node.product.model_dump(mode="json"),
            "provider": node.provider,
            "config": {} if node.config is None else node.config.model_dump(mode="json"),
            "seed": self.project.seed,
            "recipe": node.recipe,
            "part": part,
            "folder": str(self.folder / "products" / node.name),
            "capsules": str(self.folder / "capsules"),
            "chunk_bytes": self.project.build.chunk_mb << 20,
            "build": self.build_id,
            "needs": [n.model_dump(mode="json") for n in node.needs],
            "absent": [n.model_dump(mode="json") for n in node.absent],
            "files": [],
            "tree": self.tree.to_json(),
            "device": asdict(CPU),
            "inputs": {},
        }

    def _describe(self, node: Node, task: Task, states: dict[str, State]) -> dict[str, Any]:
        known = all(d is not None for d in task.inputs.values())
        inputs = {n.product: self._where(n, task, states[n.product]) for n in node.needs}
        return self._base(node, task.part) | {
            "inputs": inputs,
            "key": task.key,
            "input_digests": task.inputs if known else None,
        }

    def _where(self, need: Need, task: Task, state: State) -> dict[str, Any]:
        """Return where a need's rows lie on disk."""
        stored = state.node.stored
        if stored is None:
            assert state.version is not None
            return {"model": str(state.version.file(WHOLE)), "digest": task.inputs.get(need.product)}
        files = state.files()
        chosen = list(files.values())
        if need.how == "same":
            chosen = [files[task.part]] if task.part in files else []
        elif need.how == "sky":
            near = parts_within([parse_part(p) for p in files], parse_part(task.part), need.margin)
            chosen = [files[f"{o}/{p}"] for o, p in near]
        out: dict[str, Any] = {
            "schema": stored.model_dump(mode="json"),
            "home": list(state.node.home_columns()),
            "key": stored.key,
            "files": chosen,
            "digest": task.inputs.get(need.product),
        }
        if need.how == "by_key" and state.node.on_sky and need.on is not None:
            out |= {"index": str(self._index(state, need.on)), "by_part": files}
        return out

    def _index(self, state: State, column: str) -> Path:
        """Return the folder of the key → home index of one column, made where it is missing."""
        from vacframe.core.home import HEALPIX
        from vacframe.core.partition import read_columns
        from vacframe.core.values import to_numpy

        totals = state.totals()
        name = digest_json([column, totals.get(column), totals.get(HEALPIX)])
        folder = self.folder / "products" / state.node.name / "index" / name
        if not folder.exists():
            tables = [read_columns(Path(f), [column, HEALPIX]) for f in state.files().values()]
            keys = np.concatenate([to_numpy(t[column])[0] for t in tables]) if tables else np.empty(0, np.int64)
            keys = keys.astype("U") if keys.dtype == object else keys
            homes = np.concatenate([t[HEALPIX].to_numpy() for t in tables]) if tables else np.empty(0, np.int64)
            order = np.argsort(keys, kind="stable")
            staged = folder.with_name(f".{name}-{os.getpid()}")
            staged.mkdir(parents=True, exist_ok=True)
            np.save(staged / "keys.npy", keys[order])
            np.save(staged / "homes.npy", homes[order])
            os.rename(staged, folder)
        return folder

    # Sources

    def _scan_recipe(self, node: Node, states: dict[str, State]) -> str:
        inputs = {n.product: states[n.product].totals() for n in node.needs}
        return digest_json([node.recipe, inputs])

    def _anchor(self, node: Node, states: dict[str, State]) -> tuple[np.ndarray, np.ndarray] | None:
        if node.source is None or not node.source.anchor or node.product.table is None:
            return None
        state = states[node.source.anchor]
        key = node.product.table.key
        assert key is not None, "the resolver refuses an anchor without the key"
        folder = self._index(state, key)
        return np.load(folder / "keys.npy"), np.load(folder / "homes.npy")

    def _scan(
        self, node: Node, store: ProductStore, states: dict[str, State], report: BuildReport, outcome: Any, workers: int
    ) -> Ingest | None:
        ingest = Ingest(node, store.folder, self.ledger, self._scan_recipe(node, states))
        ingest.changed = ingest.stale()
        if not self._scan_files(node, ingest, ingest.changed, states, report, outcome, workers):
            return None
        return ingest

    def _scan_files(
        self, node: Node, ingest: Ingest, names: list[str], states: Any, report: BuildReport, outcome: Any, workers: int
    ) -> bool:
        if not names:
            return True
        size = 1 if not node.files else max(1, min(SCAN_FILES, math.ceil(len(names) / max(1, workers))))
        groups = [names[i : i + size] for i in range(0, len(names), size)]
        waiting = Task("scan", "run", Reason("source"))
        waiting.inputs = {n.product: digest_json(states[n.product].totals()) for n in node.needs}
        base = self._base(node, "scan")
        base |= {"inputs": {n.product: self._where(n, waiting, states[n.product]) for n in node.needs}}
        base |= {"source": None, "all_files": ingest.names[:2]}
        if node.source is not None and node.plugin is None:
            base["source"] = node.source.model_dump(mode="json")
        place = {n: i for i, n in enumerate(ingest.names)}
        jobs = []
        for number, group in enumerate(groups):
            files = [{"name": n, "path": n} if node.files else {"name": n, "shard": place[n]} for n in group]
            jobs.append((Task(f"scan {number}", "run", Reason("source")), base | {"files": files}))
        answers = self._execute(node, scan_files, jobs, outcome, report)
        by_part = {t.part: a["group"] for t, a in answers}
        for (task, _), group in zip(jobs, groups, strict=True):
            if task.part in by_part:
                ingest.record(group, by_part[task.part])
        if len(answers) == len(jobs):
            ingest.save()
            return True
        return False

    def _source_tasks(
        self,
        node: Node,
        store: ProductStore,
        states: Any,
        ingest: Ingest,
        report: BuildReport,
        outcome: Any,
        workers: int,
    ) -> tuple[list[Task], dict[str, dict[str, Any]], Any]:
        anchor = self._anchor(node, states)
        records, rejects = ingest.records(anchor)
        if node.on_sky and self.tree.grow(records.home, self._leaf_rows()):
            write_tree(self.folder, self.tree)
        tasks, gatherings = self._gather_tasks(node, store, ingest, records)
        todo = [t for t in tasks if t.action == "run"]
        needed = set().union(*(ingest.files_of(records, gatherings[t.part]) for t in todo)) if todo else set()
        again = ingest.without_rows(needed)
        if again and self._scan_files(node, ingest, again, states, report, outcome, workers):
            records, rejects = ingest.records(anchor)
            gatherings = ingest.gatherings(records, self.tree)
        jobs = {}
        for task in todo:
            jobs[task.part] = self._base(node, task.part) | {
                "key": task.key,
                "input_digests": task.inputs,
                "groups": ingest.selection(records, gatherings[task.part]),
            }
        return tasks, jobs, rejects.to_arrow()

    def _leaf_rows(self) -> int:
        return int(self.project.partition_rows) if self.project.pixel_order is None else 1 << 62

    def _gather_tasks(
        self, node: Node, store: ProductStore, ingest: Ingest, records: Any
    ) -> tuple[list[Task], dict[str, Any]]:
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

    def _plan_source(self, node: Node, store: ProductStore, states: dict[str, State]) -> list[Task]:
        """Return what is known of a source without reading its changed files."""
        current = store.current()
        known = [] if current is None else list(current.parts)
        upstream = [n.product for n in node.needs if states[n.product].pending]
        if current is None or upstream:
            reason = (
                Reason("missing", "never built") if current is None else Reason("waits", f"for {', '.join(upstream)}")
            )
            return [Task(p, "maybe" if current else "run", reason) for p in known or [WHOLE]]
        ingest = Ingest(node, store.folder, self.ledger, self._scan_recipe(node, states))
        stale = ingest.stale()
        if not stale:
            anchor_pending = node.source is not None and node.source.anchor and states[node.source.anchor].pending
            if not anchor_pending:
                return self._gather_tasks(node, store, ingest, ingest.records(self._anchor(node, states))[0])[0]
        said = ", ".join(Path(s).name for s in stale[:3]) + (" …" if len(stale) > 3 else "")
        reason = Reason("source", f"{len(stale)} of {len(ingest.names)} files changed: {said}")
        return [Task(p, "maybe", reason) for p in known]

    # Publishing

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
            self.damaged = {d for d in self.damaged if d[0] != node.name}
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
            "libraries": library_versions(("vacframe", "numpy", "scipy", "astropy", "pyarrow", "keras", "tensorflow")),
            "provider": node.provider, "seed": self.project.seed, "inputs": versions, "files": files,
            "config": {} if node.config is None else node.config.model_dump(mode="json"),
        }  # fmt: skip


def describe_node(node: Node) -> dict[str, Any]:
    """Return a node of the graph as JSON."""
    needs = [{"product": n.product, "how": n.how, "columns": list(n.names), "where": n.where} for n in node.needs]
    return {"name": node.name, "provider": node.provider, "kind": str(node.product.kind), "needs": needs}


def write_tree(folder: Path, tree: PixelTree) -> None:
    """Record the grown pixel tree in the workspace's own file."""
    path = folder / "vacframe.json"
    notes = json.loads(path.read_text())
    notes["tree"] = tree.to_json()
    write_text(path, json.dumps(notes, indent=1))
