"""The schedule of a build: several products are in the making at once, so that no worker waits for one long task."""

from __future__ import annotations

import dataclasses
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from types import TracebackType

from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.executor import Executor
from vacframe.core.execution.making import Again, Hold, Making, Over, Work
from vacframe.core.execution.progress import Reporter
from vacframe.core.planning.states import State
from vacframe.core.tasks.specs import Answer, TaskSpec
from vacframe.core.tasks.task_log import rows_done

GLANCE_S = 1.0
"""How often the progress of running tasks is looked at, seconds."""


@dataclass
class _Open:
    """A product in the making, and what it waits for."""

    name: str
    making: Making
    work: Work | None = None
    """None while it is held."""
    queue: list[TaskSpec] = field(default_factory=list)
    running: dict[str, TaskSpec] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


class Schedule:
    """Runs the tasks of all products that are in the making, those begun first before others.

    Parameters
    ----------
    executor : Executor
        Runs the tasks.
    pool : DevicePool
        Leases them devices.
    reporter : Reporter
        Told of each task.

    Notes
    -----
    All of it happens in the thread of the coordinator. Where the block of the context manager ends early, tasks that
    run are waited for after a damaged file, and those that have not begun are dropped.
    """

    def __init__(self, executor: Executor, pool: DevicePool, reporter: Reporter) -> None:
        self._executor = executor
        self._pool = pool
        self._reporter = reporter
        self._open: dict[str, _Open] = {}
        self._running: dict[Future[Answer], tuple[_Open, TaskSpec]] = {}
        self._over: dict[str, State | None] = {}
        self.again: Again | None = None
        """Why the build has to plan again, where it has to."""

    @property
    def names(self) -> list[str]:
        """Products that are in the making."""
        return list(self._open)

    @property
    def held(self) -> list[str]:
        """Products that wait for `release`."""
        return [p.name for p in self._open.values() if p.work is None]

    def start(self, making: Making) -> None:
        """Begin a product."""
        name = making.node.name
        product = self._open[name] = _Open(name, making)
        self._advance(product)

    def release(self) -> None:
        """Let the products go on that are held, in the order in which they were begun."""
        for product in [p for p in self._open.values() if p.work is None]:
            self._advance(product)

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
            done = wait(self._running, GLANCE_S if block and not self._over else 0, FIRST_COMPLETED).done
            for future in done:
                self._take(future)
            if not done:
                self._glance()
        over, self._over = self._over, {}
        return over

    def _advance(self, product: _Open) -> None:
        """Let a product go on until it asks for tasks, is held, or is over."""
        while True:
            step = product.making.next(product.answers)
            product.answers = {}
            if isinstance(step, Again):
                self.again = self.again or step
            if isinstance(step, Over | Again):
                product.making.close()
                del self._open[product.name]
                self._over[product.name] = step.state if isinstance(step, Over) else None
                return
            if isinstance(step, Hold):
                product.work = None
                return
            product.work, product.queue = step, list(step.specs)[::-1]
            self._reporter.tasks(product.name, len(product.queue))
            if product.queue:
                return

    def _submit(self) -> None:
        for product in list(self._open.values()):
            while product.queue and product.work is not None:
                resources = product.making.node.product.resources
                device = CPU if resources.gpu == "never" else self._pool.acquire(resources, product.name)
                if device is None:
                    break
                self._send(product, product.work, dataclasses.replace(product.queue.pop(), device=device))

    def _send(self, product: _Open, work: Work, spec: TaskSpec) -> None:
        device: Device = spec.device
        product.making.outcome.device = device.name or device.kind
        product.running[spec.part] = spec
        future = self._executor.submit(work.function, spec, gpu=device)
        self._running[future] = (product, spec)
        if future.done():  # it ran in this process
            self._take(future)

    def _take(self, future: Future[Answer]) -> None:
        product, spec = self._running.pop(future)
        self._release(spec.device)
        del product.running[spec.part]
        outcome = product.making.outcome
        try:
            answer = future.result()
            product.answers[spec.part] = answer
            outcome.seconds += answer.seconds
            self._reporter.task_done(product.name, answer.rows, "adopt" if answer.adopted else "run")
        except CorruptFileError:
            raise
        except Exception as error:
            outcome.failed += 1
            product.making.session.failed(product.name, spec.part, error)
            self._reporter.task_done(product.name, 0, "failed")
        if not product.queue and not product.running:
            self._advance(product)

    def _release(self, device: Device) -> None:
        if device.kind == "gpu":
            self._pool.release(device)

    def _glance(self) -> None:
        """Tell the reporter how far the running tasks are, as they wrote it down."""
        for product in self._open.values():
            done = sum(rows_done(s.of.logs, product.name, part) for part, s in product.running.items())
            if done:
                self._reporter.task_progress(product.name, done)

    def __enter__(self) -> Schedule:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.again is not None or isinstance(error, CorruptFileError):
            wait([f for f in self._running if not f.cancel()])
        for _, spec in self._running.values():
            self._release(spec.device)
        for product in self._open.values():
            product.making.close()
