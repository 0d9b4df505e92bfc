"""The workspace's own small files: its format, survey and pixel tree, why parts were last made, what is damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vacframe.core.contract.errors import PlanError, StoreError
from vacframe.core.store.files import write_text
from vacframe.core.store.product_store import MANIFEST

if TYPE_CHECKING:
    from vacframe.core.store.pixel_tree import PixelTree

FORMAT = 2
"""Version of the layout on disk."""
EMPTY_TREE = {"least_order": 0, "split": []}
OLD_NAME = "vacframe.json"
"""What format 1 called the workspace's own file, and the record of each version."""


class WorkspaceFiles:
    """The files ``workspace.json``, ``reasons.json`` and ``damaged.json`` of a workspace.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "workspace.json"
        self._reasons = folder / "reasons.json"
        self._damaged = folder / "damaged.json"

    def check_format(self) -> None:
        """Bring a workspace of an older format up to date.

        Raises
        ------
        StoreError
            If it was made by a newer vacframe, or its file cannot be read.
        """
        if not self.own.exists():
            self._rename_old()
        if not self.own.exists():
            return
        try:
            found = int(json.loads(self.own.read_text())["format"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self.own} cannot be read ({error}); restore it, or name another --workspace") from None
        if found > FORMAT:
            raise StoreError(
                f"{self.folder} was made by a newer vacframe (workspace format {found}, this one knows {FORMAT}); "
                "upgrade vacframe, or name another --workspace"
            )

    def _rename_old(self) -> None:
        """Rename the files of format 1, the workspace's own last, so that a kill in between is made good later."""
        old = self.folder / OLD_NAME
        if not (old.exists() and (self.folder / "products").is_dir()):
            return
        for record in self.folder.glob(f"products/*/versions/*/{OLD_NAME}"):
            os.rename(record, record.with_name(MANIFEST))
        os.rename(old, self.own)

    def prepare(self, survey: str, pilot: Mapping[str, Any] | None) -> dict[str, Any]:
        """Make the workspace's folder and own file, or read it; PlanError where it is of another survey."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.own.exists():
            notes: dict[str, Any] = {"format": FORMAT, "survey": survey, "tree": EMPTY_TREE}
            if pilot is not None:
                notes["pilot"] = dict(pilot)
            write_text(self.own, json.dumps(notes, indent=1), replace=False)
        notes = json.loads(self.own.read_text())
        if notes["survey"] != survey:
            raise PlanError(
                f'{self.folder} was declared survey = "{notes["survey"]}" and the configuration says "{survey}"; '
                "made-up and real stars never share a workspace: name another --workspace"
            )
        return notes

    def grow(self, tree: PixelTree) -> None:
        """Record a grown pixel tree; what another build has split there stays so."""
        notes = json.loads(self.own.read_text())
        tree.split |= tree.from_json(notes["tree"]).split
        notes["tree"] = tree.to_json()
        write_text(self.own, json.dumps(notes, indent=1))

    def reasons(self) -> dict[str, dict[str, str]]:
        """Return, for each product and partition, why it was last made."""
        try:
            kept: dict[str, dict[str, str]] = json.loads(self._reasons.read_text())
        except (OSError, ValueError):
            return {}
        return kept

    def keep_reasons(self, made: Iterable[tuple[str, str, str]]) -> None:
        """Remember why parts were made: product, part, reason."""
        kept = self.reasons()
        for product, part, reason in made:
            kept.setdefault(product, {})[part] = reason
        write_text(self._reasons, json.dumps(kept))

    def damaged(self) -> set[tuple[str, str]]:
        """Return the partitions, (product, part), that were found damaged and are not made again yet."""
        try:
            return {(str(product), str(part)) for product, part in json.loads(self._damaged.read_text())}
        except (OSError, ValueError, TypeError):
            return set()

    def keep_damaged(self, found: Iterable[tuple[str, str]]) -> None:
        """Remember damaged partitions for the next build, and forget all others."""
        if found := sorted(found):
            write_text(self._damaged, json.dumps(found))
        else:
            self._damaged.unlink(missing_ok=True)
