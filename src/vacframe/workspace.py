"""The workspace: what the command line calls, and what anybody can call from Python."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vacframe.core.contract.errors import PlanError, PluginError, StoreError, UsageError, did_you_mean
from vacframe.core.contract.product import FILES
from vacframe.core.execution.outcome import BuildReport
from vacframe.core.execution.progress import Reporter
from vacframe.core.planning.configuration import (
    LoadedConfig,
    dump,
    listed_settings,
    load_config,
    plugin_config,
    restore,
    with_overrides,
    with_paper,
    with_providers,
)
from vacframe.core.planning.plan import Plan, PlannedTask
from vacframe.core.registry.discovery import Registry
from vacframe.core.store.product_store import HATS_FOLDER, ProductStore, Version
from vacframe.core.store.workspace_files import WorkspaceFiles

if TYPE_CHECKING:
    import pyarrow as pa

    from vacframe.core.contract.model import Model
    from vacframe.core.doctor import Check
    from vacframe.core.execution.session import Session
    from vacframe.core.planning.graph import Node, Resolver
    from vacframe.core.planning.pilot import Pilot
    from vacframe.core.store.results import Made
    from vacframe.report.scorecard import Scorecard


class Workspace:
    """A folder of products.

    Parameters
    ----------
    path : path
        The folder; made by the first build.
    config : path, optional
        Configuration file. Without it (and without overrides) the last resolved configuration is used.
    overrides : sequence of str
        ``key=value`` settings that outrank the file.
    providers : mapping of str to str, optional
        Product → plugin; outranks the file. Kept, like everything else, as the last configuration.
    paper : str, optional
        Paper whose settings lie between the defaults and the file; `papers` lists them.

    Raises
    ------
    StoreError
        If the workspace was made by a newer vacframe.
    ConfigError
        If the configuration is wrong.

    Examples
    --------
    >>> table = Workspace("ws", config="vacframe.toml").build("gse_members")  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = ".",
        config: str | os.PathLike[str] | None = None,
        overrides: Sequence[str] = (),
        providers: Mapping[str, str] | None = None,
        paper: str | None = None,
    ) -> None:
        self.folder = Path(path).resolve()
        WorkspaceFiles(self.folder).check_format()
        last = self.folder / "config.json"
        if config is None and last.exists():
            self.loaded: LoadedConfig = with_overrides(restore(last), overrides)
        else:
            self.loaded = load_config(None if config is None else Path(config), overrides)
        if providers:
            self.loaded = with_providers(self.loaded, providers)
        self.registry = Registry.discover()
        self.selection: Pilot | None = None
        if paper is not None:
            self.loaded = with_paper(self.loaded, paper, self.registry.paper(paper).settings)

    # Asking

    def products(self) -> list[dict[str, Any]]:
        """Return every product that is provided or built: name, description, kind, providers, rows, state.

        The state is ``built``, ``-``, or ``damaged`` where the record of the product cannot be read.
        """
        listed = self.registry.products()
        built = {p.name for p in (self.folder / "products").glob("*") if (p / "current").exists()}
        out = []
        for name in sorted({*listed, *built, *self.loaded.project.sources}):
            items = listed.get(name, [])
            first = items[0][1] if items else None
            providers = [FILES] if name in self.loaded.project.sources else [plugin for plugin, _ in items]
            try:
                current = self.store(name).current() if name in built else None
                state = "built" if current else "-"
            except StoreError:
                current, state = None, "damaged"
            out.append({
                "name": name, "kind": str(first.kind) if first else "source", "providers": providers,
                "state": state, "version": current.name if current else "",
                "rows": current.rows if current and current.manifest["table"] is not None else None,
                "description": first.description if first else "read from files",
            })  # fmt: skip
        return out

    def plugins(self) -> list[dict[str, Any]]:
        """Return the installed plugins, broken ones with the reason."""
        out = []
        for name, entry in sorted(self.registry.entries.items()):
            manifest = self.registry.manifest(name)
            problem = self.registry.problems.get(name)
            out.append({
                "name": name, "distribution": entry.distribution, "version": entry.version,
                "mock": bool(manifest and manifest.mock),
                "products": [p.name for p in manifest.products] if manifest else [],
                "problem": problem.reason if problem else "",
            })  # fmt: skip
        return out

    def doctor(self, deep: bool = False) -> list[Check]:
        """Return what works here and what does not, and what to do about it."""
        from vacframe.core.doctor import examine

        return examine(self.registry, deep)

    def check(self) -> list[dict[str, Any]]:
        """Return each configuration value and where it came from: plugin defaults and assumed units too."""
        resolver = self._resolver()
        out = listed_settings(self.loaded, (), self.loaded.project.model_dump(mode="json", exclude={"plugins"}))
        for name in sorted(self.registry.entries):
            try:
                plugin = self.registry.load(name)
            except PluginError:
                continue  # `doctor` names it
            config = plugin_config(self.loaded, name, plugin.config_model)
            out += listed_settings(self.loaded, ("plugins", name), config.model_dump(mode="json"))
        for product in self.loaded.project.sources:
            out += resolver.assumed_units(product)
        return out

    def describe(self, product: str) -> dict[str, Any]:
        """Return a product's columns, needs, provider and citation under the current configuration."""
        node = self._node(product)
        columns = [c.model_dump(mode="json", exclude_none=True) for c in (node.stored.columns if node.stored else ())]
        needs = [{"product": n.product, "how": n.how, "columns": list(n.names)} for n in (*node.needs, *node.absent)]
        return {
            "name": node.name, "description": node.product.description, "kind": str(node.product.kind),
            "provider": node.provider, "key": node.product.table.key if node.product.table else None,
            "exactness": str(node.product.method.exactness), "citation": node.product.citation, "needs": needs,
            "columns": columns, "config": {} if node.config is None else node.config.model_dump(mode="json"),
        }  # fmt: skip

    def schema(self, product: str) -> dict[str, Any]:
        """Return the schema of a product's table as JSON."""
        node = self._node(product)
        if node.stored is None:
            raise UsageError(f"{product} is a model and has no table")
        return node.stored.model_dump(mode="json")

    def cite(self, product: str) -> list[str]:
        """Return the citations of a product and of everything that it is made from."""
        resolver = self._resolver()
        found: dict[str, str] = {}

        def visit(name: str) -> None:
            if name in found:
                return
            try:
                node = resolver.node(name)
            except PlanError:
                if name == product:
                    raise
                return  # what nothing provides here has no citation here
            found[name] = node.product.citation
            for need in (*node.needs, *node.absent):
                visit(need.product)

        visit(product)
        return list(dict.fromkeys(c for c in found.values() if c))

    # Planning and building

    def plan(self, *products: str) -> Plan:
        """Return what a build of these products would do."""
        from vacframe.core.build import plan_graph

        session, graph = self._session(products)
        return plan_graph(session, graph)

    def why(self, product: str, part: str | None = None) -> list[PlannedTask]:
        """Return the state of a product's tasks and the reason; with what the last build that ran any said."""
        tasks = [t for t in self.plan(product).tasks if t.product == product]
        if all(t.action == "fresh" for t in tasks):
            last = WorkspaceFiles(self.folder).reasons().get(product, {})
            tasks = [
                PlannedTask(t.product, t.part, t.action, type(t.reason)("fresh", last.get(t.part, ""))) for t in tasks
            ]
        return [t for t in tasks if part is None or t.part == _part(part)]

    def build(
        self,
        *products: str,
        workers: int | None = None,
        allow_partial: bool = False,
        reporter: Reporter | None = None,
    ) -> BuildReport:
        """Make what is missing or stale of these products and of what they need.

        Parameters
        ----------
        *products : str
            Names of products.
        workers : int, optional
            Worker processes; 1 is in-process. Default: the configuration, else one per core.
        allow_partial : bool
            Publish a product of which some partitions failed; the missing ones are listed.
        reporter : Reporter, optional
            Told of the progress.

        Returns
        -------
        BuildReport
            ``.ok`` is False where a task failed; everything that succeeded is kept.
        """
        from vacframe.core.build import build_graph

        session, graph = self._session(products, building=True)
        session.workers = workers or self.loaded.project.build.workers or os.cpu_count() or 1
        session.allow_partial = allow_partial
        report = build_graph(session, graph, reporter or Reporter())
        said = f"last made in build {report.build_id}"
        files = WorkspaceFiles(self.folder)
        files.keep_reasons(
            (t.product, t.part, f"{said}: {t.reason.kind}: {t.reason.detail}")
            for t in report.tasks
            if t.action != "fresh"
        )
        files.keep_damaged(session.damaged)
        report.companions = [c for n in products for c in graph[n].product.companions if c in graph]
        return report

    def pilot(self, *, where: str = "", pixels: Sequence[str] = (), limit: int | None = None) -> Workspace:
        """Return the variant of this workspace whose builds take a part of the rows (`Pilot`).

        It is a workspace of its own in the folder ``pilots``: nothing of it is mistaken for the full products.

        Raises
        ------
        UsageError
            If nothing is asked for, or a pixel is none.
        """
        from vacframe.core.columns.expression import check_expression
        from vacframe.core.planning.pilot import FOLDER, Pilot, parse_pixels

        if not (where or pixels or limit):
            raise UsageError("a pilot run needs --where, --pixels or --limit")
        if where:
            check_expression(where, what="--where")
        variant = copy(self)
        variant.selection = Pilot(where=where, pixels=parse_pixels(pixels), limit=limit)
        variant.folder = self.folder / FOLDER / variant.selection.name
        return variant

    def cannot_plan(self, product: str) -> str:
        """Return why a product cannot be planned here, as a source that is not named; empty where it can."""
        try:
            self._resolver().graph([product])
        except PlanError as error:
            return str(error).split("\n")[0]
        return ""

    def papers(self) -> list[dict[str, str]]:
        """Return the papers whose published numbers can be measured: name, plugin, title."""
        return [{"name": n, "plugin": p, "title": title} for n, (p, title) in self.registry.papers().items()]

    def paper(
        self,
        name: str,
        *,
        workers: int | None = None,
        plots: str | os.PathLike[str] | None = None,
        reporter: Reporter | None = None,
    ) -> Scorecard:
        """Build what a paper's published numbers are measured from, and measure them.

        Products that cannot be planned here (a source that is not named), or that fail, leave their numbers
        unmeasured, with the reason. The workspace's configuration is used: open it with ``paper=name`` for the
        paper's own settings. With `plots`, the paper's figures are written into that folder.
        """
        from vacframe.report.scorecard import score_paper

        return score_paper(self, name, workers=workers, plots=None if plots is None else Path(plots), reporter=reporter)

    def rerun(self, capsule: str | os.PathLike[str]) -> Made:
        """Run a failed task again on the inputs that its capsule kept."""
        from vacframe.core.tasks.capsule import read_capsule
        from vacframe.core.tasks.worker import call_plugin

        return call_plugin(*read_capsule(Path(capsule)))

    # Reading

    def read(self, product: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a product, in order of their place on the sky.

        Raises
        ------
        UsageError
            If it is not built, is a model, or lacks a column.
        """
        from vacframe.core.store.reading import read_version

        return read_version(self.version(product), product, columns)

    def read_model(self, product: str) -> Model:
        """Return a model."""
        from vacframe.core.store.model_files import read_model

        return read_model(self.version(product).file("all"))

    def rejects(self, product: str) -> pa.Table:
        """Return the rows that were left out of a product, with reasons."""
        from vacframe.core.store.reading import read_rejects

        return read_rejects(self.version(product), self.store(product))

    def show(self, product: str, rows: int = 10) -> dict[str, Any]:
        """Return what is known of a built product, and its first rows."""
        version = self.version(product)
        notes = {
            n: version.manifest[n] for n in ("kind", "created", "digest", "rejects", "counts", "missing", "provenance")
        }
        head: list[dict[str, Any]] = []
        if version.manifest["table"] is not None:
            head = self.read(product).slice(0, rows).to_pylist()
        return {
            "name": product, "version": version.name, "rows": version.rows, "partitions": len(version.parts),
            "path": str(version.root), **notes, "head": head,
        }  # fmt: skip

    def verify(self, *products: str) -> list[dict[str, str]]:
        """Digest everything that is stored again and return what is not as it was written."""
        from vacframe.core.store.integrity import damage

        names = products or [p["name"] for p in self.products() if p["state"] == "built"]
        problems = [problem for name in names for problem in damage(self.version(name), name)]
        files = WorkspaceFiles(self.folder)
        files.keep_damaged(files.damaged() | {(p["product"], p["part"]) for p in problems if p["part"]})
        return problems

    def export(self, product: str, format: str, path: str | os.PathLike[str], overwrite: bool = False) -> list[Path]:
        """Write a product for other tools: one file, or (``hats``) a catalogue folder."""
        from vacframe.core.contract.schema import TableSchema
        from vacframe.publish.export import export_hats, export_table

        version = self.version(product)
        if format == "hats":
            roots = [r for r in (version.root, version.root / HATS_FOLDER) if (r / "hats.properties").exists()]
            if not roots:
                raise UsageError(f"{product} has no sky position, so it is not a HATS catalogue; export it as parquet")
            return export_hats(roots[0], Path(path), overwrite=overwrite)
        if version.manifest["table"] is None:
            raise UsageError(f"{product} is a model; its arrays are .npy files in {version.file('all')}")
        table = self.read(product)
        schema = TableSchema.model_validate(version.manifest["table"])
        return export_table(
            [table], schema, Path(path), cast(Any, format), name=product, description=version.manifest["description"],
            provenance={n: version.manifest[n] for n in ("digest", "created")} | version.manifest["provenance"],
            overwrite=overwrite,
        )  # fmt: skip

    def store(self, product: str) -> ProductStore:
        """Return the store of a product."""
        return ProductStore(self.folder / "products" / product)

    def version(self, product: str) -> Version:
        """Return the current version of a product; UsageError where it is not built."""
        version = self.store(product).current()
        if version is None:
            names = [p["name"] for p in self.products()]
            hint = "" if product in names else did_you_mean(product, names)
            raise UsageError(f"{product!r} is not built in {self.folder}.{hint} vacframe build {product}")
        return version

    # Inside

    def _resolver(self) -> Resolver:
        from vacframe.core.planning.graph import Resolver

        return Resolver(self.loaded, self.registry)

    def _node(self, product: str) -> Node:
        return self._resolver().node(product)

    def _session(self, products: Sequence[str], building: bool = False) -> tuple[Session, dict[str, Node]]:
        """Return a session of this workspace, and the graph of products."""
        from vacframe.core.execution.session import Session
        from vacframe.core.planning.pilot import Pilot
        from vacframe.core.store.ledger import Ledger
        from vacframe.core.store.pixel_tree import PixelTree

        if not products:
            raise UsageError("name at least one product; `vacframe products` lists them")
        graph = self._resolver().graph(products)
        if building:
            extra = [c for p in products for c in graph[p].product.companions if c not in graph]
            graph = self._resolver().graph([*products, *extra]) if extra else graph
        files, project = WorkspaceFiles(self.folder), self.loaded.project
        notes = files.prepare(
            project.survey, None if self.selection is None else self.selection.model_dump(mode="json")
        )
        tree = PixelTree.from_json(notes["tree"])
        tree.least_order = max(tree.least_order, project.pixel_order or 0)
        if building:
            dump(self.loaded, self.folder / "config.json")
        build = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        session = Session(self.folder, project, tree, Ledger(self.folder / "ledger.sqlite"), build)
        if "pilot" in notes:
            session.pilot = Pilot.model_validate(notes["pilot"])
            session.pilot_roots = session.pilot.check(graph, products)
        session.damaged |= files.damaged()
        return session, graph


def _part(text: str) -> str:
    numbers = re.findall(r"\d+", text)
    return "/".join(numbers) if len(numbers) == 2 else text
