"""The index of a product's keys: where on the sky the rows with a key lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.position import HEALPIX
from vacframe.core.store.files import staged_folder
from vacframe.core.store.partition import read_columns


class KeyIndex:
    """Sorted keys and the order-29 pixels of their rows, mapped from disk.

    Parameters
    ----------
    folder : Path
        With ``keys.npy`` and ``pixels.npy``.
    """

    def __init__(self, folder: Path) -> None:
        self.keys: np.ndarray = np.load(folder / "keys.npy", mmap_mode="r", allow_pickle=False)
        self.pixels: np.ndarray = np.load(folder / "pixels.npy", mmap_mode="r", allow_pickle=False)

    def places(self, wanted: np.ndarray) -> np.ndarray:
        """Return the order-29 pixels of all rows with these keys, shape (rows,); keys that are not there have none."""
        wanted = np.asarray(wanted.astype(self.keys.dtype) if wanted.dtype == object else wanted)
        first, last = np.searchsorted(self.keys, wanted, "left"), np.searchsorted(self.keys, wanted, "right")
        count = last - first
        rows = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        return np.asarray(self.pixels[rows])


def write_key_index(folder: Path, files: Iterable[str], column: str) -> None:
    """Write the index of one column of a product's partitions, where it is not there yet."""
    if folder.exists():
        return
    tables = [read_columns(Path(f), [column, HEALPIX]) for f in files]
    keys = np.concatenate([to_numpy(t[column])[0] for t in tables]) if tables else np.empty(0, np.int64)
    keys = keys.astype("U") if keys.dtype == object else keys
    pixels = np.concatenate([t[HEALPIX].to_numpy() for t in tables]) if tables else np.empty(0, np.int64)
    order = np.argsort(keys, kind="stable")
    with staged_folder(folder) as staged:
        np.save(staged / "keys.npy", keys[order])
        np.save(staged / "pixels.npy", pixels[order])
