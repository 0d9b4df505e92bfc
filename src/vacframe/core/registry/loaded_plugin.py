"""An imported plugin: its hooks checked, and called."""

from __future__ import annotations

import inspect
import traceback
from functools import partial
from typing import Any

import pluggy
from pydantic import BaseModel

from vacframe.core.contract.errors import PluginError, VacframeError
from vacframe.core.contract.hooks import PROJECT, HookSpecs
from vacframe.core.contract.needs import Need
from vacframe.core.contract.paper import Paper
from vacframe.core.contract.plugin import NoConfig
from vacframe.core.contract.product import Product


class LoadedPlugin:
    """An imported plugin whose hooks were checked; calls reach this plugin alone.

    Parameters
    ----------
    name : str
        Name of its entry point.
    plugin : object
        A `vacframe.Plugin`, or any module or object with the hooks. It may have ``config_model``, ``mock`` and
        ``citation``.

    Raises
    ------
    PluginError
        If a hook is unknown, has a wrong signature, or is missing.
    """

    def __init__(self, name: str, plugin: Any) -> None:
        self.name = name
        self.plugin = plugin
        given = getattr(plugin, "config_model", NoConfig)
        if not (isinstance(given, type) and issubclass(given, BaseModel)):
            raise PluginError(f"plugin {name!r}: config_model is {given!r}, expected a Pydantic model")
        self.config_model: type[BaseModel] = given
        self.mock = getattr(plugin, "mock", False) is True
        self.papers: dict[str, Paper] = getattr(plugin, "papers", {})
        own = getattr(plugin, "name", name)
        if isinstance(own, str) and own != name:
            raise PluginError(f"plugin {name!r} calls itself {own!r}; the entry point and Plugin() need one name")
        self._hooks = pluggy.PluginManager(PROJECT)
        self._hooks.add_hookspecs(HookSpecs)
        try:
            self._hooks.register(plugin, name)
            self._hooks.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(f"plugin {name!r} has a wrong hook: {one_line(str(error))}") from None
        for hook in ("provides", "run"):
            if not getattr(self._hooks.hook, hook).get_hookimpls():
                raise PluginError(f"plugin {name!r} has no hook {hook}(); mark it with @vacframe.hookimpl")

    def _call(self, hook: str, **arguments: Any) -> Any:
        answers = getattr(self._hooks.hook, hook)(**arguments)
        return answers[0] if answers else None

    def _asked(self, hook: str, kind: type, **arguments: Any) -> list[Any]:
        """Return what `provides` or `requires` answers, checked to be a list of `kind`."""
        try:
            answer = self._call(hook, **arguments)
            items = list(answer or [])
        except VacframeError:
            raise
        except Exception as error:
            raise PluginError(f"plugin {self.name!r}: {hook}() raised {summary(error)}") from error
        wrong = next((i for i in items if not isinstance(i, kind)), None)
        if wrong is not None:
            raise PluginError(f"plugin {self.name!r}: {hook}() gave {wrong!r}, expected a vacframe.{kind.__name__}")
        return items

    def provides(self, config: BaseModel | None = None) -> list[Product]:
        """Return the products under `config`."""
        products = self._asked("provides", Product, config=self.config_model() if config is None else config)
        names = [p.name for p in products]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise PluginError(f"plugin {self.name!r} provides {', '.join(twice)} twice")
        return products

    def requires(self, product: str, config: Any) -> list[Need]:
        """Return the needs of one product under `config`."""
        return self._asked("requires", Need, product=product, config=config)

    def run(self, product: str, inputs: Any, context: Any) -> Any:
        """Call the plugin's `run`; what it raises comes through as it is."""
        return self._call("run", product=product, inputs=inputs, context=context)

    def module_of(self, product: str) -> str:
        """Return the module in which the product's function is defined, for its fingerprint."""
        definitions = getattr(self.plugin, "definitions", {})
        function = definitions[product].function if product in definitions else self.plugin.run
        while isinstance(function, partial):
            function = function.func
        return str(inspect.unwrap(function).__module__)


def summary(error: BaseException) -> str:
    """Return type, message and place of an exception on one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {one_line(str(error))}{place}"


def one_line(text: str) -> str:
    """Return a message of several lines on one."""
    return "; ".join(part.strip() for part in text.strip().splitlines() if part.strip())
