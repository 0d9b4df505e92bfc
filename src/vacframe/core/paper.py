"""Papers: the numbers that a method's authors published, and what a catalogue built here gives for each.

A plugin declares a `Paper` in a module of its own (`Plugin.paper`); ``vacframe paper NAME`` builds what it needs
and prints published beside measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from vacframe.core.batch import Batch

Verdict = Literal["agrees", "differs", "not measured"]


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

    def judge(self, measured: float) -> Verdict:
        """Return the verdict on a measured value."""
        if math.isnan(measured):
            return "not measured"
        excess = measured - self.value
        wrong = {"equal": abs(excess), "at_most": excess, "at_least": -excess}[self.compare]
        return "agrees" if wrong <= self.tolerance else "differs"


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

    def needed(self) -> list[str]:
        """Return the products that the numbers are measured from, and the further ones."""
        return list(dict.fromkeys([*self.products, *(n.product for n in self.numbers)]))


@dataclass(frozen=True)
class Score:
    """A published number beside the measured one."""

    name: str
    published: float
    tolerance: float
    measured: float | None
    unit: str
    verdict: Verdict
    compare: str
    place: str
    how: str
    product: str
    reason: str = ""
    """Why it was not measured."""


@dataclass(frozen=True)
class Scorecard:
    """The scores of one paper.

    Attributes
    ----------
    survey : str
        ``mock`` where the stars are made up, so that published numbers need not be met.
    """

    paper: str
    title: str
    citation: str
    survey: str
    scores: tuple[Score, ...]


def scores(
    numbers: Iterable[Published], read: Callable[[str, list[str]], Any], unavailable: Mapping[str, str]
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
    """
    return [_score(number, read, unavailable.get(number.product)) for number in numbers]


def _score(number: Published, read: Callable[[str, list[str]], Any], missing: str | None) -> Score:
    measured, reason = math.nan, missing or ""
    if missing is None:
        measured = float(number.measure(_rows(number, read)))
        reason = "" if math.isfinite(measured) else f"the rows of {number.product} do not allow it"
    return Score(
        number.name, number.value, number.tolerance, measured if math.isfinite(measured) else None, number.unit,
        number.judge(measured), number.compare, number.place, number.how, number.product, reason,
    )  # fmt: skip


def _rows(number: Published, read: Callable[[str, list[str]], Any]) -> Batch:
    import numpy as np
    import pyarrow as pa

    from vacframe.core.batch import Batch
    from vacframe.core.expression import names_in, select
    from vacframe.core.values import to_numpy

    used = names_in(number.where) if number.where else ()
    table = read(number.product, list(dict.fromkeys([*number.columns, *used])))
    if number.where:
        values = {n: to_numpy(table[n]) for n in used}
        chosen = np.broadcast_to(select(number.where, values, what=f"where of {number.name}"), table.num_rows)
        table = table.filter(pa.array(chosen))
    return Batch(table.select(list(number.columns)).combine_chunks(), number.product)
