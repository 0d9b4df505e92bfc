"""Progress of a build on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn, TimeElapsedColumn

from vacframe.core.execution.progress import Reporter

if TYPE_CHECKING:
    from vacframe.core.execution.outcome import BuildReport, ProductOutcome


class ProgressBars(Reporter):
    """Reporter with one bar per product, on standard error.

    Where standard error is no terminal, one line per product of which anything was made takes the place of the bars.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._live = self._console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._finished: dict[str, int] = {}

    def start(self, products: list[str]) -> None:
        """Show the bars; a product has one when it has tasks."""
        self._bars.start()

    def tasks(self, product: str, total: int) -> None:
        """Show the bar of a product, or make it longer."""
        if product in self._tasks:
            self._bars.update(self._tasks[product], total=self._bar(product).completed + total)
        elif total:
            self._tasks[product] = self._bars.add_task(product, total=total, rows=0)

    def task_progress(self, product: str, rows: int) -> None:
        """Show the rows that running tasks are done with beside those of finished ones."""
        self._bars.update(self._tasks[product], rows=self._finished.get(product, 0) + rows)

    def task_done(self, product: str, rows: int, action: str) -> None:
        """Advance the bar of a product."""
        self._finished[product] = self._finished.get(product, 0) + rows
        self._bars.update(self._tasks[product], advance=1, rows=self._finished[product])

    def product_done(self, outcome: ProductOutcome) -> None:
        """Show the rows of the whole product: those of tasks that were fresh or adopted too."""
        if outcome.name in self._tasks:
            self._bars.update(self._tasks[outcome.name], rows=outcome.rows)
        made = outcome.ran + outcome.adopted
        if made and not self._live:
            rows = "" if outcome.kind == "model" else f", {outcome.rows:,} rows"
            self.message(f"{outcome.name}: {made} task{'s' * (made > 1)} done{rows}")

    def _bar(self, product: str) -> Task:
        return next(t for t in self._bars.tasks if t.id == self._tasks[product])

    def message(self, text: str) -> None:
        """Print a line above the bars, unbroken where standard error is no terminal."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def finish(self, report: BuildReport) -> None:
        """Stop the bars; they stay on the screen."""
        self._bars.stop()
