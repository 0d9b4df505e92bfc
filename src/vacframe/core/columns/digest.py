"""Digests of logical content: what the rows say, never how the file says it.

The digest of a column over a set of rows is a sum over rows (modulo 2**64, in two independent lanes) of a hash
of (row identity, value). So it does not depend on how the rows are cut into partitions, and the digest of a
product is the sum over its partitions. Null and NaN are one value, −0 is 0. The hash guards against accidents,
not against an adversary: scalars go through SplitMix64 (Steele, Lea & Flood 2014, OOPSLA,
doi:10.1145/2714064.2660195), arrays and strings through BLAKE2b.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.contract.schema import TableSchema

ZERO = "0" * 32
BLOCK_ROWS = 8192
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


def mix64(values: np.ndarray) -> np.ndarray:
    """Return the SplitMix64 finaliser of unsigned 64-bit integers, any shape."""
    with np.errstate(over="ignore"):
        z = values ^ (values >> np.uint64(30))
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return z


def text_seed(*parts: object) -> int:
    """Return a 64-bit seed of some values' text."""
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _bits(values: np.ndarray) -> np.ndarray:
    """Return scalars, shape (n,), as 64 bits each; NaN is one value, −0 is 0, text is hashed."""
    if values.dtype == object:
        texts = values.tolist()
        seeds = {text: text_seed(text) for text in set(texts)}
        return np.array([seeds[text] for text in texts], dtype=np.uint64)
    if values.dtype.kind == "f":
        clean = np.where(np.isnan(values), np.nan, values.astype(np.float64) + 0.0)
        return clean.view(np.uint64)
    if values.dtype == np.uint64:
        return values
    return values.astype(np.int64).view(np.uint64)


def _canonical(values: np.ndarray) -> np.ndarray:
    """Return an array, contiguous, in which NaN is one value and −0 is 0."""
    if values.dtype.kind == "f":
        clean = values + values.dtype.type(0.0)
        clean[np.isnan(clean)] = np.nan
        return np.ascontiguousarray(clean)
    return np.ascontiguousarray(values)


def array_digest(values: np.ndarray) -> str:
    """Return the digest of a numeric or text array as a whole."""
    if values.dtype.kind in "OU":
        return digest_json(values.tolist())
    return hashlib.blake2b(_canonical(np.atleast_1d(values)).data, digest_size=16).hexdigest()


def _array_hashes(values: np.ndarray) -> np.ndarray:
    """Return two hashes of each row of an array, shape (n, 2)."""
    joined = b"".join(hashlib.blake2b(row, digest_size=16).digest() for row in _canonical(values))
    return np.frombuffer(joined, dtype=np.uint64).reshape(len(values), 2)


Arrays = list[tuple[np.ndarray, np.ndarray | None]]
"""Values and nulls of each column."""


def identity_hashes(table: pa.Table, key: str | None, arrays: Arrays | None = None) -> np.ndarray:
    """Return the hashes that identify each row, shape (n, 2): of its key, or of its number."""
    if key is not None:
        values, mask = arrays[table.column_names.index(key)] if arrays is not None else to_numpy(table[key])
        lanes = mix64(_bits(values)[:, None] + _LANES)
        lanes[np.zeros(len(values), bool) if mask is None else mask] = _NULL
        return lanes
    return mix64(np.arange(table.num_rows, dtype=np.uint64)[:, None] + _LANES)


def _contributions(columns: Arrays, identity: np.ndarray) -> np.ndarray:
    """Return each cell's contribution to the digest of its column, shape (n, columns, 2)."""
    raw = np.zeros((len(identity), len(columns)), dtype=np.uint64)
    arrays: dict[int, np.ndarray] = {}
    nulls = np.zeros(raw.shape, dtype=bool)
    for j, (values, mask) in enumerate(columns):
        if values.ndim == 2:
            arrays[j] = _array_hashes(values)
        else:
            raw[:, j] = _bits(values)
            if values.dtype.kind == "f":
                nulls[:, j] = np.isnan(values)
        if mask is not None:
            nulls[:, j] |= mask
    lanes = mix64(raw[:, :, None] + _LANES)
    for j, hashes in arrays.items():
        lanes[:, j] = hashes
    lanes[nulls] = _NULL
    with np.errstate(over="ignore"):
        return mix64(identity[:, None, :] + mix64(lanes ^ _LANES))


def _blocks(table: pa.Table, key: str | None) -> Iterator[np.ndarray]:
    """Yield the contributions of a table, some thousands of rows at a time to spare memory."""
    for start in range(0, table.num_rows, BLOCK_ROWS):
        block = table.slice(start, BLOCK_ROWS)
        columns = [to_numpy(column) for column in block.columns]
        if key is None:
            identity = mix64(np.arange(start, start + block.num_rows, dtype=np.uint64)[:, None] + _LANES)
        else:
            identity = identity_hashes(block, key, columns)
        yield _contributions(columns, identity)


def total(lanes: np.ndarray) -> str:
    """Return the sum of the rows' contributions as 32 hexadecimal digits."""
    return _text(lanes.sum(axis=0, dtype=np.uint64))


def _text(pair: np.ndarray) -> str:
    return f"{int(pair[0]):016x}{int(pair[1]):016x}"


def table_digests(table: pa.Table, key: str | None) -> dict[str, str]:
    """Return the digest of every column of a table, over all of its rows."""
    sums = np.zeros((table.num_columns, 2), dtype=np.uint64)
    for lanes in _blocks(table, key):
        sums += lanes.sum(axis=0, dtype=np.uint64)
    return {name: _text(pair) for name, pair in zip(table.column_names, sums, strict=True)}


def row_digests(table: pa.Table, key: str | None) -> np.ndarray:
    """Return one digest of each row over all columns, shape (n, 2), dtype uint64."""
    seeds = np.array([text_seed(n) for n in table.column_names], dtype=np.uint64)
    with np.errstate(over="ignore"):
        rows = [mix64(lanes + seeds[:, None]).sum(axis=1) for lanes in _blocks(table, key)]
    return np.concatenate(rows) if rows else np.zeros((0, 2), dtype=np.uint64)


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


def column_types(schema: TableSchema, names: Iterable[str]) -> dict[str, list[str]]:
    """Return type and unit of columns, which are part of what an input says."""
    return {n: [schema[n].type_name(), schema[n].unit or ""] for n in sorted(set(names)) if n in schema}


def need_digest(digests: Mapping[str, str], types: Mapping[str, list[str]]) -> str:
    """Return the digest of an input: content of its columns, with their types and units."""
    return digest_json({n: [digests.get(n, ""), *kind] for n, kind in types.items()})


def content_digest(stored: TableSchema | None, totals: Mapping[str, str]) -> str:
    """Return the content digest of a product: schema (None: a model), then rows; independent of the partitioning."""
    types = None if stored is None else [[c.name, c.type_name(), c.unit or ""] for c in stored.columns]
    return digest_json([types, totals])
