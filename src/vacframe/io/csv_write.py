"""Writing CSV tables batch by batch."""

from __future__ import annotations

from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pacsv


class CsvWriter:
    """Writes tables to an open CSV file one after another; array cells become ``[1.0, 2.0]``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        """Append the rows of a table (all tables have the same columns)."""
        plain = pa.table({f.name: _cells(table[f.name]) for f in table.schema})
        if self._writer is None:
            self._writer = pacsv.CSVWriter(self._file, plain.schema)
        self._writer.write_table(plain)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_fixed_size_list(column.type):
        return column
    items = [
        None if row is None else "[" + ", ".join("null" if v is None or v != v else str(v) for v in row) + "]"
        for row in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(items, pa.string())])
