"""The key of a task: the digest of all that determines its result, and before reading, of all that it may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vacframe.core.columns.digest import digest_json, need_digest
from vacframe.core.columns.pixel import Pixel
from vacframe.core.contract.needs import Need


def task_key(recipe: Mapping[str, Any], inputs: Mapping[str, str], primary: Need | None, part: str) -> str:
    """Return the key of a task of a product that is made from others.

    The partition counts where the product's own rows come with a margin, since those of the margin are left out:
    two partitions may read the same rows.

    Parameters
    ----------
    recipe : mapping
        Schema, version, code, configuration, libraries, seed.
    inputs : mapping of str to str
        Input → digest of exactly the rows and columns that the task reads.
    primary : Need or None
        The need whose rows are the product's.
    part : str
        The partition.
    """
    known: dict[str, Any] = {"recipe": recipe, "inputs": inputs}
    return digest_json(known | {"part": part} if primary is not None and primary.how == "sky" else known)


def gather_key(product: str, schema: str, content: str) -> str:
    """Return the key of a partition of a source: its rows, in its schema."""
    return digest_json(["gather", product, schema, content])


def exact_key(need: Need, signature: str) -> str:
    """Return the key under which the digest of what a need read, of all that it may read, is remembered."""
    return digest_json([need.model_dump(mode="json"), signature])


def sky_signature(
    part: str, near: Iterable[Pixel], digests: Mapping[str, Mapping[str, str]], types: Mapping[str, list[str]]
) -> str:
    """Return the digest of what a task with a margin may read: its neighbours, whatever order they are listed in.

    The partition counts too: of the same neighbours each reads what lies around itself.
    """
    ordered = sorted(near)
    return digest_json([part, [[str(p), need_digest(digests.get(str(p), {}), types)] for p in ordered]])
