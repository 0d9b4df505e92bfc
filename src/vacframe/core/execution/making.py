"""A product in the making: the tasks that it asks for, one step after the other, and its publication."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vacframe.core.execution.outcome import ProductOutcome
from vacframe.core.execution.session import Session
from vacframe.core.planning.graph import Node
from vacframe.core.planning.states import State, Task, evaluate_tasks
from vacframe.core.planning.task_key import exact_key
from vacframe.core.registry.fingerprint import library_versions
from vacframe.core.store.product_store import Version
from vacframe.core.store.version_folder import Finished, fill, rejects_differ
from vacframe.core.tasks.specs import Answer, ResultAnswer, TaskSpec
from vacframe.core.tasks.worker import run_make

RECORDED = ("vacframe", "numpy", "scipy", "astropy", "pyarrow", "keras", "tensorflow", "jax")
"""Libraries whose versions the provenance holds."""

Answers = Mapping[str, Answer]
"""Part → answer, of the tasks that succeeded."""


@dataclass(frozen=True)
class Work:
    """Tasks that a product asks to be run, each by the function in a worker; it goes on when all of them are over."""

    function: Callable[[Any], Answer]
    specs: Sequence[TaskSpec]


@dataclass(frozen=True)
class Hold:
    """Asked for by a product that goes on when all sources are held."""


@dataclass(frozen=True)
class Over:
    """The product is made: its state, None where it did not succeed."""

    state: State | None


@dataclass(frozen=True)
class Again:
    """The workspace changed under the build, which plans again."""

    reason: str


Step = Work | Hold | Over | Again


class Making:
    """A product in the making. It is asked for its next step with the answers of the one before.

    Parameters
    ----------
    session : Session
        The build.
    node : Node
        The product.
    states : mapping of str to State
        Of the products that it needs.
    outcome : ProductOutcome
        Counts what becomes of its tasks.
    """

    def __init__(self, session: Session, node: Node, states: Mapping[str, State], outcome: ProductOutcome) -> None:
        self.session, self.node, self.states, self.outcome = session, node, states, outcome
        self.store = session.store(node.name)
        self.store.folder.mkdir(parents=True, exist_ok=True)
        self.held = ExitStack()
        """What is to be given back, however the making ends."""
        self.next: Callable[[Answers], Step] = self.begin

    def begin(self, _answers: Answers) -> Step:
        """Judge the tasks and ask for those that are to be run."""
        tasks = evaluate_tasks(self.node, self.states, self.store, self.session.ledger, self.session.damaged)
        of = self.session.product_spec(self.node)
        specs = {t.part: self.session.make_spec(of, t, self.states) for t in tasks if t.to_do}
        return self.run(tasks, run_make, specs, None)

    def run(
        self, tasks: list[Task], function: Callable[[Any], Answer], specs: Mapping[str, TaskSpec],
        rejects: pa.Table | None,
    ) -> Step:  # fmt: skip
        """Ask for the tasks that are to be run, and then publish the product.

        Parameters
        ----------
        tasks : list of Task
            All of them, as judged.
        function : callable
            Runs one in a worker.
        specs : mapping of str to TaskSpec
            Of those that are to be run.
        rejects : pyarrow.Table or None
            Of a source: rows of its files that were left out.
        """
        before = self.store.current()
        self.session.note(self.node.name, tasks)
        self.outcome.fresh = sum(t.action == "fresh" for t in tasks)
        self.outcome.adopted = sum(t.action == "adopt" for t in tasks)
        for task in tasks:
            if task.to_do:
                self.outcome.reasons[task.reason.kind] = self.outcome.reasons.get(task.reason.kind, 0) + 1
        self.next = lambda answers: self._publish(tasks, answers, rejects, before)
        return Work(function, list(specs.values()))

    def _publish(self, tasks: list[Task], answers: Answers, rejects: pa.Table | None, before: Version | None) -> Step:
        done: dict[str, Finished] = {}
        for task in tasks:
            answer = answers.get(task.part)
            if isinstance(answer, ResultAnswer):
                done[task.part] = Finished(answer.key, answer.inputs, task.signatures)
                self._remember(task, answer.inputs)
                self.outcome.adopted += answer.adopted
                self.outcome.ran += not answer.adopted
            elif not task.to_do and task.key is not None:
                done[task.part] = Finished(task.key, task.inputs, task.signatures)
        self.store.forget_listing()
        missing = [t.part for t in tasks if t.part not in done]
        if missing and not (self.session.allow_partial and done):
            return Over(None)
        self.outcome.missing = missing
        version = self._commit(done, missing, rejects, before)
        if isinstance(version, Again):
            return version
        self.published()
        return Over(State(self.node, version, set(), list(version.parts)))

    def published(self) -> None:
        """Do what is to be done when the product is complete and current."""

    def _remember(self, task: Task, inputs: Mapping[str, str]) -> None:
        """Remember what was read of what could be, so that it is known the next time without reading."""
        for need in self.node.needs:
            if need.product in task.signatures:
                key = exact_key(need, task.signatures[need.product])
                self.session.ledger.put("exact", key, {"digest": inputs[need.product]})

    def _commit(
        self, done: Mapping[str, Finished], missing: list[str], rejects: pa.Table | None, before: Version | None
    ) -> Version | Again:
        """Publish a new version where anything is new; return the one in force."""
        node, session = self.node, self.session
        current = self.store.current()
        if current is None or missing or self._differs(current, done, rejects):
            with self.store.locked():
                now = self.store.current()
                if (now and now.name) != (before and before.name):
                    return Again(f"{node.name} was published by another build; planning again")
                staged = self.store.stage()
                fill(
                    staged, self.store, node.product, done, recipe=node.recipe, missing=missing, rejects=rejects,
                    provenance=self._provenance(),
                )  # fmt: skip
                self.store.commit(staged)
            session.damaged -= {d for d in session.damaged if d[0] == node.name}
            current = self.store.current()
        assert current is not None
        self.outcome.version, self.outcome.rows = current.name, current.rows
        self.outcome.rejects, self.outcome.counts = current.manifest["rejects"], current.manifest["counts"]
        self.outcome.digest = current.manifest["digest"]
        return current

    def _differs(self, current: Version, done: Mapping[str, Finished], rejects: pa.Table | None) -> bool:
        """Whether what is done is not what the current version holds."""
        same_results = {p: r["key"] for p, r in current.parts.items()} == {p: f.key for p, f in done.items()}
        return (
            not same_results
            or current.manifest["recipe"] != self.node.recipe
            or bool(current.manifest["missing"])
            or any((self.node.name, part) in self.session.damaged for part in done)
            or rejects_differ(current, rejects)
        )

    def _provenance(self) -> dict[str, Any]:
        node, session = self.node, self.session
        inputs = {n.product: session.store(n.product).current() for n in node.needs}
        return {
            "build": session.build, "host": platform.node(), "python": platform.python_version(),
            "libraries": library_versions(RECORDED),
            "provider": node.provider, "seed": session.project.seed,
            "inputs": {name: version.name if version else "" for name, version in inputs.items()},
            "files": {str(p): session.ledger.file_digest(p) for p in node.files if p.is_file()},
            "pilot": None if session.pilot is None else session.pilot.model_dump(mode="json"),
            "config": {} if node.config is None else node.config.model_dump(mode="json"),
        }  # fmt: skip

    def close(self) -> None:
        """Give back what is held."""
        self.held.close()
