"""Source products that the core's table reader makes from a user's files: schema and description only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vacframe as vf
from vacframe import ConfigError, Plugin, TableSchema
from vacframe.schemas import SOURCES, reference_labels
from vacframe_surveys.config import SurveysConfig
from vacframe_surveys.registry import plugin

OWN_READER = ("lamost_spectra", "isochrones", "gaia_xp_spectra", "reddening_map", "dust_3d")
"""Source products of this plugin that have a reader of their own."""
MADE = ("crossmatch",)
"""Shared schemas of products that a method makes; no survey delivers them."""


def declare_table(
    owner: Plugin,
    name: str,
    schema: TableSchema | Callable[[Any], TableSchema],
    description: str,
    config_fields: tuple[str, ...] = (),
) -> None:
    """Declare the source product `name`, which the core reads from the tables named in ``[sources.<name>]``.

    Parameters
    ----------
    owner : Plugin
        The plugin that gets the product.
    name : str
        The product.
    schema : TableSchema or callable(config)
        What its table holds.
    description : str
        What it is, one line.
    config_fields : tuple of str
        Configuration fields that `schema` depends on.
    """

    @owner.product(
        name, table=schema, kind="source", description=description, method=vf.Method(config_fields=config_fields)
    )
    def not_read_here(inputs: vf.Inputs, context: vf.Context) -> Any:
        raise ConfigError(
            f"{name}: no file is configured and {owner.name!r} has no data of its own; write\n"
            f'[sources.{name}]\nfiles = ["path/to/table.fits"]\n'
            "(FITS, Parquet, CSV, ECSV or VOTable), with columns = { product_column = 'file column' } "
            "where the names differ"
        )


def _reference(config: SurveysConfig) -> TableSchema:
    return reference_labels(config.reference_key)


for _name, _schema in SOURCES.items():
    if _name == "reference_labels":
        declare_table(plugin, _name, _reference, _schema.description, ("reference_key",))
    elif _name not in (*OWN_READER, *MADE):
        declare_table(plugin, _name, _schema, _schema.description)
