"""vacframe: a build system for stellar value-added catalogues.

Everything public is here; names are imported when first used, so that ``import vacframe`` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vacframe.core.batch import Batch, Inputs, SourceFile
    from vacframe.core.context import Context
    from vacframe.core.errors import VacframeError
    from vacframe.core.hooks import hookimpl
    from vacframe.core.model import Model
    from vacframe.core.paper import Paper, PaperFigure, Published, single_value
    from vacframe.core.plugin import Plugin
    from vacframe.core.product import Exactness, Kind, MapGrid, Need, Product, Resources, all_rows, by_key, same, sky
    from vacframe.core.result import Rejects, Result
    from vacframe.core.schema import Column, Position, TableSchema, column
    from vacframe.core.workspace import Workspace

__version__ = "0.1.0"

_HOMES = {
    "batch": ("Batch", "Inputs", "SourceFile"),
    "context": ("Context",),
    "errors": ("VacframeError",),
    "hooks": ("hookimpl",),
    "model": ("Model",),
    "plugin": ("Plugin",),
    "paper": ("Paper", "PaperFigure", "Published", "single_value"),
    "product": ("Exactness", "Kind", "MapGrid", "Need", "Product", "Resources", "all_rows", "by_key", "same", "sky"),
    "result": ("Rejects", "Result"),
    "schema": ("Column", "Position", "TableSchema", "column"),
    "workspace": ("Workspace",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Batch", "Column", "Context", "Exactness", "Inputs", "Kind", "MapGrid", "Model", "Need", "Paper",
    "PaperFigure", "Plugin", "Position", "Product", "Published", "Rejects", "Resources", "Result", "SourceFile",
    "TableSchema", "VacframeError", "Workspace", "all_rows", "by_key", "column", "hookimpl", "same",
    "single_value", "sky",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"vacframe.core.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'vacframe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
