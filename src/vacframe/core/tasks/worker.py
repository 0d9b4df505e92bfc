"""Tasks of products made from other products, in a worker: read, adopt a kept result that fits, else run and write."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from vacframe.core.contract.errors import CorruptFileError, VacframeError
from vacframe.core.contract.needs import primary_need
from vacframe.core.planning.task_key import task_key
from vacframe.core.registry.discovery import Registry
from vacframe.core.registry.loaded_plugin import LoadedPlugin
from vacframe.core.store.results import Made, has_result, write_result
from vacframe.core.tasks.capsule import write_capsule
from vacframe.core.tasks.context import Context
from vacframe.core.tasks.inputs import Loaded, call_inputs, exact_digest, read_inputs
from vacframe.core.tasks.plugin_call import invoke, of_partition
from vacframe.core.tasks.specs import MakeSpec, ResultAnswer, ScanSpec
from vacframe.core.tasks.task_log import RowCount, task_log


class TaskFailed(VacframeError):
    """A plugin's function failed; its inputs and traceback are kept in a capsule.

    Parameters
    ----------
    product, part : str
        The task.
    error : str
        The error in one line.
    capsule : str
        Folder of the capsule.
    """

    def __init__(self, product: str, part: str, error: str, capsule: str) -> None:
        super().__init__(f"{product} {part}: {error}\n  replay it with: vacframe rerun {capsule}")
        self.arguments = (product, part, error, capsule)
        self.product, self.part, self.error, self.capsule = self.arguments

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        return type(self), self.arguments


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return this process's plugins."""
    return Registry.discover()


@lru_cache(maxsize=256)
def _config(plugin: LoadedPlugin, text: str) -> BaseModel:
    return plugin.config_model.model_validate(json.loads(text))


def run_make(spec: MakeSpec) -> ResultAnswer:
    """Make one part of a product, or adopt the kept result that has its key."""
    started, of = time.perf_counter(), spec.of
    loaded = read_inputs(of.needs, spec.inputs, spec.part)
    inputs = spec.digests or {n.product: exact_digest(loaded[n.product], spec.inputs[n.product]) for n in of.needs}
    key = spec.key or task_key(of.recipe, inputs, primary_need(of.needs), spec.part)
    if has_result(of.folder, key):
        return ResultAnswer(key, inputs, True, 0, time.perf_counter() - started)
    with task_log(of.logs, of.product.name, spec.part) as logger:
        made = call_plugin(spec, loaded, logger)
        seconds = round(time.perf_counter() - started, 3)
        logger.info("made %d rows, %d rejects in %.3f s; result %s", made.rows, made.rejects.num_rows, seconds, key)
    notes = {"seconds": seconds, "device": spec.device.name, "build": of.build}
    write_result(of.folder, key, made, of.product, of.stored, inputs, notes)
    return ResultAnswer(key, inputs, False, made.rows, time.perf_counter() - started)


def call_plugin(spec: MakeSpec | ScanSpec, loaded: Loaded, logger: Any = None) -> Made:
    """Call the plugin on loaded inputs; a failure leaves a capsule and raises `TaskFailed`."""
    of = spec.of
    product = of.product
    plugin = registry().load(of.provider)
    count = RowCount(of.logs, product.name, spec.part)
    context = Context(
        product.name, _config(plugin, json.dumps(of.config)), seed=of.seed, device=spec.device,
        config_fields=product.method.config_fields, logger=logger, on_progress=count.add,
    )  # fmt: skip
    schemas = {name: given.schema for name, given in spec.inputs.items()}
    files = spec.files if isinstance(spec, ScanSpec) else ()
    inputs, places = call_inputs(product, of.needs, of.absent, loaded, schemas, files)
    primary = primary_need(of.needs)
    try:
        made = invoke(plugin.run, product, of.needs, inputs, context, places=places, chunk_bytes=of.chunk_bytes)
        if primary is not None and primary.how == "sky" and places is not None:
            return of_partition(made, spec.part, product.table.key if product.table else None)
        return made
    except (KeyboardInterrupt, CorruptFileError):
        raise
    except BaseException as error:
        capsule = write_capsule(spec, loaded)
        text = f"{type(error).__name__}: {error}" if not isinstance(error, VacframeError) else str(error)
        raise TaskFailed(product.name, spec.part, text, str(capsule)) from None
    finally:
        count.close()
