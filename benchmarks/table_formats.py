"""Exporting, reading back, and the VOParquet footer: measured figures beside astropy's on the same table.

Run: python benchmarks/table_formats.py [rows]
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_type
from vacframe.core.columns.astropy_tables import table_from_arrow
from vacframe.io.tables import read_table
from vacframe.io.votable_write import voparquet_metadata
from vacframe.publish.export import EXPORT_FORMATS, export_table
from vacframe.schemas import SOURCES

ASTROPY = {"fits": "fits", "votable": "votable", "ecsv": "ascii.ecsv", "csv": "ascii.csv"}


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main(rows: int) -> None:
    """Print the figures for a made-up `gaia_sources` table."""
    schema = SOURCES["gaia_sources"]
    rng = np.random.default_rng(1)
    table = pa.table(
        {c.name: pa.array(rng.uniform(1, 90, rows)).cast(arrow_type(c), safe=False) for c in schema.columns}
    )
    voparquet_metadata(schema, "warm", "units parsed")
    first = seconds(lambda: voparquet_metadata(schema, "gaia", "a new one"))
    again = seconds(lambda: [voparquet_metadata(schema, "gaia", "a new one") for _ in range(1000)]) / 1000
    print(f"VOParquet footer of {len(schema.columns)} columns: first {first * 1e3:.2f} ms, then {again * 1e6:.0f} us")
    plain = table_from_arrow(table)
    print(f"{rows} rows x {len(schema.columns)} columns; seconds, and how many times faster than astropy")
    with tempfile.TemporaryDirectory() as folder:
        for kind in EXPORT_FORMATS:
            print(line(table, plain, kind, Path(folder)))


def line(table: pa.Table, plain: Any, kind: str, folder: Path) -> str:
    """Return the figures of one format."""
    ours, theirs = folder / "ours", folder / f"theirs.{kind}"
    schema = SOURCES["gaia_sources"]
    wrote = seconds(lambda: export_table([table], schema, ours, kind, name="gaia", overwrite=True))
    if kind == "mrt":
        return f"{kind:8s} write {wrote:6.2f}"
    text = f"{kind:8s} write {wrote:6.2f}  read {(read := seconds(lambda: read_table(ours))):6.2f}"
    if kind not in ASTROPY:
        return text
    options = {"tabledata_format": "binary2"} if kind == "votable" else {}
    peer_wrote = seconds(lambda: plain.write(theirs, format=ASTROPY[kind], **options))
    peer_read = seconds(lambda: type(plain).read(ours, format=ASTROPY[kind]))
    return f"{text}  astropy write {peer_wrote / wrote:5.1f}x  read {peer_read / read:5.1f}x"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
