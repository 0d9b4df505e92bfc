"""Plugins: found by entry point, listed by manifest, imported only when asked for, quarantined when broken."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vacframe.core.contract.errors import PluginError, VacframeError, did_you_mean
from vacframe.core.contract.hooks import ENTRY_POINT_GROUP
from vacframe.core.contract.paper import Paper
from vacframe.core.registry.loaded_plugin import LoadedPlugin, one_line, summary
from vacframe.core.registry.manifest import (
    REMEDY,
    ListedProduct,
    Manifest,
    describe,
    differences,
    manifest_path,
    read_manifest,
)


@dataclass(frozen=True)
class Problem:
    """Why a plugin cannot be used: one line, and the traceback where its code raised."""

    reason: str
    traceback: str = ""


@dataclass(frozen=True)
class Entry:
    """One plugin as its distribution declares it.

    Attributes
    ----------
    target : str
        What the entry point names, ``module:attribute`` or ``module``.
    manifest : Manifest or None
        None where there is no file, or it cannot be read.
    problem : str or None
        Why the plugin cannot be used.
    """

    name: str
    target: str
    distribution: str
    version: str
    manifest: Manifest | None = None
    problem: str | None = None

    @property
    def module(self) -> str:
        """The module that the entry point names."""
        return self.target.partition(":")[0].strip()


class Registry:
    """The installed plugins.

    Attributes
    ----------
    entries : dict of str to Entry
        Every plugin by name, broken ones too.
    problems : dict of str to Problem
        Those that cannot be used, and why.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries: dict[str, Entry] = {}
        self.problems: dict[str, Problem] = {}
        self._loaded: dict[str, LoadedPlugin] = {}
        self._described: dict[str, Manifest] = {}
        for entry in entries:
            known = self.entries.get(entry.name)
            if known is not None:
                claims = f"{known.distribution} ({known.target}) and {entry.distribution} ({entry.target})"
                entry = replace(known, problem=f"claimed by two distributions, {claims}; uninstall one of them")
            self.entries[entry.name] = entry
        for name, entry in self.entries.items():
            if entry.problem:
                self.problems[name] = Problem(entry.problem)

    @classmethod
    def discover(cls, extra_paths: Sequence[Path | str] = ()) -> Registry:
        """Return the plugins of all installed distributions, without importing any.

        Parameters
        ----------
        extra_paths : sequence of Path
            Further folders to look in, put in front of ``sys.path``.
        """
        for path in reversed([str(p) for p in extra_paths]):
            if path not in sys.path:
                sys.path.insert(0, path)
                importlib.invalidate_caches()
        return cls([_with_manifest(e) for e in _declared()])

    def products(self) -> dict[str, list[tuple[str, ListedProduct]]]:
        """Return, for each product, the plugins that provide it, as their manifests say.

        A plugin without manifest is imported for it; a broken one is left out.
        """
        found: dict[str, list[tuple[str, ListedProduct]]] = {}
        for name in sorted(self.entries):
            manifest = self.manifest(name)
            for item in manifest.products if manifest is not None else ():
                found.setdefault(item.name, []).append((name, item))
        return found

    def papers(self) -> dict[str, tuple[str, str]]:
        """Return the papers whose numbers plugins declare: name → (plugin, title)."""
        manifests = {name: self.manifest(name) for name in sorted(self.entries)}
        return {p: (name, title) for name, m in manifests.items() if m for p, title in m.papers.items()}

    def paper(self, name: str) -> Paper:
        """Import the plugin of a paper and return it; PluginError with the close match where there is none."""
        known = self.papers()
        if name not in known:
            hint = did_you_mean(name, tuple(known)) or f" Declared: {', '.join(known) or 'none'}."
            raise PluginError(f"no plugin declares a paper {name!r}.{hint}")
        return self.load(known[name][0]).papers[name]

    def manifest(self, name: str) -> Manifest | None:
        """Return the manifest of a plugin, made from its code where it has no file; None where it is broken."""
        if name in self.problems:
            return None
        entry = self.entry(name)
        if entry.manifest is not None:
            return entry.manifest
        if name not in self._described:
            try:
                self._described[name] = describe(self.load(name), entry.module)
            except Exception as error:
                self._quarantine(name, error)
                return None
        return self._described[name]

    def load(self, name: str) -> LoadedPlugin:
        """Import a plugin, and check its hooks and its manifest.

        Raises
        ------
        PluginError
            If there is no such plugin, or it cannot be used; it is in `problems` from then on.
        """
        entry = self.entry(name)
        if name in self.problems:
            raise PluginError(f"plugin {name!r} cannot be used: {self.problems[name].reason}")
        if name not in self._loaded:
            try:
                self._loaded[name] = _load(entry)
            except (Exception, SystemExit) as error:
                self._quarantine(name, error)
                raise PluginError(f"plugin {name!r} cannot be used: {self.problems[name].reason}") from error
        return self._loaded[name]

    def defaults(self, name: str) -> dict[str, Any]:
        """Return the configuration of a plugin where nothing is set; empty if it cannot be had."""
        try:
            return self.load(name).config_model().model_dump(mode="json")
        except (PluginError, ValidationError):
            return {}

    def load_code(self, name: str) -> LoadedPlugin:
        """Import a plugin without looking at its manifest (to write that)."""
        return _import(self.entry(name))

    def entry(self, name: str) -> Entry:
        """Return what is known of a plugin, PluginError with the close match where there is none."""
        if name not in self.entries:
            installed = tuple(sorted(self.entries))
            hint = did_you_mean(name, installed) or f" Installed: {', '.join(installed) or 'none'}."
            raise PluginError(f"there is no plugin {name!r}.{hint}")
        return self.entries[name]

    def _quarantine(self, name: str, error: BaseException) -> None:
        known = isinstance(error, VacframeError)
        reason = one_line(str(error)) if known else f"{self.entries[name].target} raised {summary(error)}"
        prefix = f"plugin {name!r} cannot be used: "
        cause = error.__cause__ if known else error
        text = "" if cause is None else "".join(traceback.format_exception(cause))
        self.problems.setdefault(name, Problem(reason.removeprefix(prefix), text))
        self._loaded.pop(name, None)


