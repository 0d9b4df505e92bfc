"""Which devices this machine has, asked of the driver and never of a framework."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping

from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import ConfigError

VARIABLE = "VACFRAME_DEVICES"
_QUERY = ("nvidia-smi", "--query-gpu=index,name,memory.total,uuid", "--format=csv,noheader,nounits")
_TIMEOUT_S = 20.0


def leasable_gpus(environ: Mapping[str, str] | None = None) -> list[Device]:
    """Return the GPUs that may be leased, none on a machine without.

    Parameters
    ----------
    environ : mapping of str to str, optional
        The environment (``os.environ``). ``VACFRAME_DEVICES``, a JSON list of objects with ``id`` and
        optionally ``kind``, ``name`` and ``memory_gb``, replaces what the driver says;
        ``CUDA_VISIBLE_DEVICES``, where set, restricts it.

    Raises
    ------
    ConfigError
        If ``VACFRAME_DEVICES`` is no such list.
    """
    return find_gpus(environ)[0]


def find_gpus(environ: Mapping[str, str] | None = None) -> tuple[list[Device], str]:
    """Return the GPUs that may be leased, and one sentence on how they were found or why there are none."""
    environ = os.environ if environ is None else environ
    if VARIABLE in environ:
        devices = _declared(environ[VARIABLE])
        return devices, f"{VARIABLE} declares {len(devices)}"
    try:
        done = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        return [], "nvidia-smi is not installed"
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"nvidia-smi did not answer ({error})"
    if done.returncode:
        return [], f"nvidia-smi failed: {(done.stderr or done.stdout).strip()}"
    found = parse_listing(done.stdout)
    return _visible(found, environ.get("CUDA_VISIBLE_DEVICES"))


def parse_listing(text: str) -> list[tuple[Device, str]]:
    """Return devices and their UUIDs from the lines ``index, name, memory in MiB, uuid`` of nvidia-smi."""
    found = []
    for line in text.splitlines():
        parts = [p.strip() for p in line.split(",")]
        if len(parts) < 4 or not parts[0].isdigit():
            continue
        name, memory, uuid = ", ".join(parts[1:-2]), parts[-2], parts[-1]
        gigabytes = round(float(memory) * 2**20 / 1e9, 1) if memory.replace(".", "").isdigit() else 0.0
        found.append((Device("gpu", int(parts[0]), name, gigabytes), uuid))
    return found


def _visible(found: list[tuple[Device, str]], allowed: str | None) -> tuple[list[Device], str]:
    if allowed is None:
        return [d for d, _ in found], f"nvidia-smi lists {len(found)}"
    wanted = [w.strip() for w in allowed.split(",") if w.strip()]
    kept = [d for d, uuid in found if str(d.id) in wanted or any(uuid.startswith(w) for w in wanted)]
    return kept, f"nvidia-smi lists {len(found)}, CUDA_VISIBLE_DEVICES={allowed!r} leaves {len(kept)}"


def _declared(text: str) -> list[Device]:
    try:
        items = json.loads(text)
        devices = [Device(**{"kind": "gpu", **item}) for item in items]
        if isinstance(items, list) and all(
            isinstance(d.id, int) and isinstance(d.memory_gb, int | float) for d in devices
        ):
            return [d for d in devices if d.kind == "gpu"]
    except (ValueError, TypeError):
        pass
    raise ConfigError(
        f'{VARIABLE}={text!r}: expected a JSON list such as [{{"id": 0, "name": "A100", "memory_gb": 40}}]'
    )
