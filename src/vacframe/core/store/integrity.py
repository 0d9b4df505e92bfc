"""Whether stored files are what was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vacframe.core.columns.digest import table_digests
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.store.files import stat_of
from vacframe.core.store.hats import check_catalog
from vacframe.core.store.ledger import Ledger
from vacframe.core.store.model_files import model_digests, read_model
from vacframe.core.store.partition import read_columns
from vacframe.core.store.product_store import Version


def intact(version: Version, part: str, ledger: Ledger) -> bool:
    """Whether a partition's file is what was written: by its stat, and by its content where that changed."""
    record = version.parts[part]
    if not record.get("path"):
        return True
    path = version.file(part)
    stat = stat_of(path)
    if stat == record["stat"]:
        return True
    if not stat:
        return False
    known = ledger.get("intact", f"{path} {stat}")
    if known is None:
        known = {"digests": content_digests(path, version)}
        ledger.put("intact", f"{path} {stat}", known)
    return bool(known["digests"] == record["digests"])


def content_digests(path: Path, version: Version) -> dict[str, str]:
    """Return the digests of what a stored file or model holds now; none where it cannot be read."""
    try:
        if path.is_dir():
            return model_digests(read_model(path))
        return table_digests(read_columns(path), version.manifest["table_key"])
    except (CorruptFileError, OSError, ValueError):
        return {}


def damage(version: Version, product: str) -> Iterator[dict[str, str]]:
    """Yield what of a version is not as it was written: product, part, path, problem."""
    whole = True
    for part, record in version.parts.items():
        path = version.file(part)
        if record["path"] and content_digests(path, version) != record["digests"]:
            whole = False
            said = "is missing" if not path.exists() else "does not hold what was written; build makes it again"
            yield {"product": product, "part": part, "path": str(path), "problem": said}
    if whole and (version.root / "hats.properties").exists():
        for text in check_catalog(version.root):
            yield {"product": product, "part": "", "path": str(version.root), "problem": text}
