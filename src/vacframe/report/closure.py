"""Closure: a catalogue against the truth, as bias, scatter, outliers, pulls and coverage of the stated errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe.core.errors import UsageError
from vacframe.core.expression import names_in, select
from vacframe.core.schema import TableSchema
from vacframe.core.values import to_numpy
from vacframe.report.joining import Join, join, read_batch, schema_of, taken
from vacframe.report.pairs import TRAINING, Pair, find_pairs
from vacframe.report.statistics import Statistics, group_by, statistics

if TYPE_CHECKING:
    import pyarrow as pa

    from vacframe.core.workspace import Workspace

TRUTH = "truth"
"""Name under which rows are grouped by the true value itself."""
DEFAULT_UCDS = ("stat.snr", "phot.mag")
"""Where nothing is named, rows are grouped by the first column whose UCD begins so."""


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
    statistics: Statistics

    def flat(self) -> dict[str, Any]:
        """Return the line as one dictionary."""
        out = asdict(self)
        return out | out.pop("statistics")


@dataclass
class Sample:
    """The rows that are compared in one column, arrays of shape (n,).

    Attributes
    ----------
    pair : Pair
        The columns.
    estimate, truth, error : ndarray of float64
        In the unit of the pair; an error is NaN where none (or none above 0) is stated.
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
    truth: str = "mock_truth",
    *,
    columns: Sequence[str] | None = None,
    match: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    against: Sequence[str] | None = None,
    where: str = "",
    through: str | None = None,
    bins: int = 5,
    outlier: float = 3.0,
) -> Closure:
    """Compare a built catalogue with a truth table.

    Left out, and counted: rows without a row in the truth, rows where the estimate or the truth is missing, rows whose
    ``flag_<column>`` is not 0, and rows that ``split_<set>`` says a training set was made of.

    Parameters
    ----------
    workspace : Workspace
        Where both are built.
    product, truth : str
        The catalogue and the truth table; joined as `vacframe.report.joining.join` says.
    columns, match, errors
        As for `vacframe.report.pairs.find_pairs`.
    against : sequence of str, optional
        What rows are grouped by: columns of the catalogue, else of the truth, else ``<product>.<column>`` of another
        built product. Default: the signal-to-noise ratio and the magnitude that come first, by UCD. The true value
        of each column always counts too.
    where : str
        Condition on columns of the catalogue (else of the truth) that rows must meet.
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
    mine, theirs = schema_of(workspace, product), schema_of(workspace, truth)
    pairs = find_pairs(mine, theirs, columns=columns, match=match, errors=errors)
    joined = join(workspace, product, truth, through)
    source = _Columns(workspace, product, truth, mine, theirs, joined)
    named = _default_against(mine, theirs) if against is None else list(against)
    groups = {n: source[n] for n in named}
    chosen = np.ones(len(joined.rows), bool)
    if where:
        chosen &= select(where, {n: to_numpy(source.arrow(n)) for n in names_in(where)}, what="--where")
    out = Closure(product, truth, joined.via)
    for pair in pairs:
        sample = _sample(pair, source, joined, groups, chosen)
        out.samples.append(sample)
        out.rows += _lines(sample, bins, outlier)
    return out


class _Columns:
    """Columns of the catalogue's rows, from the catalogue, the truth or any other product."""

    def __init__(
        self, workspace: Workspace, product: str, truth: str, mine: TableSchema, theirs: TableSchema, joined: Join
    ) -> None:
        self.workspace, self.product, self.truth = workspace, product, truth
        self.mine, self.theirs, self.joined = mine, theirs, joined

    def arrow(self, name: str) -> pa.ChunkedArray:
        if name in self.mine:
            return self.workspace.read(self.product, [name])[name]
        if name in self.theirs:
            return self.true(name)
        other, dot, column = name.rpartition(".")
        if not dot:
            raise UsageError(
                f"neither {self.product} nor {self.truth} has a column {name!r}; one of another product is written "
                "product.column"
            )
        if column not in schema_of(self.workspace, other):
            raise UsageError(f"{other} has no column {column!r}")
        if other == self.truth:
            return self.true(column)
        return taken(self.workspace.read(other, [column])[column], self._rows(other))

    def _rows(self, other: str) -> np.ndarray:
        key = schema_of(self.workspace, other).key
        if key is None or key in self.mine or key != self.theirs.key:
            return join(self.workspace, self.product, other).rows
        keys = read_batch(self.workspace, self.truth, [key])[key]
        place = read_batch(self.workspace, other, [key]).match(key, keys)
        return np.where(self.joined.rows >= 0, place[self.joined.rows], -1)

    def true(self, name: str) -> pa.ChunkedArray:
        return taken(self.workspace.read(self.truth, [name])[name], self.joined.rows)

    def __getitem__(self, name: str) -> np.ndarray:
        return _plain(self.arrow(name))


def _plain(values: pa.ChunkedArray) -> np.ndarray:
    """Return numbers as float64 with NaN for null; text as it is, None for null."""
    array, mask = to_numpy(values)
    if array.ndim != 1:
        raise UsageError("a column of arrays cannot be compared or grouped by")
    if array.dtype == object:
        if mask is None:
            return array
        texts = array.copy()
        texts[mask] = None
        return texts
    floats = array.astype(np.float64)
    if mask is not None:
        floats[mask] = np.nan
    return floats


def _default_against(mine: TableSchema, theirs: TableSchema) -> list[str]:
    columns = [c for schema in (mine, theirs) for c in schema.columns if c.is_float and c.length is None]
    found = [next((c.name for c in columns if (c.ucd or "").startswith(ucd)), None) for ucd in DEFAULT_UCDS]
    return [n for n in found if n is not None]


def _sample(pair: Pair, source: _Columns, joined: Join, groups: Mapping[str, np.ndarray], chosen: np.ndarray) -> Sample:
    estimate, true = source[pair.column], _plain(source.true(pair.truth)) * pair.factor
    error = np.full(len(estimate), np.nan)
    if len(pair.error) == 1:
        error = source[pair.error[0]]
    elif pair.error:
        error = 0.5 * (source[pair.error[1]] - source[pair.error[0]])
    error = np.where(error > 0, error, np.nan)
    reasons = {
        "not chosen": ~chosen,
        "no truth row": joined.rows < 0,
        "trained on": np.zeros(len(estimate), bool) if pair.split is None else source[pair.split] == TRAINING,
        "missing": ~(np.isfinite(estimate) & np.isfinite(true)),
        "flagged": np.zeros(len(estimate), bool) if pair.flag is None else source[pair.flag] != 0,
    }
    used = np.ones(len(estimate), bool)
    left_out = {}
    for reason, bad in reasons.items():
        if (used & bad).any():
            left_out[reason] = int((used & bad).sum())
        used &= ~bad
    against = {n: v[used] for n, v in groups.items()} | {TRUTH: true[used]}
    return Sample(pair, estimate[used], true[used], error[used], against, left_out)


def _lines(sample: Sample, bins: int, outlier: float) -> list[Row]:
    pair = sample.pair

    def line(against: str, group: str, low: float, high: float, rows: np.ndarray) -> Row:
        found = statistics(sample.difference[rows], sample.error[rows], outlier)
        return Row(pair.column, pair.truth, pair.unit or "", against, group, low, high, found)

    lines = [line("", "all", np.nan, np.nan, np.ones(len(sample.truth), bool))]
    for name, values in sample.against.items():
        for group, low, high, rows in group_by(values, bins):
            lines.append(line(name, group, low, high, rows))
    return lines
