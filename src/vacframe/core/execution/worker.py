"""One task in a worker: load inputs, decide whether a kept result fits, else run, and write the result."""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vacframe.core.columns.arrow import arrow_schema, to_numpy
from vacframe.core.columns.batch import Batch, Inputs, SourceFile
from vacframe.core.columns.digest import digest_json, table_digests
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.columns.pixel import Pixel, margin_pixels
from vacframe.core.columns.position import HEALPIX, in_order, pixel_of, stored_schema
from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import CorruptFileError, VacframeError
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import TableSchema
from vacframe.core.execution.context import Context
from vacframe.core.execution.inputs import absent, in_step, of_partition
from vacframe.core.execution.plugin_call import Made, invoke
from vacframe.core.execution.task_log import task_log
from vacframe.core.registry.discovery import Registry
from vacframe.core.store.model_files import model_digests, read_model, write_model
from vacframe.core.store.partition import read_columns, schema_of, write_table
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.store.product_store import META_FILE, MODEL_FOLDER, REJECTS_FILE, TABLE_FILE

_REGISTRY: list[Registry] = []


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


def registry() -> Registry:
    """Return this process's plugins."""
    if not _REGISTRY:
        _REGISTRY.append(Registry.discover())
    return _REGISTRY[0]


def task_key(recipe: dict[str, Any], inputs: dict[str, str], primary: Need | None, part: str) -> str:
    """Return the key of a task: the digest of all that determines its result.

    The partition counts where the product's own rows come with a margin, since those of the margin are left out:
    two partitions may read the same rows.
    """
    known: dict[str, Any] = {"recipe": recipe, "inputs": inputs}
    return digest_json(known | {"part": part} if primary is not None and primary.how == "sky" else known)


def run_task(task: dict[str, Any]) -> dict[str, Any]:
    """Run one task from its description; return the record of the result.

    The record has ``key``, ``inputs`` (need → digest of exactly what was read), ``adopted`` and the object's meta.
    """
    folder = Path(task["folder"])
    needs = [Need.model_validate(n) for n in task["needs"]]
    loaded = {n.product: load_need(n, task["inputs"][n.product], task) for n in needs}
    inputs = task.get("input_digests") or {n.product: _exact(n, loaded[n.product], task) for n in needs}
    key = task.get("key") or task_key(task["recipe"], inputs, primary_need(needs), task["part"])
    if (folder / "objects" / key / META_FILE).exists():
        return {"key": key, "inputs": inputs, "adopted": True, "rows": 0}
    started = time.time()
    with task_log(task.get("logs"), task["product"]["name"], task["part"]) as logger:
        made = make(task, needs, loaded, logger)
        seconds = round(time.time() - started, 3)
        rows = 0 if made.table is None else made.table.num_rows
        logger.info("made %d rows, %d rejects in %.3f s; result %s", rows, made.rejects.num_rows, seconds, key)
    notes = {"seconds": seconds, "device": task["device"]["name"], "build": task["build"]}
    write_object(folder, key, made, Product.model_validate(task["product"]), inputs, notes)
    return {"key": key, "inputs": inputs, "adopted": False, "rows": rows}


def load_need(need: Need, where: dict[str, Any], task: dict[str, Any]) -> pa.Table | Model:
    """Return the rows (with home columns) or the model that a need names."""
    if where.get("model"):
        try:
            return read_model(Path(where["model"]))
        except (OSError, ValueError) as error:
            raise CorruptFileError(where["model"], str(error)) from None
    columns = list(dict.fromkeys([*where["home"], *need.names, *([need.on] if need.on else [])]))
    extra = [n for n in (names_in(need.where) if need.where else ()) if n not in columns]
    schema = TableSchema.model_validate(where["schema"])
    wanted = [n for n in [*columns, *extra] if n in schema]
    files = where["files"]
    if need.how == "by_key":
        files = _files_by_key(need, where, task)
    tables = [read_columns(Path(f), wanted) for f in files]
    if need.how == "sky":
        around = margin_pixels(Pixel.parse(task["part"]), need.margin)
        tables = [_near(t, Pixel.parse(task["part"]), around) for t in tables]
    empty = arrow_schema(schema.select(wanted)).empty_table()
    table = pa.concat_tables([empty, *tables], promote_options="permissive") if tables else empty
    if need.how == "by_key":
        keys = _primary_keys(need, task)
        table = table.filter(pc.is_in(table[need.on], value_set=keys))
    if need.where:
        values = {n: to_numpy(table[n]) for n in names_in(need.where)}
        chosen = np.broadcast_to(select_rows(need.where, values, what=f"where of {need.product}"), table.num_rows)
        table = table.filter(pa.array(chosen))
    return in_order(table.combine_chunks(), where["key"])


