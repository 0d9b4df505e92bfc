"""Closure of a selection: how complete and how pure the rows of a catalogue are, by a condition on the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vacframe.core.contract.errors import UsageError
from vacframe.report.closure import TRUTHS, Closure, Sample, default_against, lines
from vacframe.report.columns import Columns
from vacframe.report.compared_columns import Pair
from vacframe.report.joining import join

if TYPE_CHECKING:
    from vacframe.workspace import Workspace


def selection(
    workspace: Workspace,
    product: str,
    condition: str,
    *,
    of: str | None = None,
    truth: str | None = None,
    against: Sequence[str] | None = None,
    where: str = "",
    through: str | None = None,
    bins: int = 5,
) -> Closure:
    """Compare which stars are in a catalogue with which should be.

    Parameters
    ----------
    workspace : Workspace
        Where all is built.
    product : str
        The catalogue: every row is one that was selected.
    condition : str
        What is true of the stars that should be in it, on columns of the truth.
    of : str, optional
        Product that the selection was made from; its other rows are those that were not selected. Default: the truth.
    truth : str, optional
        The truth table; default `mock_truth`.
    against, where, through, bins
        As for `vacframe.report.closure.closure`, of the rows of `of`.

    Returns
    -------
    Closure
        With one column, that of the membership: completeness and purity.

    Examples
    --------
    >>> selection(Workspace("demo"), "gse_members", "population == 'gse'", of="gse_parent")  # doctest: +SKIP
    """
    truth = truth or TRUTHS[0]
    whole = of or truth
    joined = join(workspace, whole, truth, through)
    source = Columns(workspace, whole, truth, joined)
    rows = join(workspace, product, whole, through).rows
    if len(rows) and not (rows >= 0).any():
        raise UsageError(f"no row of {product} is in {whole}")
    stated = np.zeros(len(joined.rows), bool)
    stated[rows[rows >= 0]] = True
    true = source.where(condition, "--selects")
    chosen, found = source.where(where, "--where"), joined.rows >= 0
    reasons = {"not chosen": ~chosen, "no truth row": chosen & ~found}
    used = chosen & found
    groups = default_against(source) if against is None else against
    sample = Sample(
        Pair(product, condition, exact=True),
        stated[used].astype(object),
        true[used].astype(object),
        np.full(int(used.sum()), np.nan),
        {n: source[n][used] for n in groups},
        {reason: int(bad.sum()) for reason, bad in reasons.items() if bad.any()},
    )
    return Closure(product, truth, f"{joined.via}, of {whole}", lines(sample, bins), [sample])
