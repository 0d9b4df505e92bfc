"""The executor of one machine: this process, or worker processes that live for the whole build.

Each worker process is a pool of its own, so that a process that dies takes one task with it and is known by it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType, TracebackType
from typing import Any

from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.errors import VacframeError
from vacframe.core.execution.executor import call, cores

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
"""Variables from which numerical libraries take their number of threads, when they are imported."""

ATTEMPTS = 2
"""How often a task is started whose worker process dies."""

_CPU_ALONE = CPU.environment()
_settings_lock = threading.RLock()


def worker_environment(workers: int, device: Device = CPU) -> dict[str, str]:
    """Return the environment of one of `workers` processes: its share of the cores, and its device."""
    share = str(max(1, cores() // max(1, workers)))
    return dict.fromkeys(THREAD_VARIABLES, share) | device.environment()


def _call_packed(task: bytes) -> Any:
    """Call a task that was pickled by the coordinator; unpacked here, a task that cannot be is no dead worker."""
    return call(*pickle.loads(task))


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    with _settings_lock:
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
    try:
        yield
    finally:
        with _settings_lock:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Hide the main module from a child that is spawned meanwhile, so that it does not run it again.

    A user's script needs no guard, and no framework that it imports starts in the child. `multiprocessing` has no
    setting for it: it takes the path of the script from ``sys.modules["__main__"]``.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Process(SpawnProcess):
    """A spawned process that has its environment before it imports anything."""

    settings: Mapping[str, str] = {}

    def start(self) -> None:
        with _settings_lock, _environment(self.settings), _hidden_main():
            super().start()


class _Context(SpawnContext):
    """Starts such processes, and knows them."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__()
        self.settings = settings
        self.processes: list[_Process] = []

    def Process(self, *args: Any, **options: Any) -> _Process:  # type: ignore[override]
        process = _Process(*args, **options)
        process.settings = self.settings
        self.processes.append(process)
        return process


def _begin_worker() -> None:
    """Leave interrupts to the coordinator, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass
class _Job:
    task: bytes
    """Pickled function and arguments."""
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0


class _Lane:
    """One worker process, started when first used."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        # A pool whose process died is kept until the end: freeing it in its own callback locks up.
        self._pools: list[ProcessPoolExecutor] = []
        self._contexts: list[_Context] = []
        self.renew()

    def renew(self) -> None:
        """Take a new process in place of one that died."""
        context = _Context(self._settings)
        self._contexts.append(context)
        self._pools.append(ProcessPoolExecutor(1, mp_context=context, initializer=_begin_worker))

    def send(self, job: _Job) -> Future[Any]:
        try:
            return self._pools[-1].submit(_call_packed, job.task)
        except BrokenProcessPool:  # it died while it was idle
            self.renew()
            return self._pools[-1].submit(_call_packed, job.task)

    def close(self, kill: bool) -> None:
        for process in self._contexts[-1].processes if kill else ():
            if process.is_alive():
                process.kill()
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


class _Group:
    """Worker processes that share a queue."""

    def __init__(self, size: int, settings: Mapping[str, str]) -> None:
        self._lanes = [_Lane(settings) for _ in range(size)]
        self._idle = list(self._lanes)
        self._waiting: deque[_Job] = deque()
        self._open: set[Future[Any]] = set()
        self._lock = threading.RLock()
        self._killed = False

    def submit(self, job: _Job) -> Future[Any]:
        self._open.add(job.future)
        job.future.add_done_callback(self._open.discard)
        with self._lock:
            self._waiting.append(job)
            self._dispatch()
        return job.future

    def _dispatch(self) -> None:
        while self._waiting and self._idle:
            job = self._waiting.popleft()
            if job.deaths or job.future.set_running_or_notify_cancel():
                lane = self._idle.pop()
                lane.send(job).add_done_callback(partial(self._finish, lane, job))

    def _finish(self, lane: _Lane, job: _Job, done: Future[Any]) -> None:
        error = CancelledError("the build was stopped") if done.cancelled() else done.exception()
        with self._lock:
            died = isinstance(error, BrokenProcessPool) and not self._killed
            if died:
                lane.renew()
                job.deaths += 1
                if job.deaths < ATTEMPTS:
                    self._waiting.appendleft(job)
            self._idle.append(lane)
            if not self._killed:
                self._dispatch()
        if died and job.deaths < ATTEMPTS:
            return
        if died:
            error = VacframeError(
                f"the worker process died {job.deaths} times while it ran this task; where memory ran out, "
                "use fewer workers"
            )
        elif isinstance(error, BrokenProcessPool):
            error = CancelledError("the build was stopped")
        if error is None:
            job.future.set_result(done.result())
        else:
            job.future.set_exception(error)

    def close(self, cancel: bool, kill: bool) -> None:
        with self._lock:
            self._killed = kill
            waiting = list(self._waiting) if cancel or kill else []
            for job in waiting:
                self._waiting.remove(job)
        for job in waiting:
            if not job.future.cancel():
                job.future.set_exception(CancelledError("the build was stopped"))
        if not kill:
            wait(list(self._open))
        for lane in self._lanes:
            lane.close(kill)


