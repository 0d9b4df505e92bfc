"""The hooks of a vacframe plugin: the whole specification.

A plugin is an object (a module, or a `vacframe.Plugin`) with these hooks, named in the entry-point group
``vacframe.plugins``. The core calls only the chosen plugin's hook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pydantic import BaseModel

    from vacframe.core.columns.batch import Inputs
    from vacframe.core.contract.needs import Need
    from vacframe.core.contract.product import Product
    from vacframe.core.contract.result import Result
    from vacframe.core.tasks.context import Context

PROJECT = "vacframe"
ENTRY_POINT_GROUP = "vacframe.plugins"
HOOK_API_VERSION = 2

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """The hook specifications."""

    @hookspec
    def provides(self, config: BaseModel | None) -> list[Product]:  # type: ignore[empty-body]
        """Products this plugin makes, under this configuration (None: the plugin's defaults)."""

    @hookspec
    def requires(self, product: str, config: Any) -> list[Need]:  # type: ignore[empty-body]
        """Products and columns that `product` is made from."""

    @hookspec
    def run(self, product: str, inputs: Inputs, context: Context) -> Result:  # type: ignore[empty-body]
        """Make the rows (or the model) of `product` from these inputs, without any I/O."""
