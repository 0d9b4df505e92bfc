"""What runs tasks: the protocol that every executor keeps, and what all of them share.

A task is a module-level function with one specification (`vacframe.core.tasks.specs`), small and picklable.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import VacframeError


class Executor(Protocol):
    """Runs tasks somewhere: in this process, in worker processes, on a cluster.

    `submit` is like that of `concurrent.futures.Executor`, but for the leased device. Leaving the context waits for
    all tasks; where its block raised, they are stopped.
    """

    def submit(self, function: Callable[..., Any], *args: Any, gpu: Device | None = None) -> Future[Any]:
        """Run ``function(*args)``, on a GPU where one is leased; the future raises what the function raised."""
        ...

    def shutdown(self, *, cancel_futures: bool = False, kill: bool = False) -> None:
        """End the workers; tasks that have not begun are cancelled, running ones killed, where asked for."""
        ...


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def call(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call a task's function; what it raises can be sent to another process.

    Raises
    ------
    VacframeError
        In place of an exception that cannot be pickled, or that would end the process.
    """
    try:
        return function(*args)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, Exception) and _survives_pickling(error):
            raise
        raise VacframeError(f"{type(error).__name__}: {error}") from error


def _survives_pickling(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
