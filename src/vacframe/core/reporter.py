"""What a build tells while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vacframe.core.report import BuildReport


class Reporter:
    """Receives the progress of a build; this one is silent. The command line shows bars."""

    def start(self, totals: dict[str, int]) -> None:
        """A build begins; `totals` has the products in order (0: the number of tasks is not known yet)."""

    def tasks(self, product: str, total: int) -> None:
        """`total` tasks of `product` are to be run."""

    def task_done(self, product: str, rows: int, action: str) -> None:
        """One task of `product` is done: it made or adopted `rows` rows."""

    def message(self, text: str) -> None:
        """Something worth telling happened."""

    def finish(self, report: BuildReport) -> None:
        """The build is over."""
