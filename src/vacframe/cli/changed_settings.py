"""Settings of a plugin that are not its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vacframe.cli.text_tables import print_facts, title


def changed_settings(config: Mapping[Any, Any], defaults: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a configuration that differ from the defaults, by dotted key; tables of lists by number."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        default = defaults.get(name)
        if name in defaults and value == default:
            continue
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            value, default = dict(enumerate(value)), None
        if isinstance(value, Mapping) and value:
            below = default if isinstance(default, Mapping) else {}
            found |= changed_settings(value, below, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def show_settings(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Print the settings of a plugin that differ from its defaults, one a line."""
    found = changed_settings(config, defaults)
    if config:
        title("settings that differ from the defaults" if found else "all settings are the defaults")
        print_facts(found)
