"""Progress of a build on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class ProgressBars:
    """Reporter with one bar per product, on standard error.

    Where standard error is no terminal, one line per finished product takes the place of the bars.
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
        self._done: dict[str, int] = {}
        self._rows: dict[str, int] = {}

    def start(self, total_by_product: Mapping[str, int]) -> None:
        """Show one bar per product that has tasks to do."""
        for product, total in total_by_product.items():
            if product not in self._tasks:
                self._tasks[product] = self._bars.add_task(product, total=total, rows=0)
                self._done[product] = self._rows[product] = 0
            else:
                self._bars.update(self._tasks[product], total=total)
        self._bars.start()

    def task_done(self, product: str, rows: int, action: str) -> None:
        """Advance the bar of a product."""
        if product not in self._tasks:
            self.start({product: 1})
        self._done[product] += 1
        self._rows[product] += rows
        task = self._tasks[product]
        self._bars.update(task, advance=1, rows=self._rows[product])
        total = next(t.total for t in self._bars.tasks if t.id == task)
        if not self._live and self._done[product] == total:
            self.message(f"{product}: {self._done[product]} tasks done, {self._rows[product]:,} rows")

    def message(self, text: str) -> None:
        """Print a line above the bars."""
        self._console.print(text, markup=False, highlight=False)

    def finish(self, report: Any) -> None:
        """Stop the bars; they stay on the screen."""
        self._bars.stop()
