"""Manifests: what a plugin provides, written beside it so that it can be listed without importing it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vacframe.core.config import scientific
from vacframe.core.errors import PluginError
from vacframe.core.fingerprint import MANIFEST_SUFFIX, top_level_files
from vacframe.core.hooks import HOOK_API_VERSION
from vacframe.core.product import Need, Product
from vacframe.core.schema import check_vocabulary

REMEDY = "run `vacframe manifest`"


class ManifestProduct(BaseModel):
    """A product under the plugin's default configuration."""

    model_config = ConfigDict(frozen=True)

    product: Product
    needs: tuple[str, ...] = ()
    """Names of the products that it is made from."""
    optional_needs: tuple[str, ...] = ()


class Manifest(BaseModel):
    """What a plugin provides, under its default configuration."""

    model_config = ConfigDict(frozen=True)

    api: int
    """Version of the hooks that the plugin was written for."""
    plugin: str
    module: str
    version: str = ""
    """Version of the distribution when the manifest was written."""
    mock: bool = False
    citation: str = ""
    products: tuple[ManifestProduct, ...] = ()
    papers: dict[str, str] = {}
    """Papers whose published numbers the plugin declares: name → title."""
    config_schema: dict[str, Any] = {}
    """JSON schema of the configuration model."""
    config_defaults: dict[str, Any] = {}
    """Default configuration, without machine settings."""


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


def describe(plugin: Any, module: str, version: str = "") -> Manifest:
    """Return the manifest of a plugin as its code stands, without checking the vocabulary."""
    config = default_config(plugin)
    products = []
    for product in plugin.provides(config):
        needs: list[Need] = plugin.requires(product.name, config)
        optional = tuple(dict.fromkeys(n.product for n in needs if n.optional))
        required = tuple(dict.fromkeys(n.product for n in needs if not n.optional))
        products.append(ManifestProduct(product=product, needs=required, optional_needs=optional))
    return Manifest(
        api=HOOK_API_VERSION,
        plugin=plugin.name,
        module=module,
        version=version,
        mock=plugin.mock,
        citation=plugin.citation,
        products=tuple(products),
        papers={p.name: p.title for p in getattr(plugin, "papers", {}).values()},
        config_schema=plugin.config_model.model_json_schema(),
        config_defaults=scientific(config),
    )


def make_manifest(plugin: Any, module: str, version: str = "") -> Manifest:
    """Return the manifest of a plugin, its units, UCDs and descriptions checked.

    Parameters
    ----------
    plugin : Plugin or LoadedPlugin
        The plugin.
    module : str
        The module that its entry point names.
    version : str
        Version of its distribution.

    Raises
    ------
    PluginError
        One line for each unit that astropy does not know, UCD that is not in the vocabulary, or column
        without description.
    """
    manifest = describe(plugin, module, version)
    problems = []
    for item in manifest.products:
        if item.product.table is not None:
            problems += [f"product {item.product.name!r}: {p}" for p in check_vocabulary(item.product.table)]
    if problems:
        raise PluginError(f"plugin {plugin.name!r} has no valid manifest:\n" + "\n".join(problems))
    return manifest


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as JSON; the same manifest always gives the same bytes."""
    text = json.dumps(manifest.model_dump(mode="json", exclude_defaults=True), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


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
    """Return how a manifest differs from the plugin's code, one sentence each; empty where it is true.

    Of the configuration the names and defaults count (the wording of a JSON schema varies with Pydantic's
    version), and the distribution's version does not.
    """
    code = describe(plugin, manifest.module, manifest.version)
    found: list[str] = []
    for name in ("plugin", "mock", "citation", "papers"):
        found += _changes(name, getattr(manifest, name), getattr(code, name))
    found += _changes("configuration", manifest.config_defaults, code.config_defaults)
    fields = [set(m.config_schema.get("properties", {})) for m in (manifest, code)]
    found += _changes("configuration fields", sorted(fields[0]), sorted(fields[1]))
    written, made = ({i.product.name: i for i in m.products} for m in (manifest, code))
    for name in dict.fromkeys([*written, *made]):
        if name not in made:
            found.append(f"product {name!r} is in the manifest but not in the code")
        elif name not in written:
            found.append(f"product {name!r} is in the code but not in the manifest")
        else:
            old, new = (i[name].model_dump(mode="json") for i in (written, made))
            found += _changes(f"product {name!r}", old.pop("product") | old, new.pop("product") | new)
    return found


def _changes(place: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            yield from _changes(f"{place}: {name}", old.get(name, "absent"), new.get(name, "absent"))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            label = a.get("name", number) if isinstance(a, dict) else number
            yield from _changes(f"{place}: {label}", a, b)
    elif old != new:
        yield f"{place}: {_brief(old)} in the manifest, {_brief(new)} in the code"


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
