"""Papers: the numbers that a method's authors published, and what a catalogue built here gives for each.

A plugin declares a `Paper` in a module of its own (`Plugin.paper`); ``vacframe paper NAME`` builds what it needs,
prints published beside measured, and draws the paper's figures where it is asked to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from vacframe.core.columns.batch import Batch

Verdict = Literal["agrees", "differs", "not comparable", "not measured"]


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
