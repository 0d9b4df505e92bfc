"""Manifests: what a plugin provides, written beside it so that it can be listed without importing it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vacframe.core.contract.errors import PluginError
from vacframe.core.contract.hooks import HOOK_API_VERSION
from vacframe.core.contract.needs import Need
from vacframe.core.contract.product import Kind, Product
from vacframe.core.contract.schema import check_vocabulary
from vacframe.core.registry.fingerprint import MANIFEST_SUFFIX, top_level_files

REMEDY = "run `vacframe manifest`"


class ListedProduct(BaseModel):
    """What a listing and the choice of a provider need to know of a product, under the default configuration."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind = Kind.sky
    description: str
    needs: tuple[str, ...] = ()
    """Names of the products that it is made from."""
    optional_needs: tuple[str, ...] = ()
    priority: int = 0
    formats: tuple[str, ...] = ()
    """Of a source: the file formats that the plugin's own reader takes."""
    wants_files: bool = False
    """Whether it is a source of the user's files, and cannot be made without them."""


class Manifest(BaseModel):
    """What a plugin provides. Whoever needs a schema or the configuration loads the plugin."""

    model_config = ConfigDict(frozen=True)

    api: int
    """Version of the hooks that the plugin was written for."""
    plugin: str
    module: str
    mock: bool = False
    products: tuple[ListedProduct, ...] = ()
    papers: dict[str, str] = {}
    """Papers whose published numbers the plugin declares: name → title."""


def manifest_path(module: str) -> Path:
    """Return where the manifest of a plugin lies, found without importing it.

    Parameters
    ----------
    module : str
        The plugin's module; its top-level package counts. ``<package folder>/vacframe.json``, or
        ``<module>.vacframe.json`` beside a single file.

    Raises
    ------
    PluginError
        If there is no such module.
    """
    single, folders = top_level_files(module)
    if single is not None:
        return single.with_name(f"{single.stem}.{MANIFEST_SUFFIX}")
    return folders[0] / MANIFEST_SUFFIX


def default_config(plugin: Any) -> BaseModel:
    """Return the default configuration of a plugin.

    Raises
    ------
    PluginError
        If the model has fields without default.
    """
    try:
        config: BaseModel = plugin.config_model()
    except ValidationError as error:
        fields = ", ".join(sorted({str(e["loc"][0]) for e in error.errors() if e["loc"]}))
        raise PluginError(
            f"plugin {plugin.name!r}: the configuration model has no valid default of {fields}; every field needs one"
        ) from None
    return config


def describe(plugin: Any, module: str) -> Manifest:
    """Return the manifest of a plugin as its code stands."""
    config = default_config(plugin)
    return Manifest(
        api=HOOK_API_VERSION,
        plugin=plugin.name,
        module=module,
        mock=plugin.mock,
        products=tuple(_listed(p, plugin.requires(p.name, config)) for p in plugin.provides(config)),
        papers={p.name: p.title for p in getattr(plugin, "papers", {}).values()},
    )


def _listed(product: Product, needs: list[Need]) -> ListedProduct:
    return ListedProduct(
        name=product.name,
        kind=product.kind,
        description=product.description,
        needs=tuple(dict.fromkeys(n.product for n in needs if not n.optional)),
        optional_needs=tuple(dict.fromkeys(n.product for n in needs if n.optional)),
        priority=product.priority,
        formats=product.files.formats,
        wants_files=product.kind is Kind.source and not product.files.shards,
    )


def make_manifest(plugin: Any, module: str) -> Manifest:
    """Return the manifest of a plugin, the units, UCDs and descriptions of its products checked.

    Parameters
    ----------
    plugin : Plugin or LoadedPlugin
        The plugin.
    module : str
        The module that its entry point names.

    Raises
    ------
    PluginError
        One line for each unit that astropy does not know, UCD that is not in the vocabulary, or column
        without description.
    """
    manifest = describe(plugin, module)
    problems = [
        f"product {product.name!r}: {problem}"
        for product in plugin.provides(default_config(plugin))
        if product.table is not None
        for problem in check_vocabulary(product.table)
    ]
    if problems:
        raise PluginError(f"plugin {plugin.name!r} has no valid manifest:\n" + "\n".join(problems))
    return manifest


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as JSON, one product a line; the same manifest always gives the same bytes."""
    notes = manifest.model_dump(mode="json", exclude_defaults=True)
    products = [json.dumps(p, ensure_ascii=False) for p in notes.pop("products", [])]
    papers = notes.pop("papers", {})
    lines = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in notes.items()]
    if products:
        lines.append(' "products": [\n  ' + ",\n  ".join(products) + "\n ]")
    if papers:
        lines.append(f' "papers": {json.dumps(papers, indent=2, ensure_ascii=False)}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    PluginError
        If it is of another hook API version, or is damaged.
    """
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
        api = notes["api"]
        if api == HOOK_API_VERSION:
            return Manifest.model_validate(notes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).split("\n")[0]
        raise PluginError(f"{path}: the manifest cannot be read ({reason}); {REMEDY}") from None
    newer = "vacframe" if isinstance(api, int) and api > HOOK_API_VERSION else "the plugin"
    raise PluginError(f"{path}: written for hook API {api}, this vacframe has {HOOK_API_VERSION}; upgrade {newer}")


def differences(manifest: Manifest, plugin: Any) -> list[str]:
    """Return how a manifest differs from the plugin's code, one sentence each; empty where it is true."""
    code = describe(plugin, manifest.module)
    found: list[str] = []
    for name in ("plugin", "mock", "papers"):
        found += _changes(name, getattr(manifest, name), getattr(code, name))
    written, made = ({p.name: p.model_dump(mode="json") for p in m.products} for m in (manifest, code))
    for name in dict.fromkeys([*written, *made]):
        if name not in made:
            found.append(f"product {name!r} is in the manifest but not in the code")
        elif name not in written:
            found.append(f"product {name!r} is in the code but not in the manifest")
        else:
            found += _changes(f"product {name!r}", written[name], made[name])
    return found


def _changes(place: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            yield from _changes(f"{place}: {name}", old.get(name, "absent"), new.get(name, "absent"))
    elif old != new:
        yield f"{place}: {_brief(old)} in the manifest, {_brief(new)} in the code"


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