class LocalExecutor:
    """Runs tasks on this machine.

    Parameters
    ----------
    workers : int
        Processes for CPU tasks. 0 or 1: such a task runs in this process, at once, and `submit` returns when
        it is done. Otherwise each process is spawned (never forked), has cores/workers threads, sees no GPU
        and lives until `shutdown`.
    devices : sequence of Device
        The GPUs. A task on one runs in that GPU's own process, which sees it alone.

    Notes
    -----
    A task whose worker process dies (out of memory, ``kill -9``) is started once more in a new process; other
    tasks go on. As a context manager it waits for all tasks, or kills its processes where the block raised.
    """

    def __init__(self, workers: int, devices: Sequence[Device] = ()) -> None:
        if workers < 0:
            raise ValueError(f"workers is {workers}, expected 0 or more")
        self.workers = workers
        self._cpu = _Group(workers, worker_environment(workers)) if workers > 1 else None
        self._gpus = {d: _Group(1, worker_environment(workers, d)) for d in devices if d.kind == "gpu"}
        self._closed = False

    def submit(self, function: Callable[..., Any], *args: Any, gpu: Device | None = None) -> Future[Any]:
        """Run ``function(*args)``.

        Parameters
        ----------
        function : callable
            A function at the top level of a module that can be imported.
        *args
            Small picklable values: descriptions, not tables.
        gpu : Device, optional
            The leased GPU; None or the CPU device for a CPU task.

        Returns
        -------
        concurrent.futures.Future
            Its exception is what the function raised, with the worker's traceback as cause, or a
            `VacframeError` where the worker process died twice.

        Raises
        ------
        ValueError
            If the GPU is not among `devices`.
        pickle.PicklingError, AttributeError, TypeError
            If the task goes to another process and cannot be pickled.
        RuntimeError
            After `shutdown`.
        """
        if self._closed:
            raise RuntimeError("submit() after shutdown()")
        if gpu is not None and gpu.kind == "gpu":
            if gpu not in self._gpus:
                raise ValueError(f"GPU {gpu.id} is not among this executor's devices")
            return self._gpus[gpu].submit(_Job(pickle.dumps((function, args))))
        if self._cpu is not None:
            return self._cpu.submit(_Job(pickle.dumps((function, args))))
        return _run_here(function, args)

    def shutdown(self, *, cancel_futures: bool = False, kill: bool = False) -> None:
        """End the worker processes.

        Parameters
        ----------
        cancel_futures : bool
            Whether tasks that have not begun are cancelled; else they are waited for.
        kill : bool
            Whether running tasks are killed; their futures, and those of tasks that have not begun, raise
            `concurrent.futures.CancelledError`.
        """
        self._closed = True
        for group in (self._cpu, *self._gpus.values()):
            if group is not None:
                group.close(cancel_futures, kill)

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown(kill=kind is not None)


def _run_here(function: Callable[..., Any], args: tuple[Any, ...]) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        # A framework that starts now sees the CPU alone, as in a worker process.
        with _environment(_CPU_ALONE):
            future.set_result(call(function, args))
    except Exception as error:
        future.set_exception(error)
    return future
