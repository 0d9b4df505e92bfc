"""Settings: the configuration file as models, and what of a plugin's own configuration determines its products."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from vacframe.core.contract.errors import PluginError, did_you_mean


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _machine(default: Any, **options: Any) -> Any:
    """Return a field that describes the machine, not the science: it enters no recipe."""
    return Field(default, json_schema_extra={"machine": True}, **options)


class SourceConfig(BaseModel):
    """``[sources.<product>]``: files from which a product is read instead of built."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Annotated[list[str], BeforeValidator(_as_list)] = Field(min_length=1)
    """Paths or globs, relative to the folder of the configuration file."""
    columns: dict[str, str] = {}
    """Product column → file column; others match by their exact name."""
    absent: list[str] = []
    """Product columns that the files do not have and that are null in every row."""
    units: dict[str, str] = {}
    """Product column → unit in the file, where the file does not say or is wrong."""
    null_values: list[str | int | float] = []
    """Values that stand for null in every column."""
    derive: dict[str, str] = {}
    """Product column → expression over the columns of the file."""
    where: str = ""
    """Condition on the product's columns; other rows are left out and counted."""
    anchor: str | None = None
    """Keyed product whose positions the rows take, for files without positions."""
    position: Literal["source_id"] | None = None
    """``source_id``: the place of a row is the HEALPix pixel in its Gaia identifier."""
    reader: Literal["auto", "table"] = "auto"
    """``auto``: the plugin's own reader where one takes the format; ``table``: always read as a plain table."""
    key: str | None = None
    """Key column, for a product whose schema leaves it open."""


class BuildConfig(BaseModel):
    """``[build]``: settings of the machine; none of them changes a result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int | None = _machine(None, ge=1)
    """Worker processes; None is in-process for small builds, else one per core."""
    chunk_mb: int = _machine(128, ge=1)
    """Memory budget of one chunk of a row-wise product, MB."""


class ProjectConfig(BaseModel):
    """The whole configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    survey: Literal["", "mock"] = ""
    """``mock`` makes mock providers eligible, and refuses real stars."""
    seed: int = 0
    """Seed of all random numbers."""
    pixel_order: int | None = Field(None, ge=0, le=12)
    """HEALPix order of every partition; None lets `partition_rows` decide."""
    partition_rows: int = Field(200_000, ge=1)
    """Rows above which a partition is split, where `pixel_order` is not set."""
    sources: dict[str, SourceConfig] = {}
    providers: dict[str, str] = {}
    """Product → plugin that provides it, where several could."""
    plugins: dict[str, dict[str, Any]] = {}
    """Plugin → its configuration, checked by `plugin_config`."""
    build: BuildConfig = BuildConfig()


def scientific(config: BaseModel, fields: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return a configuration as JSON for a recipe.

    Parameters
    ----------
    config : BaseModel
        The configuration; fields marked ``json_schema_extra={"machine": True}`` are left out at any depth.
    fields : tuple of str, optional
        The top-level fields that count; None is all.

    Raises
    ------
    PluginError
        If one of `fields` does not exist.
    """
    known = type(config).model_fields
    for name in fields or ():
        if name not in known:
            raise PluginError(
                f"config_fields names {name!r}, which is no field of {type(config).__name__}."
                f"{did_you_mean(name, tuple(known))}"
            )
    pruned: dict[str, Any] = _prune(config, config.model_dump(mode="json"))
    return pruned if fields is None else {n: v for n, v in pruned.items() if n in fields}


def _prune(value: Any, dumped: Any) -> Any:
    """Return dumped JSON without machine fields, and with sets in a fixed order."""
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        fields = type(value).model_fields
        kept = {n for n in dumped if n not in fields or not _is_machine(fields[n].json_schema_extra)}
        return {n: _prune(getattr(value, n, None), v) for n, v in dumped.items() if n in kept}
    if isinstance(value, set | frozenset) and isinstance(dumped, list):
        return sorted(dumped, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, list | tuple) and isinstance(dumped, list):
        return [_prune(a, b) for a, b in zip(value, dumped, strict=True)]
    if isinstance(value, dict) and isinstance(dumped, dict):
        return {n: _prune(a, b) for a, (n, b) in zip(value.values(), dumped.items(), strict=True)}
    return dumped


def _is_machine(extra: Any) -> bool:
    return isinstance(extra, dict) and bool(extra.get("machine"))
