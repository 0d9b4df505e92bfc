"""What the products of one plan or build share: the workspace, its settings and caches, and what is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vacframe.core.columns.digest import digest_json
from vacframe.core.columns.position import HEALPIX
from vacframe.core.contract.errors import VacframeError
from vacframe.core.contract.needs import Need
from vacframe.core.contract.settings import ProjectConfig
from vacframe.core.execution.outcome import BuildReport, Failure
from vacframe.core.planning.graph import Node
from vacframe.core.planning.pilot import Pilot
from vacframe.core.planning.plan import PlannedTask
from vacframe.core.planning.states import State, Task
from vacframe.core.store.key_index import write_key_index
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.pixel_tree import PixelTree
from vacframe.core.store.product_store import ProductStore
from vacframe.core.tasks.specs import InputSpec, MakeSpec, ProductSpec
from vacframe.core.tasks.task_log import log_path
from vacframe.core.tasks.worker import TaskFailed


@dataclass
class Session:
    """One plan or build.

    Attributes
    ----------
    folder : Path
        The workspace.
    project : ProjectConfig
        Settings.
    tree : PixelTree
        The workspace's pixel tree; grown in place.
    ledger : Ledger
        Cache of the coordinator.
    build : str
        Identifier of the build.
    workers : int
        Worker processes; 1 is in-process.
    allow_partial : bool
        Whether a product is published of which some partitions failed.
    damaged : set of (product, partition)
        Partitions whose files were found damaged.
    pilot : Pilot or None
        Which rows of the sources `pilot_roots` count.
    report : BuildReport
        What was done so far.
    planned : list of PlannedTask
        Every task as it was judged.
    """

    folder: Path
    project: ProjectConfig
    tree: PixelTree
    ledger: Ledger
    build: str
    workers: int = 1
    allow_partial: bool = False
    damaged: set[tuple[str, str]] = field(default_factory=set)
    pilot: Pilot | None = None
    pilot_roots: set[str] = field(default_factory=set)
    planned: list[PlannedTask] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.report = BuildReport(self.build)

    def store(self, product: str) -> ProductStore:
        """Return the store of a product."""
        return ProductStore(self.folder / "products" / product)

    def note(self, product: str, tasks: list[Task]) -> None:
        """Keep how the tasks of a product were judged."""
        self.planned += [PlannedTask(product, t.part, t.action, t.reason) for t in tasks]

    def failed(self, product: str, part: str, error: Exception) -> None:
        """Keep a failed task for the report, and its text in the task's log."""
        capsule = error.capsule if isinstance(error, TaskFailed) else ""
        text = error.error if isinstance(error, TaskFailed) else str(error)
        if not isinstance(error, VacframeError):
            text = f"{type(error).__name__}: {error}"
        log = log_path(self.folder / "logs" / self.build, product, part)
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
        self.report.failures.append(Failure(product, part, text, capsule, str(log)))

    # What workers are told

    def product_spec(self, node: Node) -> ProductSpec:
        """Return what every task of a product is told."""
        return ProductSpec(
            product=node.product, provider=node.provider,
            config={} if node.config is None else node.config.model_dump(mode="json"),
            seed=self.project.seed, recipe=node.recipe, needs=node.needs, absent=node.absent,
            folder=self.folder / "products" / node.name, logs=self.folder / "logs" / self.build,
            capsules=self.folder / "capsules", chunk_bytes=self.project.build.chunk_mb << 20, build=self.build,
        )  # fmt: skip

    def make_spec(self, of: ProductSpec, task: Task, states: Mapping[str, State]) -> MakeSpec:
        """Return the specification of a task of a product that is made from others."""
        digests = {n: d for n, d in task.inputs.items() if d is not None}
        known = digests if len(digests) == len(of.needs) else None
        inputs = {n.product: self.input_spec(n, task.part, states[n.product], digests.get(n.product)) for n in of.needs}
        return MakeSpec(of, task.part, inputs, task.key, known)

    def input_spec(self, need: Need, part: str, state: State, digest: str | None) -> InputSpec:
        """Return where the rows of a need lie, for one partition."""
        stored, files = state.node.stored, state.files
        if stored is None or need.how == "all":
            return InputSpec(stored, files, digest)
        if need.how == "same":
            return InputSpec(stored, {part: files[part]} if part in files else {}, digest)
        if need.how == "sky":
            near = map(str, state.near(part, need.margin))
            return InputSpec(stored, {p: files[p] for p in near if p in files}, digest)
        if not state.node.on_sky or need.on is None:
            return InputSpec(stored, files, digest)
        return InputSpec(stored, files, digest, str(self.key_index(state, need.on)), self.tree.to_json())

    def key_index(self, state: State, column: str) -> Path:
        """Return the folder of the index of one column of a product, made where it is missing."""
        name = digest_json([column, state.totals.get(column), state.totals.get(HEALPIX)])
        folder = self.folder / "products" / state.node.name / "key_index" / name
        write_key_index(folder, state.files.values(), column)
        return folder
