"""Scorecards: the published numbers of a paper beside what a catalogue built here gives, and its figures drawn anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import to_numpy
from vacframe.core.columns.batch import Batch
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.core.contract.paper import Paper, PaperFigure, Published, Verdict
from vacframe.core.planning.configuration import plugin_config

if TYPE_CHECKING:
    from vacframe.core.execution.progress import Reporter
    from vacframe.workspace import Workspace

Read = Callable[[str, list[str] | None], Any]
"""``read(product, columns)`` gives rows as an Arrow table; None is all columns."""
MADE_UP = "it is a number of the real stars, and these are made up"
RESOLUTION = 130
"""Dots per inch of figures."""


@dataclass(frozen=True)
class Score:
    """A published number beside the measured one."""

    name: str
    published: float
    tolerance: float
    measured: float | None
    error: float | None
    unit: str
    verdict: Verdict
    compare: str
    place: str
    how: str
    product: str
    reason: str = ""
    """Why it was not measured, or not judged."""


@dataclass(frozen=True)
class Drawing:
    """A figure that was drawn, or why it was not."""

    name: str
    place: str
    path: Path | None
    reason: str = ""


@dataclass(frozen=True)
class Scorecard:
    """The scores of one paper.

    Attributes
    ----------
    survey : str
        ``mock`` where the stars are made up, so that published numbers need not be met.
    figures : tuple of Drawing
        Where they were asked for.
    """

    paper: str
    title: str
    citation: str
    survey: str
    scores: tuple[Score, ...]
    figures: tuple[Drawing, ...] = ()


def score_paper(
    workspace: Workspace, name: str, *, workers: int | None, plots: Path | None, reporter: Reporter | None
) -> Scorecard:
    """Build what the published numbers of a paper are measured from, and measure them (`Workspace.paper`)."""
    paper = workspace.registry.paper(name)
    needed = paper.needed(figures=plots is not None)
    unavailable = {product: why for product in needed if (why := workspace.cannot_plan(product))}
    wanted = [p for p in needed if p not in unavailable]
    report = workspace.build(*wanted, workers=workers, reporter=reporter) if wanted else None
    failed = "; ".join(dict.fromkeys(f.error for f in (report.failures if report else ())))
    for outcome in report.products if report else ():
        if outcome.name in wanted and not outcome.version:
            unavailable[outcome.name] = f"it was not built: {failed}"
    survey = workspace.loaded.project.survey
    plugin = workspace.registry.load(workspace.registry.papers()[name][0])
    unlike = incomparable(paper.numbers, survey, plugin_config(workspace.loaded, plugin.name, plugin.config_model))
    found = tuple(scores(paper.numbers, workspace.read, unavailable, unlike))
    figures = () if plots is None else tuple(draw(paper, workspace.read, unavailable, plots))
    return Scorecard(paper.name, paper.title, paper.citation, survey, found, figures)


def incomparable(numbers: Iterable[Published], survey: str, config: Any) -> dict[str, str]:
    """Return number → why it is not judged in a workspace of this survey, under the plugin's configuration."""
    made_up = survey == "mock"
    reasons = {
        n.name: (MADE_UP if n.of_real_stars and made_up else "", n.caveat(config) if n.caveat else "") for n in numbers
    }
    return {name: "; ".join(filter(None, texts)) for name, texts in reasons.items() if any(texts)}


def scores(
    numbers: Iterable[Published], read: Read, unavailable: Mapping[str, str], unlike: Mapping[str, str]
) -> list[Score]:
    """Measure published numbers.

    Parameters
    ----------
    numbers : iterable of Published
        What to measure.
    read : callable
        ``read(product, columns)`` gives the rows as an Arrow table.
    unavailable : mapping of str to str
        Product → why it could not be built.
    unlike : mapping of str to str
        Number → why it is not judged (`incomparable`).
    """
    return [_score(number, read, unavailable.get(number.product), unlike.get(number.name, "")) for number in numbers]


def _score(number: Published, read: Read, missing: str | None, unlike: str) -> Score:
    measured, error, reason = math.nan, math.nan, missing or ""
    if missing is None:
        rows, total = _rows(number, read)
        measured = float(number.measure(rows))
        if number.error_column and len(rows) == 1:
            error = float(rows[number.error_column][0])
        reason = unlike if math.isfinite(measured) else _nothing(number, len(rows), total)
    judged = math.isnan(measured) or not unlike
    return Score(
        number.name, number.value, number.tolerance, _known(measured), _known(error), number.unit,
        number.judge(measured) if judged else "not comparable", number.compare, number.place, number.how,
        number.product, reason,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _nothing(number: Published, rows: int, total: int) -> str:
    if rows:
        return f"the rows of {number.product} do not allow it"
    return f"{number.product} has no rows" + (f" with {number.where}" if total else "")


def _rows(number: Published, read: Read) -> tuple[Batch, int]:
    """Return the rows that count, and how many there are in all."""
    used = names_in(number.where) if number.where else ()
    wanted = [*number.columns, *([number.error_column] if number.error_column else [])]
    table = read(number.product, list(dict.fromkeys([*wanted, *used])))
    total = table.num_rows
    if number.where:
        values = {n: to_numpy(table[n]) for n in used}
        chosen = np.broadcast_to(select_rows(number.where, values, what=f"where of {number.name}"), table.num_rows)
        table = table.filter(pa.array(chosen))
    return Batch(table.select(wanted).combine_chunks(), number.product), total


def draw(paper: Paper, read: Read, unavailable: Mapping[str, str], folder: Path) -> list[Drawing]:
    """Write the figures of a paper as ``<paper>-<name>.png`` into a folder.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(figure, read, unavailable, folder / f"{paper.name}-{figure.name}.png") for figure in paper.figures]


def _draw(figure: PaperFigure, read: Read, unavailable: Mapping[str, str], path: Path) -> Drawing:
    missing = [unavailable[p] for p in figure.tables if p in unavailable]
    if missing:
        return Drawing(figure.name, figure.place, None, missing[0])
    tables: list[pa.Table] = [read(product, list(columns) or None) for product, columns in figure.tables.items()]
    empty = [product for product, table in zip(figure.tables, tables, strict=True) if not table.num_rows]
    if empty:
        return Drawing(figure.name, figure.place, None, f"{empty[0]} has no rows")
    figure.draw(*tables).savefig(path, dpi=RESOLUTION)
    return Drawing(figure.name, figure.place, path)
