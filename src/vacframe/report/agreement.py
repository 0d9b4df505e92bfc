"""How often values that are right or wrong (identifiers, codes, text, membership) are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vacframe.report.groups import MOST_VALUES


@dataclass(frozen=True)
class Agreement:
    """What a group of rows, or a class of them, says.

    Attributes
    ----------
    number : int
        Rows that are of the class in truth; of all classes: rows with a known truth.
    stated : int
        Rows that the catalogue puts in the class; of all classes: rows with a value.
    right : int
        Rows that are both.
    completeness : float
        Of `number`, the fraction that is right.
    purity : float
        Of `stated`, the fraction that is right.
    """

    number: int
    stated: int
    right: int
    completeness: float
    purity: float


def agreement(stated: np.ndarray, truth: np.ndarray) -> Agreement:
    """Return how often values are the true ones; of truth values only True counts.

    Parameters
    ----------
    stated, truth : ndarray of object, shape (n,)
        Values, None where there is none.
    """
    if _known(truth) <= {False, True}:
        return _counted(truth == True, stated == True)  # noqa: E712 - elementwise
    return _counted(~is_none(truth), ~is_none(stated), stated == truth)


def by_class(stated: np.ndarray, truth: np.ndarray) -> list[tuple[str, Agreement]]:
    """Return the agreement of each class, by name; none of truth values or where there are more than `MOST_VALUES`."""
    found = _known(truth)
    if found <= {False, True} or len(found) > MOST_VALUES:
        return []
    return [(str(c), _counted(truth == c, stated == c)) for c in sorted(found, key=str)]


def is_none(values: np.ndarray) -> np.ndarray:
    """Return which elements of an array of objects are None."""
    return np.fromiter((value is None for value in values), bool, len(values))


def _known(values: np.ndarray) -> set[object]:
    return {value for value in values.tolist() if value is not None}


def _counted(true: np.ndarray, stated: np.ndarray, right: np.ndarray | bool = True) -> Agreement:
    numbers = [int(np.count_nonzero(rows)) for rows in (true, stated, true & stated & right)]
    shares = [numbers[2] / n if n else float("nan") for n in numbers[:2]]
    return Agreement(*numbers, *shares)