def _near(table: pa.Table, part: Pixel, around: tuple[int, np.ndarray] | None) -> pa.Table:
    """Return the rows of a partition and of the pixels around it (None: all)."""
    if around is None:
        return table
    home = table[HEALPIX].to_numpy()
    near = (pixel_of(home, part[0]) == part[1]) | np.isin(pixel_of(home, around[0]), around[1])
    return table.filter(pa.array(near))


def _primary_keys(need: Need, task: dict[str, Any]) -> pa.Array:
    needs = [Need.model_validate(n) for n in task["needs"]]
    primary = primary_need(needs)
    if primary is None:
        raise VacframeError(f"{task['product']['name']}: a by_key need requires a `same` need whose keys are looked up")
    where = task["inputs"][primary.product]
    assert need.on is not None
    tables = [read_columns(Path(f), [need.on]) for f in where["files"]]
    if not tables:
        return pa.array([], type=arrow_schema(TableSchema.model_validate(where["schema"])).field(need.on).type)
    return pc.unique(pa.concat_tables(tables)[need.on])


def _files_by_key(need: Need, where: dict[str, Any], task: dict[str, Any]) -> list[str]:
    """Return the files of the partitions that hold rows with the primary's keys, through the key index."""
    if where.get("index") is None:
        return list(where["files"])
    folder = Path(where["index"])
    keys = np.load(folder / "keys.npy", mmap_mode="r")
    homes = np.load(folder / "homes.npy", mmap_mode="r")
    wanted = to_numpy(_primary_keys(need, task))[0]
    wanted = np.asarray(wanted.astype(keys.dtype) if wanted.dtype == object else wanted)
    first, last = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    rows = np.concatenate(
        [np.arange(a, b) for a, b in zip(first, last, strict=True) if b > a] or [np.empty(0, np.int64)]
    )
    order, pix = PixelTree.from_json(task["tree"]).leaves(np.asarray(homes[rows.astype(np.int64)]))
    parts = sorted({(int(o), int(p)) for o, p in zip(order, pix, strict=True)})
    lost = [f"{o}/{p}" for o, p in parts if f"{o}/{p}" not in where["by_part"]]
    if lost:
        raise VacframeError(f"{need.product}: its rows of partition {lost[0]} are in no file; build it again")
    return [where["by_part"][f"{o}/{p}"] for o, p in parts]


def _exact(need: Need, value: pa.Table | Model, task: dict[str, Any]) -> str:
    """Return the digest of exactly the rows and columns that were read."""
    where = task["inputs"][need.product]
    if where.get("digest"):
        return str(where["digest"])
    assert isinstance(value, pa.Table)
    digests = table_digests(value, where["key"])
    return need_digest(digests, column_types(TableSchema.model_validate(where["schema"]), digests))


def column_types(schema: TableSchema, names: Iterable[str]) -> dict[str, list[str]]:
    """Return type and unit of columns, which are part of what an input says."""
    return {n: [schema[n].type_name(), schema[n].unit or ""] for n in sorted(set(names)) if n in schema}


def need_digest(digests: Mapping[str, str], types: Mapping[str, list[str]]) -> str:
    """Return the digest of an input: content of its columns, with their types and units."""
    return digest_json({n: [digests.get(n, ""), *kind] for n, kind in types.items()})


