"""Configuration: ``vacframe.toml`` and ``--set``, checked, with the origin of every value.

No numerical library is imported here, so that listings stay fast.
"""

from __future__ import annotations

import datetime
import json
import re
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from vacframe.core.columns import expression
from vacframe.core.contract.errors import ConfigError, did_you_mean
from vacframe.core.contract.settings import ProjectConfig
from vacframe.core.store.files import write_text

Config = TypeVar("Config", bound=BaseModel)
Key = tuple[str | int, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")

DEFAULT = "default"
PLUGIN_DEFAULT = "plugin default"
COMMAND_LINE = "--set"
PROVIDER = "--provider"


@dataclass(frozen=True)
class LoadedConfig:
    """A checked configuration.

    Attributes
    ----------
    project : ProjectConfig
        The values.
    origins : dict of str to str
        Dotted key → where its value came from: ``default``, the name of the file, ``--set``,
        ``plugin default`` (filled by `plugin_config`).
    base : Path
        Folder of the configuration file (else the current one), absolute; globs of sources are relative to it.
    raw : dict
        What the user wrote, merged.
    """

    project: ProjectConfig
    origins: dict[str, str]
    base: Path
    raw: dict[str, Any]


def load_config(path: Path | None, overrides: Sequence[str] = ()) -> LoadedConfig:
    """Read a configuration file and apply overrides.

    Parameters
    ----------
    path : Path or None
        A TOML file; None for defaults only.
    overrides : sequence of str
        ``key=value`` with a dotted key (a number indexes a list) and a TOML value; anything that is no TOML
        value is text.

    Raises
    ------
    ConfigError
        One line for each problem: file or ``--set``, key, what was found and expected, the close match.
    """
    if path is None:
        return with_overrides(LoadedConfig(ProjectConfig.model_validate({}), {}, Path.cwd(), {}), overrides)
    raw = _read_toml(Path(path))
    origins = {_dotted(key): Path(path).name for key, _ in _leaves(raw)}
    return with_overrides(
        LoadedConfig(ProjectConfig.model_validate({}), origins, Path(path).absolute().parent, raw), overrides
    )


def with_overrides(loaded: LoadedConfig, overrides: Sequence[str]) -> LoadedConfig:
    """Return a checked configuration in which ``key=value`` settings outrank what was written.

    Raises
    ------
    ConfigError
        As `load_config`.
    """
    raw, origins = deepcopy(loaded.raw), dict(loaded.origins)
    for text in overrides:
        key, value = _parse_override(text)
        _assign(raw, key, value, text)
        spelled = _dotted(key)
        origins = {k: o for k, o in origins.items() if not k.startswith(f"{spelled}.")}
        origins |= {_dotted((*key, *rest)): COMMAND_LINE for rest, _ in _leaves(value)}
    return _checked(raw, origins, loaded.base)


def plugin_config(loaded: LoadedConfig, name: str, model: type[Config]) -> Config:
    """Return ``[plugins.<name>]`` as the plugin's configuration model; its origins go into `loaded`.

    Raises
    ------
    ConfigError
        One line for each unknown key or wrong value.
    """
    raw = loaded.project.plugins.get(name, {})
    chosen = _validate(model, raw, ("plugins", name), loaded.origins)
    for key, _ in _leaves(chosen.model_dump(mode="json")):
        loaded.origins.setdefault(_dotted(("plugins", name, *key)), PLUGIN_DEFAULT)
    return chosen


def with_paper(loaded: LoadedConfig, name: str, settings: Mapping[str, Any]) -> LoadedConfig:
    """Return a configuration that lies on top of the settings of a paper."""
    raw = _over(settings, loaded.raw)
    origins = {_dotted(key): f"--paper {name}" for key, _ in _leaves(settings)}
    kept = {_dotted(key) for key, _ in _leaves(raw)}
    return _checked(raw, {k: o for k, o in (origins | loaded.origins).items() if k in kept}, loaded.base)


def _over(below: Any, above: Any) -> Any:
    """Return two trees of tables merged; where both have a value, that of `above`."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{k: _over(below[k], v) if k in below else v for k, v in above.items()}}


def with_providers(loaded: LoadedConfig, providers: Mapping[str, str]) -> LoadedConfig:
    """Return a configuration in which these plugins provide these products."""
    raw = {**loaded.raw, "providers": {**loaded.raw.get("providers", {}), **providers}}
    return _checked(raw, loaded.origins | {f"providers.{p}": PROVIDER for p in providers}, loaded.base)


def dump(loaded: LoadedConfig, path: Path) -> None:
    """Write a configuration to `path` (JSON), for `restore`."""
    notes = {"base": str(loaded.base), "origins": loaded.origins, "config": loaded.raw}
    write_text(path, json.dumps(notes, indent=1, default=str) + "\n")


def restore(path: Path) -> LoadedConfig:
    """Read a configuration that `dump` wrote."""
    try:
        notes = json.loads(path.read_text())
        raw, origins, base = notes["config"], notes["origins"], Path(notes["base"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: the stored configuration cannot be read ({error}); give --config") from None
    return _checked(raw, origins, base)


def _checked(raw: dict[str, Any], origins: dict[str, str], base: Path) -> LoadedConfig:
    project = _validate(ProjectConfig, raw, (), origins)
    for product, source in project.sources.items():
        for column, text in source.derive.items():
            expression.check_expression(text, what=f"sources.{product}.derive.{column}")
        if source.where:
            expression.check_expression(source.where, what=f"sources.{product}.where")
    full = {_dotted(key): origins.get(_dotted(key), DEFAULT) for key, _ in _leaves(project.model_dump(mode="json"))}
    return LoadedConfig(project, full, base, raw)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: the configuration file cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _parse_override(text: str) -> tuple[Key, Any]:
    spelled, equals, written = text.partition("=")
    try:
        nested: Any = tomllib.loads(f"{spelled} = 0")
    except tomllib.TOMLDecodeError:
        nested = {}
    if not equals or len(list(_leaves(nested))) != 1:
        raise ConfigError(f"--set {text!r}: expected key=value, such as plugins.nn_labels.epochs=20")
    key = next(_leaves(nested))[0]
    written = written.strip()
    try:
        parsed = tomllib.loads(f"value = {written}")
    except tomllib.TOMLDecodeError:
        return key, written
    value = parsed["value"]
    is_date = isinstance(value, datetime.date | datetime.time)
    return key, written if is_date or len(parsed) > 1 else value


def _assign(raw: dict[str, Any], key: Key, value: Any, text: str) -> None:
    """Set a nested value; tables on the way are made, list items are addressed by number."""
    place: Any = raw
    for depth, part in enumerate(key):
        last = depth == len(key) - 1
        if isinstance(place, list):
            if not str(part).isdigit() or int(part) >= len(place):
                raise ConfigError(f"--set {text!r}: {_dotted(key[:depth])} is a list of {len(place)}, no item {part!r}")
            part = int(part)
        elif not isinstance(place, dict):
            raise ConfigError(f"--set {text!r}: {_dotted(key[:depth])} is no table (it is {place!r})")
        elif not last:
            place.setdefault(part, {})
        if last:
            place[part] = value
        else:
            place = place[part]


def _leaves(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield key and value of everything that is no table; a list and an empty table are values."""
    if not isinstance(value, Mapping) or (not value and key):
        yield key, value
        return
    for name, item in value.items():
        yield from _leaves(item, (*key, name))


def named_by(plugin: str, config: BaseModel | None, name: str) -> str:
    """Return which options of a plugin name a product or column, as a sentence; empty where none does."""
    leaves = () if config is None else _leaves(config.model_dump(mode="json"))
    keys = [_dotted(("plugins", plugin, *k)) for k, v in leaves if name == v or (isinstance(v, list) and name in v)]
    return f" {name!r} is named by {' and '.join(keys)}." if keys else ""


def listed_settings(loaded: LoadedConfig, prefix: Key, tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return key, value and origin of each setting of a tree, its keys as ``--set`` takes them."""
    out = []
    for key, value in _leaves(tree):
        whole = (*prefix, *key)
        spelled = ".".join(str(p) if _BARE.fullmatch(str(p)) else json.dumps(p, ensure_ascii=False) for p in whole)
        out.append({"key": spelled, "value": value, "origin": loaded.origins.get(_dotted(whole), DEFAULT)})
    return out


def _dotted(key: Key) -> str:
    return ".".join(str(part) for part in key)


def _validate(model: type[Config], raw: Any, prefix: Key, origins: Mapping[str, str]) -> Config:
    unknown = list(_unknown_keys([model], raw, ()))
    problems = [(key, _unknown_text(key, allowed)) for key, allowed in unknown]
    try:
        config = model.model_validate(raw)
    except ValidationError as error:
        seen = {key for key, _ in problems}
        for item in error.errors():
            key = item["loc"]
            if key not in seen and item["type"] != "extra_forbidden":
                problems.append((key, _error_text(item)))
            elif key not in seen and not unknown:
                problems.append((key, "unknown key"))
    if problems:
        raise ConfigError("\n".join(f"{_origin(prefix + k, origins)}{_dotted(prefix + k)}: {t}" for k, t in problems))
    return config


def _origin(key: Key, origins: Mapping[str, str]) -> str:
    """Return ``"file: "`` for the value at `key`, or for the values around it."""
    for length in range(len(key), 0, -1):
        dotted = _dotted(key[:length])
        found = {o for k, o in origins.items() if k == dotted or k.startswith(f"{dotted}.")}
        found -= {DEFAULT, PLUGIN_DEFAULT}
        if found:
            return f"{' or '.join(sorted(found))}: "
    return ""


def _unknown_text(key: Key, allowed: Sequence[str]) -> str:
    hint = did_you_mean(str(key[-1]), tuple(allowed))
    return f"unknown key {str(key[-1])!r}.{hint} Allowed: {', '.join(allowed) or 'none'}"


def _error_text(item: Any) -> str:
    found = repr(item["input"])
    found = found if len(found) <= 80 else f"{found[:77]}..."
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if item["type"] == "missing":
        return "this key is required and missing"
    if message.startswith("Input should be "):
        message = f"expected {message.removeprefix('Input should be ')}"
    return f"found {found}, {message}"


def _unknown_keys(candidates: list[Any], raw: Any, key: Key) -> Iterator[tuple[Key, list[str]]]:
    """Yield the keys of `raw` that none of the candidate types has, with those that they have."""
    if isinstance(raw, list | tuple):
        items = [a for t in candidates for a in _item_types(t, (list, tuple, set, frozenset, Sequence))]
        for number, item in enumerate(raw):
            yield from _unknown_keys(_alternatives(items), item, (*key, number))
    if not isinstance(raw, Mapping):
        return
    models = [t for t in candidates if isinstance(t, type) and issubclass(t, BaseModel)]
    values = [a for t in candidates for a in _item_types(t, (dict, Mapping))[-1:]]
    is_open = any(m.model_config.get("extra") == "allow" or issubclass(m, RootModel) for m in models)
    is_open = is_open or not models or any(t in (dict, Mapping, Any) for t in candidates)
    fields = {f.alias or n: f.annotation for m in models for n, f in m.model_fields.items()}
    fields |= {n: f.annotation for m in models for n, f in m.model_fields.items()}
    for name, item in raw.items():
        types = [fields[name]] if name in fields else values
        if name not in fields and not values and not is_open:
            yield (*key, name), sorted(fields)
        else:
            yield from _unknown_keys(_alternatives(types), item, (*key, name))


def _alternatives(types_: Sequence[Any]) -> list[Any]:
    """Return types with unions and annotations taken apart."""
    out: list[Any] = []
    for kind in types_:
        if get_origin(kind) in (Union, types.UnionType):
            out += _alternatives(get_args(kind))
        elif get_origin(kind) is Annotated:
            out += _alternatives(get_args(kind)[:1])
        else:
            out.append(kind)
    return out


def _item_types(kind: Any, containers: tuple[Any, ...]) -> list[Any]:
    origin = get_origin(kind)
    matches = isinstance(origin, type) and issubclass(origin, tuple(c for c in containers if isinstance(c, type)))
    return [a for a in get_args(kind) if a is not ...] if matches else []
