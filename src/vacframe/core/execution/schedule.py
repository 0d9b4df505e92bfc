"""The schedule of a build: several products are in the making at once, so that no worker waits for one long task."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.executor import LocalExecutor
from vacframe.core.execution.progress import Reporter
from vacframe.core.planning.graph import Node
from vacframe.core.planning.plan import ProductOutcome
from vacframe.core.planning.states import State, Task

Answers = list[tuple[Task, dict[str, Any]]]


class Restart(Exception):
    """The state of the workspace changed under a build; it plans again."""


@dataclass
class Work:
    """Tasks that a product in the making asks to be run; it goes on when all of them are over.

    Attributes
    ----------
    node : Node
        The product.
    function : callable
        Runs in a worker on each task's description.
    descriptions : list of (Task, dict)
        The tasks.
    outcome : ProductOutcome
        Counts what became of them.
    """

    node: Node
    function: Callable[[dict[str, Any]], dict[str, Any]]
    descriptions: list[tuple[Task, dict[str, Any]]]
    outcome: ProductOutcome


class Hold:
    """Asked for by a product that goes on at `Schedule.release`."""


Making = Generator[Work | Hold, Answers, State | None]
"""A product in the making: it yields work, is sent the answers of the tasks that succeeded, and returns its state."""


@dataclass
class _Open:
    """A product in the making, and what it waits for."""

    name: str
    making: Making
    work: Work | None = None
    """None while it is held."""
    queue: list[tuple[Task, dict[str, Any]]] = field(default_factory=list)
    running: int = 0
    answers: Answers = field(default_factory=list)


class Schedule:
    """Runs the tasks of all products that are in the making, those begun first before others.

    Parameters
    ----------
    executor : LocalExecutor
        Runs the tasks.
    pool : DevicePool
        Leases them devices.
    reporter : Reporter
        Told of each task.
    failed : callable
        ``failed(node, part, error)`` is told of each failed task.

    Notes
    -----
    All of it happens in the thread of the coordinator. Where the block of the context manager ends with a damaged
    file or a `Restart`, tasks that run are waited for, those that have not begun are dropped.
    """

    def __init__(
        self,
        executor: LocalExecutor,
        pool: DevicePool,
        reporter: Reporter,
        failed: Callable[[Node, str, Exception], None],
    ) -> None:
        self._executor = executor
        self._pool = pool
        self._reporter = reporter
        self._failed = failed
        self._open: dict[str, _Open] = {}
        self._running: dict[Future[Any], tuple[_Open, Task, Device]] = {}
        self._over: dict[str, State | None] = {}

    @property
    def names(self) -> list[str]:
        """Products that are in the making."""
        return list(self._open)

    @property
    def held(self) -> list[str]:
        """Products that wait for `release`."""
        return [p.name for p in self._open.values() if p.work is None]

    def start(self, name: str, making: Making) -> None:
        """Begin a product."""
        self._open[name] = _Open(name, making)
        self._advance(self._open[name], None)

    def release(self) -> None:
        """Let the products go on that are held, in the order in which they were begun."""
        for product in [p for p in self._open.values() if p.work is None]:
            self._advance(product, [])

    def step(self, block: bool) -> dict[str, State | None]:
        """Submit what can run and take in what is done.

        Parameters
        ----------
        block : bool
            Wait until a task is done.

        Returns
        -------
        dict of str to State or None
            Products whose making is over since the last step; None where it did not succeed.
        """
        self._submit()
        if self._running:
            timeout = None if block and not self._over else 0
            for future in wait(self._running, timeout, FIRST_COMPLETED).done:
                self._take(future)
        over, self._over = self._over, {}
        return over

    def _advance(self, product: _Open, answers: Any) -> None:
        """Let a product go on until it asks for tasks, is held, or is over."""
        while True:
            try:
                asked = product.making.send(answers)
            except StopIteration as stop:
                del self._open[product.name]
                self._over[product.name] = stop.value
                return
            answers = product.answers = []
            if isinstance(asked, Hold):
                product.work = None
                return
            product.work, product.queue = asked, asked.descriptions[::-1]
            self._reporter.tasks(product.name, len(product.queue))
            if product.queue:
                return

    def _submit(self) -> None:
        for product in self._open.values():
            work = product.work
            while product.queue and work is not None:
                device = self._pool.acquire(work.node.product.resources, product.name)
                if device is None:
                    break
                task, description = product.queue.pop()
                description["device"] = asdict(device)
                work.outcome.device = device.name or device.kind
                product.running += 1
                self._running[self._executor.submit(work.function, description, gpu=device)] = (product, task, device)

    def _take(self, future: Future[Any]) -> None:
        product, task, device = self._running.pop(future)
        assert product.work is not None
        self._pool.release(device)
        product.running -= 1
        try:
            answer = future.result()
            product.answers.append((task, answer))
            self._reporter.task_done(product.name, answer["rows"], "adopt" if answer.get("adopted") else "run")
        except CorruptFileError:
            raise
        except Exception as error:
            product.work.outcome.failed += 1
            self._failed(product.work.node, task.part, error)
            self._reporter.task_done(product.name, 0, "failed")
        if not product.queue and not product.running:
            self._advance(product, product.answers)

    def __enter__(self) -> Schedule:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, CorruptFileError | Restart):
            wait([f for f in self._running if not f.cancel()])
        for _, _, device in self._running.values():
            self._pool.release(device)
        for product in self._open.values():
            product.making.close()
