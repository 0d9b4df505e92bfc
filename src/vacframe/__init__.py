"""vacframe: a build system for stellar value-added catalogues.

Everything public is here, in `vacframe.schemas`, `vacframe.astro`, `vacframe.ml` and `vacframe.testing`; names are
imported when first used, so that ``import vacframe`` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vacframe.core.columns.arrow import arrow_schema, to_arrow, to_numpy
    from vacframe.core.columns.astropy_tables import table_to_arrow
    from vacframe.core.columns.batch import Batch, Inputs, SourceFile
    from vacframe.core.columns.digest import text_seed
    from vacframe.core.columns.expression import check_expression, names_in, select_rows
    from vacframe.core.columns.position import SOURCE_ID_ORDER, SOURCE_ID_SHIFT
    from vacframe.core.columns.random import RowRandom
    from vacframe.core.contract.errors import (
        ConfigError,
        InputFileError,
        PlanError,
        PluginError,
        SchemaError,
        UsageError,
        VacframeError,
    )
    from vacframe.core.contract.hooks import hookimpl
    from vacframe.core.contract.model import Model
    from vacframe.core.contract.needs import Need, all_rows, by_key, same, sky
    from vacframe.core.contract.paper import Paper, PaperFigure, Published, single_value
    from vacframe.core.contract.plugin import Plugin
    from vacframe.core.contract.product import Exactness, Files, Kind, MapGrid, Method, Product, Resources
    from vacframe.core.contract.result import Rejects, Result
    from vacframe.core.contract.schema import Column, DType, Position, TableSchema, column
    from vacframe.core.tasks.context import Context
    from vacframe.io.distribution import distribution_file
    from vacframe.io.fields import ColumnsLeftOutWarning
    from vacframe.io.formats import is_gzip, sniff
    from vacframe.io.tables import iter_tables, probe_table, read_table
    from vacframe.report.figure import new_figure
    from vacframe.workspace import Workspace

__version__ = "0.1.0"

HOMES = {
    "core.columns.arrow": ("arrow_schema", "to_arrow", "to_numpy"),
    "core.columns.astropy_tables": ("table_to_arrow",),
    "core.columns.batch": ("Batch", "Inputs", "SourceFile"),
    "core.columns.expression": ("check_expression", "names_in", "select_rows"),
    "core.columns.position": ("SOURCE_ID_ORDER", "SOURCE_ID_SHIFT"),
    "core.columns.digest": ("text_seed",),
    "core.columns.random": ("RowRandom",),
    "core.contract.errors": (
        "ConfigError", "InputFileError", "PlanError", "PluginError", "SchemaError", "UsageError", "VacframeError",
    ),
    "core.contract.hooks": ("hookimpl",),
    "core.contract.model": ("Model",),
    "core.contract.needs": ("Need", "all_rows", "by_key", "same", "sky"),
    "core.contract.paper": ("Paper", "PaperFigure", "Published", "single_value"),
    "core.contract.plugin": ("Plugin",),
    "core.contract.product": ("Exactness", "Files", "Kind", "MapGrid", "Method", "Product", "Resources"),
    "core.contract.result": ("Rejects", "Result"),
    "core.contract.schema": ("Column", "DType", "Position", "TableSchema", "column"),
    "core.tasks.context": ("Context",),
    "io.distribution": ("distribution_file",),
    "io.fields": ("ColumnsLeftOutWarning",),
    "io.formats": ("is_gzip", "sniff"),
    "io.tables": ("iter_tables", "probe_table", "read_table"),
    "report.figure": ("new_figure",),
    "workspace": ("Workspace",),
}  # fmt: skip
"""Module below vacframe → the public names that it defines."""
_MODULE_OF = {name: f"vacframe.{module}" for module, names in HOMES.items() for name in names}

__all__ = [
    "Batch", "Column", "ColumnsLeftOutWarning", "ConfigError", "Context", "DType", "Exactness", "Files", "Inputs",
    "InputFileError", "Kind", "MapGrid", "Method", "Model", "Need", "Paper", "PaperFigure", "PlanError", "Plugin",
    "PluginError", "Position", "Product", "Published", "Rejects", "Resources", "Result", "RowRandom",
    "SOURCE_ID_ORDER", "SOURCE_ID_SHIFT", "SchemaError", "SourceFile", "TableSchema", "UsageError", "VacframeError",
    "Workspace", "all_rows", "arrow_schema", "by_key", "check_expression", "column", "distribution_file", "hookimpl",
    "is_gzip", "iter_tables", "names_in", "new_figure", "probe_table", "read_table", "same", "select_rows",
    "single_value", "sky", "sniff", "table_to_arrow", "text_seed", "to_arrow", "to_numpy",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'vacframe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
