"""Resolving: which products are needed for the ones asked for, who provides each, and under what recipe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vacframe.core.columns.position import stored_schema
from vacframe.core.contract.errors import ConfigError, PlanError, did_you_mean
from vacframe.core.contract.needs import Need, primary_need
from vacframe.core.contract.product import FILES, Kind, Product
from vacframe.core.contract.schema import TableSchema
from vacframe.core.contract.settings import SourceConfig, scientific
from vacframe.core.planning.configuration import LoadedConfig, named_by, plugin_config
from vacframe.core.planning.requirements import check_anchor, check_needs
from vacframe.core.registry.discovery import Registry
from vacframe.core.registry.fingerprint import code_fingerprint, library_versions
from vacframe.core.registry.loaded_plugin import LoadedPlugin
from vacframe.core.sources.source_files import find_files, format_of


@dataclass(frozen=True)
class Node:
    """One product of the graph, resolved.

    Attributes
    ----------
    product : Product
        Declaration; its table is the effective schema (for a user's files: the columns that they have).
    provider : str
        Name of the plugin, or ``files``.
    plugin : LoadedPlugin or None
        None for files that the core's own table reader reads.
    config : BaseModel or None
        The plugin's configuration.
    needs : tuple of Need
        Those that are provided.
    absent : tuple of Need
        Optional ones that nothing provides.
    source : SourceConfig or None
        The user's ``[sources.<product>]``.
    files : tuple of Path
        Its files, sorted.
    recipe : dict of str to str
        What determines the result beside the inputs.
    """

    product: Product
    provider: str
    plugin: LoadedPlugin | None = None
    config: BaseModel | None = None
    needs: tuple[Need, ...] = ()
    absent: tuple[Need, ...] = ()
    source: SourceConfig | None = None
    files: tuple[Path, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the product."""
        return self.product.name

    @property
    def ingested(self) -> bool:
        """Whether the rows are read from files or shards, rather than made from other products' rows."""
        return bool(self.source) or self.product.kind is Kind.source

    @cached_property
    def stored(self) -> TableSchema | None:
        """Schema of the stored table, HEALPix index included."""
        return None if self.product.table is None else stored_schema(self.product.table)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Products that have to be there before this one can be made."""
        anchor = (self.source.anchor,) if self.source is not None and self.source.anchor else ()
        return (*(n.product for n in self.needs), *anchor)

    @property
    def on_sky(self) -> bool:
        """Whether the product is partitioned over the sky."""
        return self.product.on_sky

    @property
    def primary(self) -> Need | None:
        """The need whose rows are this product's."""
        return primary_need(self.needs)


class Resolver:
    """Finds providers and builds the graph.

    Parameters
    ----------
    loaded : LoadedConfig
        The configuration.
    registry : Registry
        The plugins.
    """

    def __init__(self, loaded: LoadedConfig, registry: Registry) -> None:
        self.loaded = loaded
        self.registry = registry
        self.mock = loaded.project.survey == "mock"
        self._configs: dict[str, BaseModel] = {}
        self._provided: dict[str, dict[str, Product]] = {}
        self._check_plugin_tables()

    def _check_plugin_tables(self) -> None:
        known = tuple(self.registry.entries)
        for name in self.loaded.project.plugins:
            if name not in known:
                raise ConfigError(
                    f"[plugins.{name}]: no plugin of that name is installed.{did_you_mean(name, known)}"
                    f" Installed: {', '.join(sorted(known)) or 'none'}."
                )

    def graph(self, targets: Iterable[str]) -> dict[str, Node]:
        """Return the nodes needed for `targets`, in an order in which they can be made.

        Raises
        ------
        PlanError
            A product that nothing provides, a cycle, a column that its provider does not have.
        """
        nodes: dict[str, Node] = {}
        path: list[str] = []

        def visit(name: str, wanted_by: Node | None = None) -> None:
            if name in nodes:
                return
            if name in path:
                cycle = " → ".join([*path[path.index(name) :], name])
                raise PlanError(f"products need each other in a circle: {cycle}")
            path.append(name)
            node = self._node(name, wanted_by)
            present, absent = [], []
            for need in node.needs:
                if need.optional and self._provider(need.product, None, quiet=True) is None:
                    absent.append(need)
                    continue
                visit(need.product, node)
                present.append(need)
            if node.source is not None and node.source.anchor:
                visit(node.source.anchor, node)
            nodes[name] = Node(
                node.product, node.provider, node.plugin, node.config, tuple(present), tuple(absent),
                node.source, node.files, node.recipe,
            )  # fmt: skip
            path.pop()

        for target in targets:
            visit(target)
        for node in nodes.values():
            check_anchor(node, nodes)
            check_needs(node, nodes)
        return nodes

    def node(self, product: str) -> Node:
        """Return one product resolved by itself, without what it is made from."""
        return self._node(product, None)

    def assumed_units(self, product: str) -> list[dict[str, str]]:
        """Return, as configuration values, the units that are taken from the schema because the files give none."""
        from vacframe.core.sources.source_schema import units_not_given

        node = self.node(product)
        if node.source is None or node.plugin is not None or node.product.table is None:
            return []
        found = units_not_given(node.source, node.files, node.product.table)
        origin = f"schema: {node.files[0].name} gives no unit"
        return [{"key": f"sources.{product}.units.{n}", "value": u, "origin": origin} for n, u in found.items()]

    def _config(self, plugin: LoadedPlugin) -> BaseModel:
        if plugin.name not in self._configs:
            self._configs[plugin.name] = plugin_config(self.loaded, plugin.name, plugin.config_model)
        return self._configs[plugin.name]

    def _declared(self, plugin: LoadedPlugin, product: str) -> Product:
        if plugin.name not in self._provided:
            self._provided[plugin.name] = {p.name: p for p in plugin.provides(self._config(plugin))}
        found = self._provided[plugin.name]
        if product not in found:
            raise PlanError(f"plugin {plugin.name!r} does not provide {product!r} under this configuration")
        return found[product]

    def candidates(self, product: str) -> list[str]:
        """Return the plugins whose manifest lists the product."""
        return [name for name, _ in self.registry.products().get(product, [])]

    def _provider(self, product: str, wanted_by: Node | None, quiet: bool = False) -> str | None:
        """Return the provider by the agreed ranking; PlanError (or None when `quiet`) where there is none."""
        source = self.loaded.project.sources.get(product)
        if source is not None:
            return FILES
        named = self.loaded.project.providers.get(product)
        if named is not None:
            self._check_named(product, named)
            return named
        listed = self.registry.products().get(product, [])
        eligible = []
        for name, item in listed:
            manifest = self.registry.manifest(name)
            if manifest is not None and manifest.mock and not self.mock:
                continue
            if item.wants_files:
                continue
            eligible.append((item.priority, name))
        if not eligible:
            if quiet:
                return None
            raise PlanError(self._missing(product, wanted_by, [n for n, _ in listed]))
        best = max(p for p, _ in eligible)
        winners = sorted(n for p, n in eligible if p == best)
        if len(winners) > 1:
            if quiet:
                return winners[0]
            raise PlanError(
                f"{product!r} is provided by {', '.join(winners)}; choose one with "
                f'--provider {product}={winners[0]} or [providers] {product} = "{winners[0]}"'
            )
        return winners[0]

    def _check_named(self, product: str, plugin: str) -> None:
        candidates = self.candidates(product)
        if plugin not in candidates:
            reason = self.registry.problems.get(plugin)
            why = f" ({plugin} cannot be used: {reason.reason})" if reason else ""
            raise PlanError(
                f"provider {plugin!r} was named for {product!r} but does not provide it{why}; "
                f"candidates: {', '.join(candidates) or 'none'}"
            )
        manifest = self.registry.manifest(plugin)
        if manifest is not None and manifest.mock and not self.mock:
            raise PlanError(
                f"provider {plugin!r} of {product!r} makes up its data and this workspace is not declared "
                'survey = "mock"'
            )

    def _missing(self, product: str, wanted_by: Node | None, listed: list[str]) -> str:
        by = f" (needed by {wanted_by.name!r})" if wanted_by else ""
        if listed:
            mock = [n for n in listed if (m := self.registry.manifest(n)) is not None and m.mock]
            note = ""
            if mock and not self.mock:
                note = f' ({", ".join(mock)} would make it up, but only in a workspace declared survey = "mock")'
            return (
                f"no data for source product {product!r}{by}: name your files in the configuration{note}\n"
                f'[sources.{product}]\nfiles = ["path/to/files"]'
            )
        known = sorted({*self.registry.products(), *self.loaded.project.sources})
        broken = [f"{n}: {p.reason}" for n, p in sorted(self.registry.problems.items())]
        note = f" Plugins that cannot be used: {'; '.join(broken)}." if broken else ""
        option = named_by(wanted_by.provider, wanted_by.config, product) if wanted_by else ""
        return (
            f"nothing provides product {product!r}{by}.{option}{did_you_mean(product, known)}{note} "
            "`vacframe products` lists what there is; a file of your own is "
            f'[sources.{product}] with files = ["..."] and key = "..."'
        )

    def _node(self, name: str, wanted_by: Node | None) -> Node:
        provider = self._provider(name, wanted_by)
        assert provider is not None
        if provider == FILES:
            return self._source_node(name)
        plugin = self.registry.load(provider)
        config = self._config(plugin)
        product = self._declared(plugin, name)
        needs = tuple(plugin.requires(name, config))
        twice = {n.product for n in needs if [m.product for m in needs].count(n.product) > 1}
        if twice:
            raise PlanError(f"{name}: product {', '.join(sorted(twice))} is needed twice; name all columns in one need")
        recipe = self._recipe(product, plugin, config)
        return Node(product, provider, plugin, config, needs, recipe=recipe)

    def _recipe(self, product: Product, plugin: LoadedPlugin, config: BaseModel) -> dict[str, Any]:
        from vacframe.core.columns.digest import digest_json

        table = None if product.table is None else product.table.model_dump(mode="json")
        return {
            "provider": plugin.name,
            "version": product.method.version,
            "schema": digest_json(table),
            "code": code_fingerprint(plugin.module_of(product.name)),
            "config": digest_json(scientific(config, product.method.config_fields)),
            "libraries": library_versions(product.method.libraries),
            "seed": self.loaded.project.seed,
        }

    def _source_node(self, name: str) -> Node:
        from vacframe.core.columns.digest import digest_json
        from vacframe.core.sources.source_schema import effective_schema, source_options

        source = self.loaded.project.sources[name]
        files = find_files(source, self.loaded.base, name)
        declared, plugin = self._declaration(name)
        if self.mock and (declared is None or declared.on_sky):
            raise ConfigError(
                f'[sources.{name}]: a workspace declared survey = "mock" takes no real stars; '
                "use another workspace, or remove the declaration"
            )
        own = () if declared is None or plugin is None or source.reader != "auto" else declared.files.formats
        if own and declared is not None and plugin is not None and format_of(files) in own:
            _check_reader(source, name, plugin.name)
            config = self._config(plugin)
            recipe = self._recipe(declared, plugin, config)
            return Node(declared, plugin.name, plugin, config, source=source, files=files, recipe=recipe)
        known = None if declared is None else declared.table
        if known is not None and declared is not None and declared.kind is not Kind.source:
            known = known.model_copy(update={"open": True})  # read instead of built: the file may say more
        table = effective_schema(name, source, files, known)
        product = Product(
            name=name,
            description=declared.description if declared else f"{name}, read from files",
            kind=Kind.source,
            table=table,
            citation=declared.citation if declared else "",
        )
        recipe = {
            "provider": FILES,
            "version": 1,
            "schema": digest_json(table.model_dump(mode="json")),
            "code": code_fingerprint("vacframe.core.sources.source_rows", ()),
            "config": digest_json(source_options(source)),
            "libraries": {},
            "seed": 0,
        }
        return Node(product, FILES, None, None, source=source, files=files, recipe=recipe)

    def _declaration(self, name: str) -> tuple[Product | None, LoadedPlugin | None]:
        """Return how a product read from files is declared: by the plugin with a reader, else by any."""
        found = []
        for plugin_name, item in self.registry.products().get(name, []):
            manifest = self.registry.manifest(plugin_name)
            found.append((not (manifest and manifest.mock), bool(item.formats), plugin_name))
        for _, _, plugin_name in sorted(found, reverse=True):
            plugin = self.registry.load(plugin_name)
            return self._declared(plugin, name), plugin
        return None, None


def _check_reader(source: SourceConfig, product: str, plugin: str) -> None:
    """Refuse the options of plain tables where a plugin's own reader reads the files, and would not see them."""
    options = ("columns", "absent", "units", "null_values", "derive", "where", "position", "key")
    given = [n for n in options if getattr(source, n)]
    if given:
        raise ConfigError(
            f"[sources.{product}] {', '.join(given)}: the reader of plugin {plugin!r} reads these files and takes no "
            'such option; remove it, or set reader = "table" to have them read as plain tables'
        )


def describe_node(node: Node) -> dict[str, Any]:
    """Return a node of the graph as JSON."""
    needs = [{"product": n.product, "how": n.how, "columns": list(n.names), "where": n.where} for n in node.needs]
    return {"name": node.name, "provider": node.provider, "kind": str(node.product.kind), "needs": needs}
