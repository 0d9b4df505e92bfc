"""Closure: a catalogue against the truth.

Numbers as bias, scatter, outliers, pulls and coverage of the stated errors; what is right or wrong as completeness and
purity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe.astro.residuals import ResidualStatistics, residual_statistics
from vacframe.core.contract.errors import UsageError
from vacframe.report.agreement import Agreement, agreement, by_class, is_none
from vacframe.report.columns import Columns, exact, plain
from vacframe.report.compared_columns import TRAINING, Pair, find_pairs
from vacframe.report.groups import group_by
from vacframe.report.joining import join, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

    from vacframe.workspace import Workspace

TRUTH = "truth"
"""Name under which rows are grouped by the true value itself."""
TRUTHS = ("mock_truth", "mock_observations")
"""Truth tables; where none is named, the first with which anything can be compared."""
DEFAULT_UCDS = ("stat.snr", "phot.mag")
"""Where nothing is named, rows are grouped by the first column whose UCD begins so."""
_NOTHING = {f.name: float("nan") for f in fields(ResidualStatistics)} | {
    f.name: float("nan") for f in fields(Agreement)
}
_COUNTS = ("number", "pulls", "stated", "right")


@dataclass(frozen=True)
class Row:
    """One line of a closure table: a column, a group of its rows (``all``, a bin, a value), and what they say."""

    column: str
    truth: str
    unit: str
    against: str
    group: str
    low: float
    high: float
    statistics: ResidualStatistics | Agreement

    def flat(self) -> dict[str, Any]:
        """Return the line as one dictionary; what such a column does not have is NaN, of counts 0."""
        out = asdict(self)
        found = out.pop("statistics")
        return out | _NOTHING | dict.fromkeys(_COUNTS, 0) | found


@dataclass
class Sample:
    """The rows that are compared in one column, arrays of shape (n,).

    Attributes
    ----------
    pair : Pair
        The columns.
    estimate, truth, error : ndarray of float64
        In the unit of the pair; an error is NaN where none (or none above 0) is stated. Values of an exact pair are
        objects.
    against : dict of str to ndarray
        What the rows are grouped by.
    left_out : dict of str to int
        Rows that are not compared, by reason.
    """

    pair: Pair
    estimate: np.ndarray
    truth: np.ndarray
    error: np.ndarray
    against: dict[str, np.ndarray]
    left_out: dict[str, int]

    def judged(self, rows: np.ndarray, outlier: float = 3.0) -> ResidualStatistics | Agreement:
        """Return what the chosen rows say."""
        if self.pair.exact:
            return agreement(self.estimate[rows], self.truth[rows])
        return residual_statistics(self.difference[rows], self.error[rows], outlier)

    @property
    def difference(self) -> np.ndarray:
        """Estimate minus truth."""
        return self.estimate - self.truth

    @property
    def pull(self) -> np.ndarray:
        """Difference over error, of the rows that state one."""
        stated = np.isfinite(self.error)
        return self.difference[stated] / self.error[stated]


@dataclass
class Closure:
    """How far a catalogue is from the truth.

    Attributes
    ----------
    product, truth, via : str
        The catalogue, the truth table, and how their rows were joined.
    rows : list of Row
        For each column: all rows, then those of each group.
    samples : list of Sample
        The compared rows, for figures.
    """

    product: str
    truth: str
    via: str
    rows: list[Row] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def overall(self) -> list[dict[str, Any]]:
        """Return the lines of all rows, one per column, with what was left out."""
        lines = [r.flat() for r in self.rows if r.group == "all"]
        return [r | {"left_out": s.left_out} for r, s in zip(lines, self.samples, strict=True)]

    def grouped(self, against: str) -> list[dict[str, Any]]:
        """Return the lines of the groups in one quantity."""
        return [r.flat() for r in self.rows if r.against == against]

    def to_table(self) -> pa.Table:
        """Return every line as an Arrow table."""
        import pyarrow as pa

        return pa.Table.from_pylist([r.flat() for r in self.rows])

    def to_json(self) -> dict[str, Any]:
        """Return everything but the samples."""
        left_out = {s.pair.column: s.left_out for s in self.samples}
        lines = [r.flat() for r in self.rows]
        return {"product": self.product, "truth": self.truth, "via": self.via, "left_out": left_out, "rows": lines}


def closure(
    workspace: Workspace,
    product: str,
    truth: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    match: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    against: Sequence[str] | None = None,
    where: str = "",
    without: Sequence[str] = (),
    through: str | None = None,
    bins: int = 5,
    outlier: float = 3.0,
) -> Closure:
    """Compare a built catalogue with a truth table.

    Left out, and counted: rows without a row in the truth, rows where the estimate or the truth is missing, rows whose
    ``flag_<column>`` is not 0, rows that ``split_<set>`` says a training set was made of, and those of `without`.

    Parameters
    ----------
    workspace : Workspace
        Where both are built.
    product, truth : str
        The catalogue and the truth table (default: one of `TRUTHS`); joined as `vacframe.report.joining.join` says.
    columns, match, errors
        As for `vacframe.report.compared_columns.find_pairs`.
    against : sequence of str, optional
        What rows are grouped by: columns of the catalogue, else of the truth, else ``<product>.<column>`` of another
        built product. Default: the signal-to-noise ratio and the magnitude that come first, by UCD. The true value
        of each column always counts too.
    where : str
        Condition on columns of the catalogue (else of the truth) that rows must meet.
    without : sequence of str
        Products whose rows do not count, or ``<product>: <condition>`` for some of their rows (a training set).
    through : str, optional
        Product that carries both keys.
    bins : int
        Groups of a continuous quantity, of equal numbers of rows; 0 for no groups.
    outlier : float
        Rows further than this many scatters from the bias are outliers.

    Returns
    -------
    Closure
        Units are those of the catalogue's columns.

    Raises
    ------
    UsageError
        If something is not built or not there, or nothing can be compared.

    Examples
    --------
    >>> closure(Workspace("demo"), "nn_labels").overall()  # doctest: +SKIP
    """
    truth, pairs = _paired(workspace, product, truth, columns=columns, match=match, errors=errors)
    joined = join(workspace, product, truth, through)
    source = Columns(workspace, product, truth, joined)
    groups = {n: source[n] for n in default_against(source) if against is None} | {n: source[n] for n in against or ()}
    apart = {"not chosen": ~source.where(where, "--where")}
    for text in without:
        name, _, condition = (part.strip() for part in text.partition(":"))
        apart[f"in {name}"] = source.member(name, condition)
    out = Closure(product, truth, joined.via)
    for pair in pairs:
        sample = _sample(pair, source, groups, apart)
        out.samples.append(sample)
        out.rows += lines(sample, bins, outlier)
    return out


def _paired(workspace: Workspace, product: str, truth: str | None, **named: Any) -> tuple[str, list[Pair]]:
    """Return the truth table, of the default ones the first that has something to compare, and the pairs."""
    mine = schema_of(workspace, product)
    built = {str(p["name"]) for p in workspace.products() if p["state"] == "built"}
    choices = [truth] if truth is not None else [t for t in TRUTHS if t in built and t != product] or [TRUTHS[0]]
    for choice in choices[:-1]:
        try:
            return choice, find_pairs(mine, schema_of(workspace, choice), **named)
        except UsageError:
            continue
    return choices[-1], find_pairs(mine, schema_of(workspace, choices[-1]), **named)


def default_against(source: Columns) -> list[str]:
    """Return the first column by each of `DEFAULT_UCDS`, of the catalogue, else of the truth."""
    columns = [c for schema in (source.mine, source.theirs) for c in schema.columns if c.is_float and c.length is None]
    found = [next((c.name for c in columns if (c.ucd or "").startswith(ucd)), None) for ucd in DEFAULT_UCDS]
    return [n for n in found if n is not None]


def _sample(pair: Pair, source: Columns, groups: Mapping[str, np.ndarray], apart: Mapping[str, np.ndarray]) -> Sample:
    error = np.full(len(source.joined.rows), np.nan)
    if pair.exact:
        estimate, true = exact(source.arrow(pair.column)), exact(source.true(pair.truth))
        missing = is_none(true)
    else:
        estimate, true = source[pair.column], plain(source.true(pair.truth)) * pair.factor
        missing = ~(np.isfinite(estimate) & np.isfinite(true))
    if len(pair.error) == 1:
        error = source[pair.error[0]]
    elif pair.error:
        error = 0.5 * (source[pair.error[1]] - source[pair.error[0]])
    error = np.where(error > 0, error, np.nan)
    none = np.zeros(len(estimate), bool)
    reasons = {
        **apart,
        "no truth row": source.joined.rows < 0,
        "trained on": none if pair.split is None else source[pair.split] == TRAINING,
        "missing": missing,
        "flagged": none if pair.flag is None else source[pair.flag] != 0,
    }
    used = ~none
    left_out = {}
    for reason, bad in reasons.items():
        if (used & bad).any():
            left_out[reason] = int((used & bad).sum())
        used &= ~bad
    against = {n: v[used] for n, v in groups.items()} | ({} if pair.exact else {TRUTH: true[used]})
    return Sample(pair, estimate[used], true[used], error[used], against, left_out)


def lines(sample: Sample, bins: int, outlier: float = 3.0) -> list[Row]:
    """Return the lines of a column: of all rows, of each class, and of the groups in each quantity."""
    pair = sample.pair

    def line(against: str, group: str, low: float, high: float, found: ResidualStatistics | Agreement) -> Row:
        return Row(pair.column, pair.truth, pair.unit or "", against, group, low, high, found)

    out = [line("", "all", np.nan, np.nan, sample.judged(np.ones(len(sample.truth), bool), outlier))]
    if pair.exact and bins:
        out += [line(TRUTH, c, np.nan, np.nan, found) for c, found in by_class(sample.estimate, sample.truth)]
    for name, values in sample.against.items():
        for group, low, high, rows in group_by(values, bins):
            out.append(line(name, group, low, high, sample.judged(rows, outlier)))
    return out
