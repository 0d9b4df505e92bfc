"""Digests of logical content: what the rows say, never how the file says it.

The digest of a column over a set of rows is a sum over rows (modulo 2**64, in two independent lanes) of a hash
of (row identity, value). So it does not depend on how the rows are cut into partitions, and the digest of a
product is the sum over its partitions. Null and NaN are one value, −0 is 0. The hash guards against accidents,
not against an adversary: scalars go through SplitMix64, arrays and strings through BLAKE2b.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.random import mix64, text_seed
from vacframe.core.values import to_numpy

ZERO = "0" * 32
_LANES = np.array([[0x243F6A8885A308D3, 0x13198A2E03707344]], dtype=np.uint64)
_NULL = np.array([[0xA4093822299F31D0, 0x082EFA98EC4E6C89]], dtype=np.uint64)


def digest_json(value: Any) -> str:
    """Return the digest of a JSON value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def file_digest(path: Any) -> str:
    """Return the digest of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def value_hashes(array: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return two 64-bit hashes of each cell, shape (n, 2), dtype uint64."""
    values, mask = to_numpy(array)
    if values.dtype == object:
        raw = np.array([text_seed(v) for v in values.tolist()], dtype=np.uint64)
    elif values.ndim == 2:
        return _array_hashes(values, mask)
    else:
        raw = _canonical_bits(values)
    lanes = mix64(raw[:, None] + _LANES)
    if mask is not None:
        lanes[mask] = _NULL
    if values.dtype.kind == "f":
        lanes[np.isnan(values)] = _NULL
    return lanes


def _canonical_bits(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        clean = np.where(np.isnan(values), np.nan, values.astype(np.float64) + 0.0)
        return clean.view(np.uint64)
    if values.dtype == np.uint64:
        return values
    return values.astype(np.int64).view(np.uint64)


def _array_hashes(values: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), values.dtype.type(np.nan), values + values.dtype.type(0.0))
    rows = np.ascontiguousarray(values)
    joined = b"".join(hashlib.blake2b(row, digest_size=16).digest() for row in rows)
    lanes = np.frombuffer(joined, dtype=np.uint64).reshape(len(rows), 2).copy()
    if mask is not None:
        lanes[mask] = _NULL
    return lanes


def identity_hashes(table: pa.Table, key: str | None) -> np.ndarray:
    """Return the hashes that identify each row, shape (n, 2): of its key, or of its number."""
    if key is not None:
        return value_hashes(table[key])
    return mix64(np.arange(table.num_rows, dtype=np.uint64)[:, None] + _LANES)


def column_hashes(identity: np.ndarray, array: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return each row's contribution to the digest of one column, shape (n, 2)."""
    with np.errstate(over="ignore"):
        return mix64(identity + mix64(value_hashes(array) ^ _LANES))


def total(lanes: np.ndarray) -> str:
    """Return the sum of the rows' contributions as 32 hexadecimal digits."""
    if not len(lanes):
        return ZERO
    sums = lanes.sum(axis=0, dtype=np.uint64)
    return f"{int(sums[0]):016x}{int(sums[1]):016x}"


def table_digests(table: pa.Table, key: str | None) -> dict[str, str]:
    """Return the digest of every column of a table, over all of its rows."""
    identity = identity_hashes(table, key)
    return {n: total(column_hashes(identity, table[n])) for n in table.column_names}


def row_digests(table: pa.Table, key: str | None) -> np.ndarray:
    """Return one digest of each row over all columns, shape (n, 2), dtype uint64."""
    identity = identity_hashes(table, key)
    out = np.zeros_like(identity)
    with np.errstate(over="ignore"):
        for name in sorted(table.column_names):
            out += mix64(column_hashes(identity, table[name]) + np.uint64(text_seed(name)))
    return out


def add(digests: Iterable[str]) -> str:
    """Return the digest of the union of disjoint sets of rows."""
    first = second = 0
    for text in digests:
        first += int(text[:16], 16)
        second += int(text[16:], 16)
    return f"{first % 2**64:016x}{second % 2**64:016x}"


def add_columns(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the column digests of a product from those of its partitions."""
    collected: dict[str, list[str]] = {}
    for part in parts:
        for name, text in part.items():
            collected.setdefault(name, []).append(text)
    return {name: add(texts) for name, texts in collected.items()}
