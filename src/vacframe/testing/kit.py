"""The conformance kit: whether a plugin keeps the contract."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from vacframe.core.contract.device import CPU
from vacframe.core.contract.errors import PluginError, UsageError, VacframeError
from vacframe.core.contract.product import Exactness
from vacframe.core.execution.local_executor import THREAD_VARIABLES
from vacframe.core.registry.discovery import Registry
from vacframe.core.registry.manifest import REMEDY, differences, make_manifest, manifest_path, read_manifest
from vacframe.testing.checks import CHECKS, NotApplicable, Trial, changes, fingerprint, try_product
from vacframe.testing.samples import Case, Given, make_case

NUMERICS = (
    "numpy", "scipy", "pandas", "pyarrow", "astropy", "numba", "sklearn", "healpy", "keras", "tensorflow", "jax",
    "torch",
)  # fmt: skip
THREADS = (1, 2)
"""Numbers of threads of the two processes in which every product is run again."""
_NO_MODULE = "the plugin is in no module that can be imported"


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check of one product.

    Attributes
    ----------
    product : str
        Empty for a check of the whole plugin.
    name : str
    status : {"ok", "failed", "skipped"}
    detail : str
        What is wrong, or why the check does not apply.
    """

    product: str
    name: str
    status: Literal["ok", "failed", "skipped"]
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.status != "failed"

    def __str__(self) -> str:
        return f"{self.product or 'plugin'}: {self.name}: {self.status} {self.detail}".rstrip()


def check_plugin(
    plugin: Any, *, products: Iterable[str] | None = None, samples: Given | None = None
) -> list[CheckResult]:
    """Check that a plugin keeps the contract.

    Of the plugin: its manifest says what its code says, its units and UCDs are known, and importing and
    declaring import no numerical library. Of each product: what comes back has the declared schema
    (``schema``); only declared inputs, columns and configuration fields are read (``declared``); `run` does
    no input or output, except that a source reads (``no_io``); no rows, one row and rows without any number
    are no trouble (``empty``, ``one_row``, ``all_nan``); a second run, other chunks, another order of the
    input rows and another number of threads in another process give the same bits (``determinism``,
    ``chunks``, ``row_order``, ``workers``).

    Parameters
    ----------
    plugin : str or plugin object
        Name of an installed plugin, ``"module:attribute"``, or the object itself.
    products : iterable of str, optional
        Only these; default is all.
    samples : mapping of str to Sample, dict of its fields, or function that returns one, optional
        Inputs by product. What is left out is made up: values of the declared types within the valid ranges,
        models by the plugin's own product. Default is what ``conformance_samples()`` of the module
        ``<package>.conformance`` returns, where the plugin has one.

    Returns
    -------
    list of CheckResult

    Raises
    ------
    PluginError
        If there is no such plugin, or it cannot be imported.
    UsageError
        If it has no such product.
    """
    loaded, target = load_plugin(plugin)
    given = _own_samples(target) if samples is None else samples
    names = [p.name for p in loaded.provides(loaded.config_model())]
    chosen = names if products is None else list(products)
    unknown = [n for n in [*chosen, *given] if n not in names]
    if unknown:
        raise UsageError(f"the plugin has no product {', '.join(unknown)}; it has {', '.join(names)}")
    results = [_one("", "manifest", partial(_manifest, loaded, target)), _one("", "imports", partial(_imports, target))]
    cases: dict[str, Case] = {}
    for name in chosen:
        try:
            cases[name] = make_case(loaded, name, given)
        except Exception as error:
            results.append(CheckResult(name, "sample", "failed", str(error)))
    folder = [Path(sys.modules[target.partition(":")[0].partition(".")[0]].__file__ or "").parent] if target else []
    with _Children([c for c in cases.values() if not c.read_by_core], target) as children:
        trials = {n: try_product(c, folder) for n, c in cases.items() if not c.read_by_core}
        for name, case in cases.items():
            if case.read_by_core:
                results += _read_by_core(case)
            else:
                results += [_one(name, c, partial(f, trials[name])) for c, f in CHECKS.items()]
        results += [_one(n, "workers", partial(_workers, t, children)) for n, t in trials.items()]
    order = {name: place for place, name in enumerate(["", *chosen])}
    return sorted(results, key=lambda r: order[r.product])


def _one(product: str, check: str, work: Callable[[], str]) -> CheckResult:
    try:
        problem = work()
    except NotApplicable as reason:
        return CheckResult(product, check, "skipped", str(reason))
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return CheckResult(product, check, "failed" if problem else "ok", problem)


def load_plugin(plugin: Any) -> tuple[Any, str]:
    """Return the plugin and ``module:attribute`` where it is found, empty where it has no name."""
    if isinstance(plugin, str) and ":" not in plugin:
        registry = Registry.discover()
        return registry.load_code(plugin), registry.entry(plugin).target
    if isinstance(plugin, str):
        module, _, attribute = plugin.partition(":")
        return getattr(importlib.import_module(module), attribute), plugin
    found = [
        f"{name}:{attribute}"
        for name, module in list(sys.modules.items())
        if name != "__main__" and getattr(getattr(module, "__spec__", None), "origin", None)
        for attribute, value in list(vars(module).items())
        if value is plugin
    ]
    return plugin, min((f for f in found if _importable(f)), key=len, default="")


