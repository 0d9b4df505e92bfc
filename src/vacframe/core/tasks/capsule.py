"""Capsules: what a failed task had, kept so that it can be run again: specification, inputs, traceback."""

from __future__ import annotations

import traceback
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
from pydantic import Field, TypeAdapter, ValidationError

from vacframe.core.contract.errors import VacframeError
from vacframe.core.contract.model import Model
from vacframe.core.store.model_files import read_model, write_model
from vacframe.core.tasks.inputs import Loaded
from vacframe.core.tasks.specs import MakeSpec, ScanSpec

SPEC_FILE = "task.json"


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[MakeSpec | ScanSpec]:
    return TypeAdapter(Annotated[MakeSpec | ScanSpec, Field(discriminator="task")])


def write_capsule(spec: MakeSpec | ScanSpec, loaded: Loaded) -> Path:
    """Keep what a failed task had; return the folder. It is called while the exception is handled."""
    name = f"{spec.of.product.name}-{spec.part.replace('/', '-').replace(' ', '-')}-{uuid.uuid4().hex[:8]}"
    folder = spec.of.capsules / name
    folder.mkdir(parents=True)
    (folder / SPEC_FILE).write_bytes(_adapter().dump_json(spec, indent=1))
    (folder / "traceback.txt").write_text(traceback.format_exc())
    for product, value in loaded.items():
        if isinstance(value, Model):
            write_model(value, folder / product)
        else:
            pq.write_table(value, folder / f"{product}.parquet")
    return folder


def read_capsule(folder: Path) -> tuple[MakeSpec | ScanSpec, Loaded]:
    """Return the specification and the inputs that a capsule keeps.

    Raises
    ------
    VacframeError
        If the folder is no capsule.
    """
    path = folder / SPEC_FILE
    try:
        spec = _adapter().validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise VacframeError(f"{path}: not a capsule ({reason}); name a folder under capsules/") from None
    loaded: Loaded = {}
    for need in spec.of.needs:
        table = folder / f"{need.product}.parquet"
        loaded[need.product] = pq.read_table(table) if table.exists() else read_model(folder / need.product)
    return spec, loaded
