"""Files per second of reading LAMOST FITS.gz: `astropy.io.fits` against the reader of the plugin `surveys`.

Usage: ``python benchmarks/lamost_read.py FOLDER [NUMBER]`` with a folder of ``*.fits.gz`` of any layout. astropy
opens each file and takes header facts, flux, inverse variance, wavelength and mask; the plugin does that and
also checks the spectrum and puts it onto the grid. All in one run, interleaved over rounds, the best round of each.
"""

from __future__ import annotations

import gzip
import io
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from astropy.io import fits
from vacframe_surveys.readers.lamost_files import KEYS
from vacframe_surveys.readers.lamost_rows import read_lamost_rows

from vacframe.core.columns.batch import SourceFile

ROUNDS = 3
CHUNK = 50
Files = list[Path]


def _take(units: fits.HDUList) -> None:
    header = units[0].header
    [header.get(key) for key in KEYS]
    if units[0].data is not None:
        rows = [units[0].data[i] for i in range(4)]
    else:
        rows = [units["COADD"].data[name][0] for name in ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK")]
    [np.array(row, dtype=np.float32) for row in rows]


def astropy_gz(files: Files) -> None:
    """Let astropy open and decompress each file."""
    for path in files:
        with fits.open(path) as units:
            _take(units)


def astropy_bytes(files: Files) -> None:
    """Let astropy read each file's content, decompressed at once."""
    for path in files:
        with fits.open(io.BytesIO(gzip.decompress(path.read_bytes()))) as units:
            _take(units)


def ours(files: Files) -> int:
    """Read with the plugin, `CHUNK` files a call, as a build does; return the number of rows."""
    chunks = [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]
    return sum(len(read_lamost_rows([SourceFile(p.name, p) for p in c], {}).table["obsid"]) for c in chunks)


def main(folder: Path, number: int) -> None:
    """Measure and print."""
    files = sorted(folder.glob("*.fits.gz"))[:number]
    if not files:
        sys.exit(f"no *.fits.gz in {folder}")
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:

        def two_processes(files: Files) -> None:
            list(pool.map(ours, [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]))

        two_processes(files)
        peers: dict[str, Callable[[Files], object]] = {
            "astropy, .gz": astropy_gz,
            "astropy over BytesIO(gzip.decompress())": astropy_bytes,
            "surveys, 1 process": ours,
            "surveys, 2 processes": two_processes,
        }
        best = dict.fromkeys(peers, 0.0)
        for _ in range(ROUNDS):
            for name, read in peers.items():
                start = time.perf_counter()
                read(files)
                best[name] = max(best[name], len(files) / (time.perf_counter() - start))
    print(f"{len(files)} files, {ours(files)} rows, best of {ROUNDS} rounds")
    for name, speed in best.items():
        ratios = ", ".join(f"{speed / best[peer]:.1f} times {peer}" for peer in list(peers)[:2])
        print(f"{name:42s} {speed:7.0f} files/s   {ratios}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300)
