"""What is said of a table in every format that is written: its name, its units, the notes that astropy looks for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.astropy_tables import table_from_arrow
from vacframe.core.contract.schema import TableSchema


@dataclass(frozen=True)
class TableNotes:
    """What a file says of its table as a whole.

    Attributes
    ----------
    name : str
        Of the table.
    description : str
        A sentence, or nothing.
    provenance : dict
        How the table was made; anything that JSON can hold.
    """

    name: str
    description: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)

    def said(self) -> list[tuple[str, str]]:
        """Return the provenance as keys and texts: a text as it is, anything else as JSON."""
        return [(str(k), v if isinstance(v, str) else json.dumps(v)) for k, v in self.provenance.items()]


@lru_cache(maxsize=2048)
def unit_in(notation: Literal["fits", "vounit", "cds"], unit: str | None) -> str:
    """Return a unit in the notation of a format, or as it is where that has none (``dex``)."""
    from astropy import units

    if not unit:
        return ""
    try:
        return units.Unit(unit).to_string(notation)
    except ValueError:
        return unit


def astropy_header(schema: TableSchema, meta: dict[str, Any]) -> list[str]:
    """Return units, descriptions and UCDs of columns as the lines of YAML that astropy's own readers look for.

    They lie under the footer key ``table_meta_yaml`` of Parquet files and between two COMMENT cards of FITS tables.

    Parameters
    ----------
    schema : TableSchema
        All columns of the file.
    meta : dict
        Of the table.
    """
    from astropy.table.meta import get_yaml_from_table

    empty = table_from_arrow(arrow_schema(schema).empty_table())
    empty.meta = meta
    return list(get_yaml_from_table(empty))
