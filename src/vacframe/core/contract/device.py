"""The device that a task runs on, and the environment under which a framework sees it alone."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass


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
