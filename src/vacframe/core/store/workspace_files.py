"""Notes: the workspace's own small files, on its format and survey, on reasons and on damage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vacframe.core.contract.errors import PlanError, StoreError
from vacframe.core.store.files import write_text

if TYPE_CHECKING:
    from vacframe.core.planning.pilot import Pilot
    from vacframe.core.planning.plan import BuildReport

FORMAT = 1
"""Version of the layout on disk."""


class Notes:
    """The files ``vacframe.json``, ``reasons.json`` and ``damaged.json`` of a workspace.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "vacframe.json"
        self._reasons = folder / "reasons.json"
        self._damaged = folder / "damaged.json"

    def check_format(self) -> None:
        """Raise StoreError where the workspace was made by a newer vacframe, or its file cannot be read."""
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

    def prepare(self, survey: str, pilot: Pilot | None) -> dict[str, Any]:
        """Make the workspace's folder and own file, or read it; PlanError where it is of another survey."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.own.exists():
            notes: dict[str, Any] = {"format": FORMAT, "survey": survey, "tree": {"least_order": 0, "split": []}}
            if pilot is not None:
                notes["pilot"] = pilot.model_dump(mode="json")
            write_text(self.own, json.dumps(notes, indent=1), replace=False)
        notes = json.loads(self.own.read_text())
        if notes["survey"] != survey:
            raise PlanError(
                f'{self.folder} was declared survey = "{notes["survey"]}" and the configuration says "{survey}"; '
                "made-up and real stars never share a workspace: name another --workspace"
            )
        return notes

    def reasons(self) -> dict[str, dict[str, str]]:
        """Return, for each product and partition, why it was last made."""
        try:
            kept: dict[str, dict[str, str]] = json.loads(self._reasons.read_text())
        except (OSError, ValueError):
            return {}
        return kept

    def keep_reasons(self, report: BuildReport) -> None:
        """Remember, for `why`, the reason for which each task last ran."""
        kept = self.reasons()
        for task in report.tasks:
            if task.action != "fresh":
                said = f"last made in build {report.build_id}: {task.reason.kind}: {task.reason.detail}"
                kept.setdefault(task.product, {})[task.part] = said
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
