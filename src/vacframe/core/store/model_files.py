"""Models on disk: one file of each array, and their metadata."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from vacframe.core.columns.digest import array_digest, digest_json
from vacframe.core.contract.model import Model


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


def model_digests(model: Model) -> dict[str, str]:
    """Return the digests of a model's arrays and metadata."""
    out = {"metadata": digest_json(model.metadata)}
    for name, array in model.arrays.items():
        out[f"array_{name}"] = digest_json([list(array.shape), str(array.dtype), array_digest(array)])
    return out
