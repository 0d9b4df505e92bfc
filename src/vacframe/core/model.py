"""Models: named arrays with metadata, never pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from vacframe.core.errors import SchemaError


@dataclass(frozen=True)
class Model:
    """A trained model or any other set of arrays.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Numbers only; names are letters, digits and underscores.
    metadata : dict
        JSON values (from a Pydantic model's ``model_dump(mode="json")``, or a dict of such).
    """

    arrays: dict[str, np.ndarray]
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.metadata, BaseModel):
            object.__setattr__(self, "metadata", self.metadata.model_dump(mode="json"))
        for name, array in self.arrays.items():
            if not name.isidentifier() or np.asarray(array).dtype.kind not in "biuf":
                raise SchemaError(f"model array {name!r}: names are identifiers and values are numbers")

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def write_model(model: Model, folder: Path) -> None:
    """Write a model as one ``.npy`` per array and ``model.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in sorted(model.arrays.items()):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    text = json.dumps({"metadata": model.metadata, "arrays": sorted(model.arrays)}, indent=1, sort_keys=True)
    (folder / "model.json").write_text(text + "\n")


def read_model(folder: Path) -> Model:
    """Read a model that `write_model` wrote; arrays are memory-mapped, read-only."""
    notes = json.loads((folder / "model.json").read_text())
    arrays = {n: np.load(folder / f"{n}.npy", mmap_mode="r", allow_pickle=False) for n in notes["arrays"]}
    return Model(arrays, notes["metadata"])