def _declared() -> Iterator[Entry]:
    """Yield the entry points of every distribution on ``sys.path``, each distribution once."""
    seen: set[str] = set()
    for distribution in importlib.metadata.distributions():
        name = "?"
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if ENTRY_POINT_GROUP not in text:
                continue
            name = distribution.metadata["Name"] or "?"
            plain = re.sub(r"[-_.]+", "-", name).lower()
            if plain in seen:
                continue
            seen.add(plain)
            points = [p for p in distribution.entry_points if p.group == ENTRY_POINT_GROUP]
            for point in points:
                yield Entry(point.name, point.value, name, distribution.version)
        except Exception as error:
            yield Entry(name, "?", name, "?", problem=f"the metadata of {name} cannot be read: {summary(error)}")


def _with_manifest(entry: Entry) -> Entry:
    if entry.problem:
        return entry
    try:
        path = manifest_path(entry.module)
        manifest = read_manifest(path) if path.is_file() else None
    except PluginError as error:
        return replace(entry, problem=str(error))
    if manifest is not None and manifest.plugin != entry.name:
        return replace(entry, problem=f"{path} is the manifest of plugin {manifest.plugin!r}; {REMEDY}")
    return replace(entry, manifest=manifest)


def _import(entry: Entry) -> LoadedPlugin:
    found: Any = importlib.import_module(entry.module)
    _, _, attributes = entry.target.partition(":")
    for part in attributes.strip().split(".") if attributes.strip() else []:
        if not hasattr(found, part):
            raise PluginError(f"{entry.module} has no attribute {part!r}, which the entry point {entry.target!r} names")
        found = getattr(found, part)
    return LoadedPlugin(entry.name, found)


def _load(entry: Entry) -> LoadedPlugin:
    plugin = _import(entry)
    changes = [] if entry.manifest is None else differences(entry.manifest, plugin)
    if changes:
        more = f" (and {len(changes) - 3} more)" if len(changes) > 3 else ""
        raise PluginError(f"its manifest is out of date, {REMEDY}: {'; '.join(changes[:3])}{more}")
    return plugin