def _importable(target: str) -> bool:
    """Whether a new process finds the module; a test's own module it does not."""
    try:
        return importlib.util.find_spec(target.partition(":")[0].partition(".")[0]) is not None
    except (ValueError, ImportError):
        return False


def _own_samples(target: str) -> Given:
    package = target.partition(":")[0].partition(".")[0]
    if not package:
        return {}
    try:
        module = importlib.import_module(f"{package}.conformance")
    except ModuleNotFoundError as error:
        if error.name in (package, f"{package}.conformance"):
            return {}
        raise
    samples: Given = module.conformance_samples()
    return samples


def _manifest(plugin: Any, target: str) -> str:
    module = target.partition(":")[0]
    if not module:
        raise NotApplicable(_NO_MODULE)
    try:
        make_manifest(plugin, module)
        path = manifest_path(module)
        if not path.is_file():
            return f"there is no {path.name}; {REMEDY}"
        return "; ".join(differences(read_manifest(path), plugin))
    except VacframeError as error:
        return str(error)


_LIGHT = """
import importlib, sys
module, _, attribute = sys.argv[1].partition(":")
plugin = getattr(importlib.import_module(module), attribute) if attribute else importlib.import_module(module)
config = getattr(plugin, "config_model", lambda: None)()
for product in plugin.provides(config):
    plugin.requires(product.name, config)
print(*sorted(set(sys.argv[2:]) & set(sys.modules)))
"""


def _imports(target: str) -> str:
    if not target:
        raise NotApplicable(_NO_MODULE)
    command = [sys.executable, "-c", _LIGHT, target, *NUMERICS]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(1), check=False)
    if done.returncode:
        return f"importing and declaring raised {done.stderr.strip().splitlines()[-1]}"
    heavy = done.stdout.split()
    return f"importing and declaring imports {', '.join(heavy)}; import them inside the functions" if heavy else ""


def _read_by_core(case: Case) -> Iterator[CheckResult]:
    """Yield the checks of a source that the core reads from the user's tables: `run` has to say so."""
    name = case.product.name
    try:
        case.plugin.run(name, {}, None)
        problem = "run() of a source without files and shards has to raise a ConfigError that names [sources]"
    except UsageError:
        problem = ""
    except Exception as error:
        problem = f"run() raised {type(error).__name__}, expected a ConfigError that names [sources.{name}]"
    yield CheckResult(name, "schema", "failed" if problem else "ok", problem)
    for check in [*list(CHECKS)[1:], "workers"]:
        yield CheckResult(name, check, "skipped", "the core reads it from the user's tables")


def _environment(threads: int) -> dict[str, str]:
    settings = dict.fromkeys(THREAD_VARIABLES, str(threads)) | CPU.environment()
    return {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


class _Children:
    """Runs all products again in processes with other numbers of threads, meanwhile."""

    def __init__(self, cases: list[Case], target: str) -> None:
        self._tasks = [(c.product.name, c.inputs, c.files, c.config) for c in cases]
        self._target = target
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> _Children:
        self._folder = tempfile.TemporaryDirectory()
        if self._target and self._tasks:
            self._path("job").write_bytes(pickle.dumps((self._target, self._tasks)))
            self._processes = [self._start(threads) for threads in THREADS]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._folder.cleanup()

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name

    def _start(self, threads: int) -> subprocess.Popen[bytes]:
        files = [str(self._path("job")), str(self._path(f"answer{threads}"))]
        with self._path(f"messages{threads}").open("wb") as messages:
            return subprocess.Popen(
                [sys.executable, "-m", "vacframe.testing.child", *files],
                stdout=messages,
                stderr=messages,
                env=_environment(threads),
            )

    def fingerprints(self, product: str) -> list[dict[str, str]]:
        """Wait, and return the fingerprint of a product from each process."""
        if not self._processes:
            raise NotApplicable(_NO_MODULE)
        answers = []
        for threads, process in zip(THREADS, self._processes, strict=True):
            if process.wait():
                lines = self._path(f"messages{threads}").read_text(errors="replace").strip().splitlines()
                raise PluginError(f"the process ended with status {process.returncode}: {lines[-1] if lines else ''}")
            answers.append(json.loads(self._path(f"answer{threads}").read_text())[product])
        return answers


def _workers(trial: Trial, children: _Children) -> str:
    product, made = trial.case.product, trial.result()
    first, second = children.fingerprints(product.name)
    if "error" in first or "error" in second:
        return f"run() raised {first.get('error') or second.get('error')} in another process"
    found = changes(first, second)
    if found:
        return f"{found} differ between {THREADS[0]} and {THREADS[1]} threads"
    # A product that runs on a GPU here runs on the CPU there.
    if product.method.exactness is Exactness.bitwise:
        found = changes(fingerprint(made, product.table.key if product.table else None), first)
    return f"{found} differ in another process" if found else ""
