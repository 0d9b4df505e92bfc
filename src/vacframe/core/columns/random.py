"""Random numbers that depend only on the seed, the product and the row's key.

Counter-based: number j of a row is a mixing function of (stream, key, j), so that a row gets the same numbers
whatever partition, chunk or worker it is in. The mixing function is SplitMix64 (Steele, Lea & Flood 2014,
OOPSLA, doi:10.1145/2714064.2660195).
"""

from __future__ import annotations

import numpy as np

from vacframe.core.columns.digest import mix64, text_seed

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def key_bits(keys: np.ndarray) -> np.ndarray:
    """Return row keys (integers or strings), shape (n,), as unsigned 64-bit integers."""
    keys = np.asarray(keys)
    if keys.dtype.kind in "iu":
        return keys.astype(np.int64, copy=False).view(np.uint64) if keys.dtype.kind == "i" else keys.astype(np.uint64)
    return np.array([text_seed(k) for k in keys.tolist()], dtype=np.uint64)


class RowRandom:
    """Random numbers for n rows; successive calls give fresh numbers.

    Parameters
    ----------
    keys : ndarray, shape (n,)
        Keys of the rows.
    seed : int
        Seed of the stream.
    """

    def __init__(self, keys: np.ndarray, seed: int) -> None:
        start = mix64(np.array([seed], dtype=np.uint64) + _GOLDEN)
        with np.errstate(over="ignore"):
            self._rows = mix64(mix64(key_bits(keys) + _GOLDEN) + start)
        self._used = 0

    def bits(self, count: int) -> np.ndarray:
        """Return `count` unsigned 64-bit integers for each row, shape (n, count)."""
        steps = np.arange(self._used + 1, self._used + count + 1, dtype=np.uint64) * _GOLDEN
        self._used += count
        with np.errstate(over="ignore"):
            return mix64(self._rows[:, None] + steps[None, :])

    def uniform(self, count: int | None = None) -> np.ndarray:
        """Return numbers uniform in the open interval (0, 1), shape (n,) or (n, count)."""
        draws = ((self.bits(count or 1) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
        return draws[:, 0] if count is None else draws

    def normal(self, count: int | None = None) -> np.ndarray:
        """Return standard normal numbers, shape (n,) or (n, count) (Box & Muller 1958)."""
        wanted = count or 1
        half = (wanted + 1) // 2
        radius = np.sqrt(-2.0 * np.log(self.uniform(half)))
        angle = 2.0 * np.pi * self.uniform(half)
        draws = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :wanted]
        return draws[:, 0] if count is None else draws

    def integers(self, high: int, count: int | None = None) -> np.ndarray:
        """Return integers in 0 … high − 1, shape (n,) or (n, count)."""
        return np.floor(self.uniform(count) * high).astype(np.int64)
