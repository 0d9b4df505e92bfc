"""What is installed and what is wrong with it: ``vacframe doctor``."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vacframe.core.contract.errors import VacframeError
from vacframe.core.execution.gpus import find_gpus
from vacframe.core.registry.fingerprint import library_versions
from vacframe.core.registry.loaded_plugin import summary
from vacframe.core.registry.manifest import REMEDY

if TYPE_CHECKING:
    from vacframe.core.registry.discovery import Registry

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True)
class Check:
    """One line of ``vacframe doctor``."""

    name: str
    status: Literal["ok", "warning", "problem"]
    detail: str
    action: str = ""
    traceback: str = ""


def examine(registry: Registry, deep: bool = False) -> list[Check]:
    """Return one line for Python, each library, each plugin and each device.

    Parameters
    ----------
    registry : Registry
        The plugins, which are imported one by one.
    deep : bool
        Whether to import the libraries too (TensorFlow takes seconds).
    """
    checks = [Check("python", "ok", f"{sys.version.split()[0]} ({sys.executable})")]
    checks += _library_checks(deep)
    checks += [_plugin_check(registry, name) for name in sorted(registry.entries)]
    if not registry.entries:
        checks.append(Check("plugins", "warning", "none is installed", "pip install a vacframe plugin"))
    return [*checks, *_device_checks()]


def _plugin_check(registry: Registry, name: str) -> Check:
    entry, label = registry.entries[name], f"plugin {name}"
    manifest = None
    try:
        registry.load(name)
        manifest = registry.manifest(name)
    except VacframeError:
        pass  # the registry keeps the reason
    if manifest is None:
        problem = registry.problems[name]
        action = "" if REMEDY in problem.reason else f"reinstall or uninstall {entry.distribution}, or tell its author"
        return Check(label, "problem", problem.reason, action, problem.traceback)
    names = ", ".join(p.name for p in manifest.products) or "no products"
    detail = f"{entry.distribution} {entry.version}: {names}"
    if entry.manifest is None:
        return Check(label, "warning", f"{detail}; it has no manifest, so listings import it", REMEDY)
    return Check(label, "ok", detail)


def _library_checks(deep: bool) -> Iterator[Check]:
    """Yield the distributions that vacframe's own metadata names."""
    try:
        requirements = importlib.metadata.requires("vacframe") or []
    except importlib.metadata.PackageNotFoundError:
        yield Check("vacframe", "problem", "it is not installed", "pip install vacframe")
        return
    optional = {r: "extra ==" in r for r in requirements}
    names = {m.group(1): optional[r] for r in requirements if (m := _REQUIREMENT.match(r))}
    for name, version in library_versions(["vacframe", *names]).items():
        missing = version == "not installed"
        extra = names.get(name, False)
        if missing:
            yield Check(name, "ok" if extra else "problem", version, "" if extra else f"pip install {name}")
        else:
            yield _imported(name, version) if deep else Check(name, "ok", version)


def _imported(name: str, version: str) -> Check:
    try:
        importlib.import_module(name)
    except (Exception, SystemExit) as error:
        return Check(name, "problem", f"{version}, but importing it raised {summary(error)}", f"reinstall {name}")
    return Check(name, "ok", version)


def _device_checks() -> Iterator[Check]:
    try:
        devices, how = find_gpus()
    except VacframeError as error:
        yield Check("devices", "problem", str(error), "unset the variable")
        return
    if not devices:
        yield Check("devices", "ok", f"CPU only: {how}")
    for device in devices:
        yield Check(f"gpu {device.id}", "ok", f"{device.name}, {device.memory_gb:g} GB")
