"""Devices: leased by id, made visible before a framework starts, recorded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vacframe.core.errors import PlanError
from vacframe.core.product import Resources

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Device:
    """A device that a task runs on.

    Attributes
    ----------
    kind : {"cpu", "gpu"}
    id : int
        Index as the driver numbers it; 0 for the CPU.
    name : str
    memory_gb : float
        0 where unknown.
    """

    kind: str
    id: int
    name: str = ""
    memory_gb: float = 0.0

    def environment(self) -> dict[str, str]:
        """Return the environment under which a framework sees this device alone."""
        settings = {
            # CUDA numbers by speed unless told; the driver's listing, from which ids come, goes by bus.
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
            "CUDA_VISIBLE_DEVICES": str(self.id) if self.kind == "gpu" else "-1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        if self.kind == "gpu":
            settings |= {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        return settings

    def make_visible(self, environ: MutableMapping[str, str]) -> None:
        """Set the environment; to be called before any framework is imported."""
        environ.update(self.environment())


CPU = Device("cpu", 0, "cpu")


class DevicePool:
    """Devices that tasks lease, one task at a time on each GPU; the CPU is never exhausted.

    Parameters
    ----------
    devices : sequence of Device
        The GPUs, from `vacframe.core.inventory.inventory`; empty on a machine without.
    """

    def __init__(self, devices: Sequence[Device] = ()) -> None:
        self.devices = tuple(d for d in devices if d.kind == "gpu")
        self._leased: set[int] = set()
        self._lock = threading.Lock()

    def acquire(self, resources: Resources, product: str = "") -> Device | None:
        """Lease a device.

        Parameters
        ----------
        resources : Resources
            What the product asks for; among the free GPUs with enough memory the smallest is taken.
        product : str
            Its name, for messages.

        Returns
        -------
        Device or None
            The CPU where the product uses no GPU, or only prefers one and none of this machine will do
            (`fallback` says why); None where all suitable GPUs are leased: wait for a `release`.

        Raises
        ------
        PlanError
            If the product requires a GPU and none of this machine will do.
        """
        if resources.gpu == "never":
            return CPU
        suitable = self._suitable(resources)
        if not suitable:
            if resources.gpu == "required":
                raise PlanError(f"product {product!r} requires a GPU: {self.fallback(resources)}")
            return CPU
        with self._lock:
            free = [d for d in suitable if d.id not in self._leased]
            if not free:
                return None
            chosen = min(free, key=lambda d: (d.memory_gb, d.id))
            self._leased.add(chosen.id)
            return chosen

    def release(self, device: Device) -> None:
        """Give a leased device back; the CPU needs no release.

        Raises
        ------
        ValueError
            If the GPU is not leased.
        """
        if device.kind != "gpu":
            return
        with self._lock:
            if device.id not in self._leased:
                raise ValueError(f"GPU {device.id} is released but was not leased")
            self._leased.remove(device.id)

    def fallback(self, resources: Resources) -> str:
        """Return why a product that could use a GPU gets none here, for the record; else an empty text."""
        if resources.gpu == "never" or self._suitable(resources):
            return ""
        if not self.devices:
            return "no GPU was found"
        have = ", ".join(f"{d.id}: {d.name} {d.memory_gb:g} GB" for d in self.devices)
        return f"no GPU has the {resources.gpu_memory_gb:g} GB that it asks for ({have})"

    def _suitable(self, resources: Resources) -> list[Device]:
        return [d for d in self.devices if not d.memory_gb or d.memory_gb >= resources.gpu_memory_gb]


def run_with_smaller_batches(
    function: Callable[[int], Outcome],
    batch: int,
    is_out_of_memory: Callable[[BaseException], bool],
    *,
    smallest: int = 1,
    logger: logging.Logger | None = None,
) -> tuple[Outcome, int]:
    """Call a function with a batch size, halved each time that it runs out of memory.

    Parameters
    ----------
    function : callable
        Takes the batch size.
    batch : int
        Size to begin with.
    is_out_of_memory : callable
        Says whether an exception means that memory ran out; others are raised as they are.
    smallest : int
        Size below which the exception is raised.

    Returns
    -------
    outcome
        What the function returned.
    batch : int
        The size with which it did.
    """
    logger = logger or logging.getLogger(__name__)
    while True:
        try:
            return function(batch), batch
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if batch // 2 < smallest:
                error.add_note(f"memory ran out even with batches of {batch}")
                raise
            logger.warning("memory ran out with batches of %d, trying %d", batch, batch // 2)
        batch //= 2
