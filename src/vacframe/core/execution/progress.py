"""What a build tells while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vacframe.core.execution.outcome import BuildReport, ProductOutcome


class Reporter:
    """Receives the progress of a build; this one is silent. The command line shows bars."""

    def start(self, products: list[str]) -> None:
        """Begin a build of these products, in order."""

    def tasks(self, product: str, total: int) -> None:
        """Expect `total` tasks of `product`, further ones where it had some (a source is scanned, then gathered)."""

    def task_progress(self, product: str, rows: int) -> None:
        """Tell that the running tasks of `product` are done with `rows` rows so far, as their functions say."""

    def task_done(self, product: str, rows: int, action: str) -> None:
        """Count one task of `product` as done."""

    def product_done(self, outcome: ProductOutcome) -> None:
        """Tell that a product is complete and current."""

    def message(self, text: str) -> None:
        """Tell something worth telling."""

    def finish(self, report: BuildReport) -> None:
        """End the build."""
