"""Devices: leased by id, made visible before a framework starts, recorded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TypeVar

from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.errors import PlanError
from vacframe.core.contract.product import Resources

Outcome = TypeVar("Outcome")


class DevicePool:
    """Devices that tasks lease, one task at a time on each GPU; the CPU is never exhausted.

    Parameters
    ----------
    devices : sequence of Device
        The GPUs, from `vacframe.core.execution.gpus.inventory`; empty on a machine without.
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