def make(
    task: dict[str, Any],
    needs: list[Need],
    loaded: dict[str, pa.Table | Model],
    logger: logging.Logger | None = None,
) -> Made:
    """Call the plugin on loaded inputs; a failure leaves a capsule and raises `TaskFailed`."""
    product = Product.model_validate(task["product"])
    plugin = registry().load(task["provider"])
    config = plugin.config_model.model_validate(task["config"])
    device = Device(**task["device"])
    context = Context(
        product.name,
        config,
        seed=task["seed"],
        device=device,
        config_fields=product.method.config_fields,
        logger=logger,
    )
    primary = primary_need(needs)
    loaded = in_step(needs, primary, loaded, {n: where.get("key") for n, where in task["inputs"].items()})
    home = None
    if primary is not None and product.on_sky:
        names = task["inputs"][primary.product]["home"]
        table = loaded[primary.product]
        assert isinstance(table, pa.Table)
        home = table.select([n for n in names if n in table.column_names])
    batches: dict[str, Batch | Model] = {}
    for need in needs:
        value = loaded[need.product]
        batches[need.product] = (
            value if isinstance(value, Model) else Batch(value.select(list(need.names)), need.product)
        )
    for item in task["absent"]:
        need = Need.model_validate(item)
        first = loaded[primary.product] if need.how == "same" and primary is not None else None
        batches[need.product] = Batch(absent(need, first.num_rows if isinstance(first, pa.Table) else 0), need.product)
    files = tuple(
        SourceFile(f["name"], Path(f["path"]) if f.get("path") else None, f.get("shard")) for f in task["files"]
    )
    try:
        made = invoke(
            plugin.run, product, needs, Inputs(batches, files), context, home=home, chunk_bytes=task["chunk_bytes"]
        )
        margins = primary is not None and primary.how == "sky" and home is not None
        return of_partition(made, task["part"], product.table.key if product.table else None) if margins else made
    except (KeyboardInterrupt, CorruptFileError):
        raise
    except BaseException as error:
        capsule = write_capsule(task, loaded)
        text = f"{type(error).__name__}: {error}" if not isinstance(error, VacframeError) else str(error)
        raise TaskFailed(product.name, task["part"], text, str(capsule)) from None


def write_object(
    folder: Path, key: str, made: Made, product: Product, inputs: dict[str, str], notes: dict[str, Any]
) -> None:
    """Write a task result under its key: staged, then renamed.

    Nothing is synced here: `ProductStore.commit` syncs what a version holds before it becomes current, and a result
    that a power cut damaged before that is noticed by its checksums when it is read.
    """
    staged = folder / "staged" / uuid.uuid4().hex
    staged.mkdir(parents=True)
    meta: dict[str, Any] = {"inputs": inputs, "counts": made.counts, "rejects": {}, **notes}
    if made.table is not None:
        assert product.table is not None
        schema = schema_of(made.table, stored_schema(product.table))
        write_table(made.table, schema, staged / TABLE_FILE, name=product.name, description=product.description)
        meta |= {"rows": made.table.num_rows, "digests": table_digests(made.table, schema.key)}
    elif made.model is not None:
        write_model(made.model, staged / MODEL_FOLDER)
        meta |= {"rows": 0, "digests": model_digests(made.model)}
    if made.rejects.num_rows:
        import pyarrow.parquet as pq

        pq.write_table(made.rejects, staged / REJECTS_FILE, write_page_checksum=True)
        counted = pc.value_counts(made.rejects["reason"]).to_pylist()
        meta["rejects"] = {c["values"]: c["counts"] for c in counted}
    (staged / META_FILE).write_text(json.dumps(meta, sort_keys=True))
    for path in staged.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    (folder / "objects").mkdir(exist_ok=True)
    try:
        os.rename(staged, folder / "objects" / key)
    except OSError:
        if not (folder / "objects" / key / META_FILE).exists():
            raise


def write_capsule(task: dict[str, Any], loaded: dict[str, pa.Table | Model]) -> Path:
    """Keep what a failed task had: description, inputs, traceback."""
    folder = (
        Path(task["capsules"]) / f"{task['product']['name']}-{task['part'].replace('/', '-')}-{uuid.uuid4().hex[:8]}"
    )
    folder.mkdir(parents=True)
    (folder / "task.json").write_text(json.dumps(task, indent=1))
    (folder / "traceback.txt").write_text(traceback.format_exc())
    for name, value in loaded.items():
        if isinstance(value, Model):
            write_model(value, folder / name)
        else:
            import pyarrow.parquet as pq

            pq.write_table(value, folder / f"{name}.parquet")
    return folder


def rerun_capsule(folder: Path) -> Made:
    """Run a capsule's task again on the inputs that it kept; what the plugin raises comes through."""
    import pyarrow.parquet as pq

    path = folder / "task.json"
    try:
        task = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise VacframeError(f"{path}: not a capsule ({error}); name a folder under capsules/") from None
    needs = [Need.model_validate(n) for n in task["needs"]]
    loaded: dict[str, pa.Table | Model] = {}
    for need in needs:
        file = folder / f"{need.product}.parquet"
        loaded[need.product] = pq.read_table(file) if file.exists() else read_model(folder / need.product)
    return make(task, needs, loaded)
