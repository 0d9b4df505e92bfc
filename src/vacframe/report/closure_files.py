"""A closure as files: a table that says what each column means, and figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.contract.errors import UsageError
from vacframe.core.contract.schema import TableSchema, column
from vacframe.publish.export import export_table
from vacframe.report.closure import Closure

FORMATS = {
    ".ecsv": "ecsv", ".csv": "csv", ".fits": "fits", ".parquet": "parquet", ".vot": "votable", ".xml": "votable",
    ".txt": "mrt",
}  # fmt: skip
"""Suffix of a file → format."""
SCHEMA = TableSchema(
    description="Differences of a catalogue from the truth, per column and group of rows",
    columns=(
        column("column", "string", "Column of the catalogue"),
        column("truth", "string", "Column of the truth"),
        column("unit", "string", "Unit of bias, scatter and percentiles"),
        column("against", "string", "Quantity that rows are grouped by; empty for all rows"),
        column("group", "string", "Group: all, a value, or an interval"),
        column("low", "float64", "Lower edge of the interval, in the unit of the quantity"),
        column("high", "float64", "Upper edge of the interval"),
        column("number", "int64", "Rows compared; of a class: rows that are of it", ucd="meta.number"),
        column("bias", "float64", "Median of catalogue minus truth", ucd="stat.median"),
        column("scatter", "float64", "1.4826 times the median absolute deviation of the differences", ucd="stat.stdev"),
        column("p16", "float64", "16th percentile of the differences"),
        column("p84", "float64", "84th percentile of the differences"),
        column("outliers", "float64", "Fraction of rows further than the chosen number of scatters from the bias"),
        column("pulls", "int64", "Rows that state an error", ucd="meta.number"),
        column("pull_bias", "float64", "Median of difference over stated error; 0 expected"),
        column("pull_scatter", "float64", "Robust scatter of difference over stated error; 1 expected"),
        column("within_1", "float64", "Fraction of rows within their stated error; 0.683 expected"),
        column("within_2", "float64", "Fraction of rows within twice their stated error; 0.954 expected"),
        column("stated", "int64", "Rows that the catalogue puts in the class", ucd="meta.number"),
        column("right", "int64", "Of those, rows that are of the class", ucd="meta.number"),
        column("completeness", "float64", "Fraction of the rows of the class that the catalogue puts in it"),
        column("purity", "float64", "Fraction of the rows put in the class that are of it"),
    ),
)


def save_table(closure: Closure, path: str | os.PathLike[str], overwrite: bool = True) -> list[Path]:
    """Write every line of a closure into one file; its suffix tells the format (one of `FORMATS`).

    Raises
    ------
    UsageError
        If the suffix is unknown, or the file exists and may not be replaced.
    """
    kind = FORMATS.get(Path(path).suffix)
    if kind is None:
        raise UsageError(f"{path}: the suffix tells the format of a table, one of {', '.join(FORMATS)}")
    table = closure.to_table().select(list(SCHEMA.names)).cast(arrow_schema(SCHEMA))
    notes = {"product": closure.product, "truth": closure.truth, "joined": closure.via}
    return export_table(
        [table], SCHEMA, path, cast(Any, kind), name=f"{closure.product}_closure", description=SCHEMA.description,
        provenance=notes, overwrite=overwrite,
    )  # fmt: skip


def save(closure: Closure, table: Path | None, plots: Path | None) -> list[Path]:
    """Write the table to the file `table` and figures into the folder `plots`, where given; return the paths."""
    written = [] if table is None else save_table(closure, table)
    if plots is not None:
        from vacframe.report.closure_plots import save_plots

        written += save_plots(closure, plots)
    return written
