"""Reading VOTable and ECSV files, whole, through astropy."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.contract.errors import InputFileError
from vacframe.io.astropy_tables import file_table_to_arrow
from vacframe.io.csv_tables import NULL_TEXT
from vacframe.io.options import ReadOptions
from vacframe.io.plain import plain_file

_ELEMENTS = {
    "unsignedByte": "uint8",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
}


def read_votable(path: Path, options: ReadOptions) -> pa.Table:
    """Return a table of a VOTable file with the notes of its fields.

    Raises
    ------
    InputFileError
        If the file lacks the table that the options name, or any.
    """
    from astropy.io import votable

    with plain_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = list(votable.parse(str(file), verify="ignore").iter_tables())
        chosen = _choose(path, tables, options.table)
        table = chosen.to_table(use_names_over_ids=True)
        for field, column in zip(chosen.fields, table.itercols(), strict=True):
            column.info.meta = {"ucd": field.ucd} if field.ucd else {}
            if column.dtype == object and field.datatype in _ELEMENTS:
                _retype(column, _ELEMENTS[field.datatype])
    return file_table_to_arrow(table, str(path))


def _retype(column: Any, dtype: str) -> None:
    """Give the arrays in the cells of a column the element type of the file; astropy widens them."""
    cells = np.ma.getdata(column)
    for row, cell in enumerate(cells):
        if isinstance(cell, np.ndarray):
            cells[row] = cell.astype(dtype)


def _choose(path: Path, tables: list[Any], wanted: int | str | None) -> Any:
    if wanted is None and tables:
        return next((t for t in tables if len(t.fields)), tables[0])
    for number, table in enumerate(tables):
        if wanted in (number, table.ID, table.name):
            return table
    names = ", ".join(f"{i} {t.ID or t.name or '-'}" for i, t in enumerate(tables)) or "none"
    raise InputFileError(str(path), f"holds no table{'' if wanted is None else f' {wanted!r}'}; its tables: {names}")


def read_ecsv(path: Path, options: ReadOptions) -> pa.Table:
    """Return the table of an ECSV file with the notes of its columns (no option applies)."""
    from astropy.table import Table

    with plain_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fill = [(text, "0") for text in NULL_TEXT if text.strip("-") and "nan" not in text.lower()]
        table = Table.read(str(file), format="ascii.ecsv", fill_values=[("", "0"), *fill])
    return file_table_to_arrow(table, str(path))
