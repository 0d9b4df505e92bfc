"""Papers: the numbers that a method's authors published, and what a catalogue built here gives for each.

A plugin declares a `Paper` in a module of its own (`Plugin.paper`); ``vacframe paper NAME`` builds what it needs,
prints published beside measured, and draws the paper's figures where it is asked to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from vacframe.core.batch import Batch

Verdict = Literal["agrees", "differs", "not comparable", "not measured"]
Read = Callable[[str, list[str] | None], Any]
"""``read(product, columns)`` gives rows as an Arrow table; None is all columns."""
MADE_UP = "it is a number of the real stars, and these are made up"
RESOLUTION = 130
"""Dots per inch of figures."""


def single_value(batch: Batch) -> float:
    """Return the one value of the first column; NaN unless there is exactly one row (for `Published.measure`)."""
    values = batch[batch.columns[0]]
    return float(values[0]) if len(values) == 1 else math.nan


@dataclass(frozen=True)
class Published:
    """One published number, and how it is measured.

    Attributes
    ----------
    name : str
        Short name, unique within the paper.
    value, tolerance : float
        What the paper says, and how far a measurement may lie from it.
    product : str
        The product that it is measured from.
    columns : tuple of str
        The columns that `measure` reads.
    measure : callable
        ``measure(batch) -> float``; NaN where the rows do not allow it.
    how : str
        The measurement in one sentence.
    place : str
        Where in the paper: section, table, figure.
    unit : str
        Unit of value and tolerance.
    where : str or None
        Only rows for which this expression holds.
    compare : str
        ``equal``: within the tolerance; ``at_most``, ``at_least``: a better measurement agrees too.
    of_real_stars : bool
        Whether the number is one of the real sky or survey (how many stars, an error of a telescope), which made-up
        stars need not have: in a mock workspace it is measured, not judged.
    error_column : str
        Column with the error of the number, where it is the one value of a row.
    caveat : callable
        ``caveat(config) -> str``: why, under this configuration of the plugin, the number is another one than the
        paper's, so that it is measured, not judged; empty where it is the same.
    """

    name: str
    value: float
    tolerance: float
    product: str
    columns: tuple[str, ...]
    measure: Callable[[Batch], float]
    how: str
    place: str = ""
    unit: str = ""
    where: str | None = None
    compare: Literal["equal", "at_most", "at_least"] = "equal"
    of_real_stars: bool = False
    error_column: str = ""
    caveat: Callable[[Any], str] | None = None

    def judge(self, measured: float) -> Verdict:
        """Return the verdict on a measured value."""
        if math.isnan(measured):
            return "not measured"
        excess = measured - self.value
        wrong = {"equal": abs(excess), "at_most": excess, "at_least": -excess}[self.compare]
        return "agrees" if wrong <= self.tolerance else "differs"


@dataclass(frozen=True)
class PaperFigure:
    """A figure of a paper, drawn anew from stored products.

    Attributes
    ----------
    name : str
        Name of the file, without suffix.
    place : str
        Which figure of the paper it is like.
    tables : mapping of str to tuple of str
        The products that it shows, and their columns; an empty tuple is all.
    draw : callable
        ``draw(*tables) -> matplotlib.figure.Figure`` with Arrow tables, in that order.
    """

    name: str
    place: str
    tables: Mapping[str, tuple[str, ...]]
    draw: Callable[..., Any]


@dataclass(frozen=True)
class Paper:
    """A paper whose method a plugin carries out.

    Attributes
    ----------
    name : str
        By which it is called, as ``wang2021``.
    title, citation : str
        Of the paper.
    numbers : tuple of Published
        What it published.
    figures : tuple of PaperFigure
        Figures that ``vacframe paper NAME --plots DIR`` draws.
    products : tuple of str
        What ``vacframe paper`` builds beside the products that the numbers are measured from.
    settings : mapping
        Configuration of the paper, a layer between the defaults and the user's file (``--paper NAME``).
    """

    name: str
    title: str
    citation: str
    numbers: tuple[Published, ...]
    products: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[PaperFigure, ...] = ()

    def needed(self, figures: bool = False) -> list[str]:
        """Return the products that the numbers are measured from, the further ones, and those of the figures."""
        shown = [p for f in self.figures for p in f.tables] if figures else []
        return list(dict.fromkeys([*self.products, *(n.product for n in self.numbers), *shown]))


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
    import numpy as np
    import pyarrow as pa

    from vacframe.core.batch import Batch
    from vacframe.core.expression import names_in, select
    from vacframe.core.values import to_numpy

    used = names_in(number.where) if number.where else ()
    wanted = [*number.columns, *([number.error_column] if number.error_column else [])]
    table = read(number.product, list(dict.fromkeys([*wanted, *used])))
    total = table.num_rows
    if number.where:
        values = {n: to_numpy(table[n]) for n in used}
        chosen = np.broadcast_to(select(number.where, values, what=f"where of {number.name}"), table.num_rows)
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
