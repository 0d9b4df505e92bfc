"""Building and planning: one walk over the graph; a plan judges every task, a build also runs them and publishes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from vacframe.core.contract.errors import CorruptFileError, StoreError
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.executor import Executor
from vacframe.core.execution.gpus import leasable_gpus
from vacframe.core.execution.local_executor import LocalExecutor
from vacframe.core.execution.making import Making
from vacframe.core.execution.outcome import BuildReport, ProductOutcome
from vacframe.core.execution.progress import Reporter
from vacframe.core.execution.schedule import Schedule
from vacframe.core.execution.session import Session
from vacframe.core.ingest.source_making import SourceMaking, plan_source
from vacframe.core.planning.graph import Node, describe_node
from vacframe.core.planning.plan import Plan
from vacframe.core.planning.states import State, evaluate_tasks

ATTEMPTS = 5
"""How often a build plans again because the workspace changed under it; once more for each source, which may split."""

Graph = Mapping[str, Node]
"""Products in an order in which they can be made."""


def plan_graph(session: Session, graph: Graph) -> Plan:
    """Return what a build would do now, without running anything."""
    states: dict[str, State] = {}
    for node in graph.values():
        store = session.store(node.name)
        if node.ingested:
            tasks = plan_source(session, node, states)
        else:
            tasks = evaluate_tasks(node, states, store, session.ledger, session.damaged)
        session.note(node.name, tasks)
        pending = {t.part for t in tasks if t.to_do}
        states[node.name] = State(node, store.current(), pending, [t.part for t in tasks])
    return Plan([describe_node(n) for n in graph.values()], session.planned)


def build_graph(session: Session, graph: Graph, reporter: Reporter) -> BuildReport:
    """Make what is missing or stale, publish each product that is complete, and report."""
    report, started = session.report, time.time()
    reporter.start(list(graph))
    devices = leasable_gpus() if any(n.product.resources.gpu != "never" for n in graph.values()) else []
    with LocalExecutor(session.workers, devices) as executor:
        left = ATTEMPTS + sum(n.ingested for n in graph.values())
        while reason := _pass(session, graph, executor, DevicePool(devices), reporter):
            reporter.message(reason)
            left -= 1
            if not left:
                raise StoreError(f"the workspace kept changing under this build ({reason}); run it again")
    place = {name: i for i, name in enumerate(graph)}
    report.tasks = sorted(session.planned, key=lambda t: place[t.product])
    report.seconds = time.time() - started
    products = [asdict(p) for p in report.products]
    session.ledger.record_build(session.build, started, report.seconds, report.ok, products)
    reporter.finish(report)
    return report


def _pass(session: Session, graph: Graph, executor: Executor, pool: DevicePool, reporter: Reporter) -> str:
    """Go over the graph once; return why it has to be planned again, empty where it has not."""
    report = session.report
    report.failures.clear()
    report.products = [ProductOutcome(n.name, n.provider, str(n.product.kind)) for n in graph.values()]
    outcomes = {o.name: o for o in report.products}
    states: dict[str, State] = {}
    waiting = dict(graph)
    try:
        with Schedule(executor, pool, reporter) as schedule:
            while (waiting or schedule.names) and schedule.again is None:
                ready = _ready(waiting, graph, states, schedule.names)
                for node in ready:
                    making = SourceMaking if node.ingested else Making
                    schedule.start(making(session, waiting.pop(node.name), states, outcomes[node.name]))
                if all(n in schedule.held for n in schedule.names if graph[n].ingested):
                    schedule.release()
                for name, state in schedule.step(block=not ready).items():
                    if state is not None:
                        states[name] = state
                        reporter.product_done(outcomes[name])
                for name in [n for n in waiting if _blocked(waiting[n], states, {*waiting, *schedule.names})]:
                    outcomes[name].blocked = True
                    del waiting[name]
    except CorruptFileError as error:
        _set_aside(session, graph, error)
        return str(error)
    return "" if schedule.again is None else schedule.again.reason


def _ready(waiting: Graph, graph: Graph, states: Mapping[str, State], making: list[str]) -> list[Node]:
    """Return what can be begun now: one product, or all sources that can be read, in the order of their locks."""
    ready = [n for n in waiting.values() if all(u in states for u in n.upstream)]
    if not any(graph[n].ingested for n in making):
        sources = sorted((n for n in ready if n.ingested), key=lambda n: n.name)
        if sources:
            return sources
    return [n for n in ready if not n.ingested][:1]


def _blocked(node: Node, states: Mapping[str, State], to_come: set[str]) -> bool:
    return any(n not in states and n not in to_come for n in node.upstream)


def _set_aside(session: Session, graph: Graph, error: CorruptFileError) -> None:
    """Take the result whose file is damaged out of use, so that the next pass makes it again."""
    path = Path(error.path)
    for name in graph:
        store = session.store(name)
        scans = store.folder / "scan"
        if path.is_relative_to(scans):
            shutil.rmtree(scans / path.relative_to(scans).parts[0])
            return
        version = store.current()
        for part, record in {} if version is None else version.parts.items():
            assert version is not None
            inside = record.get("path") and path.is_relative_to(version.root / record["path"])
            if inside or path.is_relative_to(store.object(record["key"])):
                session.damaged.add((name, part))
                store.discard(record["key"])
                return
        objects = store.folder / "objects"
        if path.is_relative_to(objects):  # kept, and not yet in any version
            store.discard(path.relative_to(objects).parts[0])
            return
    raise error
