"""What a build tells while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vacframe.core.planning.plan import BuildReport, ProductOutcome


class Reporter:
    """Receives the progress of a build; this one is silent. The command line shows bars."""

    def start(self, totals: dict[str, int]) -> None:
        """Begin a build; `totals` has the products in order (0: the number of tasks is not known yet)."""

    def tasks(self, product: str, total: int) -> None:
        """Expect `total` tasks of `product`, further ones where it had some (a source is scanned, then gathered)."""

    def task_done(self, product: str, rows: int, action: str) -> None:
        """Count one task of `product` as done."""

    def product_done(self, outcome: ProductOutcome) -> None:
        """Tell that a product is complete and current."""

    def message(self, text: str) -> None:
        """Tell something worth telling."""

    def finish(self, report: BuildReport) -> None:
        """End the build."""
