"""Jobs: what a worker is told of a task, as JSON; workers receive descriptions, never tables."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.digest import digest_json
from vacframe.core.columns.pixel import Pixel, parts_within
from vacframe.core.columns.position import HEALPIX
from vacframe.core.contract.device import CPU
from vacframe.core.contract.needs import Need
from vacframe.core.planning.graph import Node
from vacframe.core.planning.states import WHOLE, State, Task
from vacframe.core.store.partition import read_columns
from vacframe.core.store.pixel_tree import PixelTree


class Jobs:
    """Writes the descriptions of a build's tasks.

    Parameters
    ----------
    folder : Path
        The workspace.
    project : ProjectConfig
        Settings.
    tree : PixelTree
        The workspace's pixel tree.
    build : str
        Identifier of the build.
    """

    def __init__(self, folder: Path, project: Any, tree: PixelTree, build: str) -> None:
        self.folder = folder
        self.project = project
        self.tree = tree
        self.build_id = build

    def base(self, node: Node, part: str) -> dict[str, Any]:
        """Return what every task of a product is told."""
        assert node.plugin is None or node.config is not None
        return {
            "product": node.product.model_dump(mode="json"),
            "provider": node.provider,
            "config": {} if node.config is None else node.config.model_dump(mode="json"),
            "seed": self.project.seed,
            "recipe": node.recipe,
            "part": part,
            "folder": str(self.folder / "products" / node.name),
            "logs": str(self.folder / "logs" / self.build_id),
            "capsules": str(self.folder / "capsules"),
            "chunk_bytes": self.project.build.chunk_mb << 20,
            "build": self.build_id,
            "needs": [n.model_dump(mode="json") for n in node.needs],
            "absent": [n.model_dump(mode="json") for n in node.absent],
            "files": [],
            "tree": self.tree.to_json(),
            "device": asdict(CPU),
            "inputs": {},
        }

    def task(self, node: Node, task: Task, states: dict[str, State]) -> dict[str, Any]:
        """Return the description of a task of a product that is made from others."""
        known = all(d is not None for d in task.inputs.values())
        inputs = {n.product: self.where(n, task, states[n.product]) for n in node.needs}
        return self.base(node, task.part) | {
            "inputs": inputs,
            "key": task.key,
            "input_digests": task.inputs if known else None,
        }

    def where(self, need: Need, task: Task, state: State) -> dict[str, Any]:
        """Return where a need's rows lie on disk."""
        stored = state.node.stored
        if stored is None:
            assert state.version is not None
            return {"model": str(state.version.file(WHOLE)), "digest": task.inputs.get(need.product)}
        files = state.files()
        chosen = list(files.values())
        if need.how == "same":
            chosen = [files[task.part]] if task.part in files else []
        elif need.how == "sky":
            near = parts_within([Pixel.parse(p) for p in files], Pixel.parse(task.part), need.margin)
            chosen = [files[f"{o}/{p}"] for o, p in near]
        out: dict[str, Any] = {
            "schema": stored.model_dump(mode="json"),
            "home": list(state.node.home_columns()),
            "key": stored.key,
            "files": chosen,
            "digest": task.inputs.get(need.product),
        }
        if need.how == "by_key" and state.node.on_sky and need.on is not None:
            out |= {"index": str(self.index(state, need.on)), "by_part": files}
        return out

    def index(self, state: State, column: str) -> Path:
        """Return the folder of the key → home index of one column, made where it is missing."""
        totals = state.totals()
        name = digest_json([column, totals.get(column), totals.get(HEALPIX)])
        folder = self.folder / "products" / state.node.name / "index" / name
        if not folder.exists():
            tables = [read_columns(Path(f), [column, HEALPIX]) for f in state.files().values()]
            keys = np.concatenate([to_numpy(t[column])[0] for t in tables]) if tables else np.empty(0, np.int64)
            keys = keys.astype("U") if keys.dtype == object else keys
            homes = np.concatenate([t[HEALPIX].to_numpy() for t in tables]) if tables else np.empty(0, np.int64)
            order = np.argsort(keys, kind="stable")
            staged = folder.with_name(f".{name}-{os.getpid()}")
            staged.mkdir(parents=True, exist_ok=True)
            np.save(staged / "keys.npy", keys[order])
            np.save(staged / "homes.npy", homes[order])
            os.rename(staged, folder)
        return folder
