"""Which columns of a catalogue have a counterpart in a truth table, and what belongs to each: errors, flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vacframe.core.contract.errors import UsageError, did_you_mean
from vacframe.core.contract.schema import Column, TableSchema

ERROR_NAMES = ("err_{}", "{}_error", "{}_err", "e_{}", "{}_std")
"""How the error (1 sigma) of a column may be called."""
BOUND_NAMES = (("{}_lo", "{}_hi"), ("{}_p16", "{}_p84"), ("{}_16", "{}_84"))
"""How the two ends of a 68 % interval may be called; half their difference then stands for the error."""
MEDIANS = (("_med", "_lo", "_hi"), ("_50", "_16", "_84"), ("_p50", "_p16", "_p84"))
"""A column ``r_med_geo`` has its interval in ``r_lo_geo`` and ``r_hi_geo``, ``mass_50`` in ``mass_16``, ``mass_84``."""
METHODS = ("opt", "trig")
"""Ends of UCDs that say how a quantity was measured: ``pos.parallax.trig`` is a ``pos.parallax``."""
AVERAGED = ("stat.mean", "stat.median", "meta.main")
"""Words of UCDs that do not change what the quantity is."""
NO_ESTIMATES = ("stat.", "pos.healpix")
"""Beginnings of UCDs of columns that are no estimates."""
FLAG_NAMES = ("flag_{}", "{}_flag")
"""How the flag of a column may be called; rows where it is not 0 are left out."""
SPLIT_NAME = "split_{}"
"""How the column is called that tells the rows a training set was made of, for columns ``<label>_<set>``."""
TRAINING = 1
"""Value of a split column for rows that were trained on."""


@dataclass(frozen=True)
class Pair:
    """A column, what is true of it, and its companions.

    Attributes
    ----------
    column, truth : str
        Names in the catalogue and in the truth table.
    unit : str or None
        Unit of the catalogue's column, in which differences are given.
    factor : float
        The truth times this is in `unit`.
    error : tuple of str
        Column of the error; or those of both ends of the 68 % interval; or nothing.
    flag, split : str or None
        Column that is not 0 where the value is not to be trusted; that tells training rows.
    exact : bool
        Whether values are right or wrong (codes, text, truth values), not more or less near.
    """

    column: str
    truth: str
    unit: str | None = None
    factor: float = 1.0
    error: tuple[str, ...] = ()
    flag: str | None = None
    split: str | None = None
    exact: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the catalogue that are read."""
        return tuple(n for n in (self.column, *self.error, self.flag, self.split) if n is not None)


def find_pairs(
    catalogue: TableSchema,
    truth: TableSchema,
    *,
    columns: Sequence[str] | None = None,
    match: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Pair]:
    """Return the columns that can be compared.

    A number is compared with the truth's column of its own name; else, for a name ``<label>_<set>``, with the longest
    label of more than one letter that the truth has in a unit that converts; else with the one column that has its
    UCD, or that of them whose name fits (``j`` and ``mag_j``, ``phot_bp_mean_mag`` and ``mag_bp``), if the names have
    a part in common or an error is stated. Codes, text and other columns that are right or wrong are compared with
    the truth's column of their own name. Keys, positions, errors and flags are not compared.

    Parameters
    ----------
    catalogue, truth : TableSchema
        The two tables.
    columns : sequence of str, optional
        Compare these (and those of `match`) only.
    match : mapping of str to str, optional
        Column of the catalogue → column of the truth, where the names do not tell.
    errors : mapping of str to str, optional
        Column → column of its error, where the names do not tell.

    Raises
    ------
    UsageError
        A named column that is not there, units that do not convert, or nothing to compare.
    """
    match, errors = dict(match or {}), dict(errors or {})
    for name in (*match, *errors, *errors.values(), *(columns or ())):
        _check_column(name, catalogue)
    for name in match.values():
        _check_column(name, truth)
    chosen = columns if columns is not None else _estimates(catalogue)
    pairs = []
    for name in dict.fromkeys([*match, *chosen]):
        counterpart = match.get(name) or _counterpart(catalogue[name], truth, bool(error_columns(catalogue, name)))
        if counterpart is not None:
            pairs.append(_pair(catalogue, catalogue[name], truth[counterpart], errors.get(name)))
        elif columns is not None:
            raise UsageError(f"the truth has no column for {name!r}; name it with --match {name}=COLUMN")
    if not pairs:
        raise UsageError(
            "no column of the catalogue has a counterpart in the truth; name one with --match COLUMN=TRUE_COLUMN. "
            f"The catalogue has {', '.join(_estimates(catalogue)) or 'no columns of its own'}; the truth "
            f"{', '.join(truth.names)}"
        )
    return pairs


def _check_column(name: str, schema: TableSchema) -> None:
    if name not in schema:
        raise UsageError(
            f"there is no column {name!r}.{did_you_mean(name, schema.names)} Known: {', '.join(schema.names)}"
        )


def _estimates(schema: TableSchema) -> list[str]:
    """Return the columns that may be estimates: scalars that are no key, position, error or bound."""
    position = {schema.position.ra, schema.position.dec} if schema.position else set()
    scalars = [c for c in schema.columns if c.length is None and c.name not in {*position, schema.key}]
    floats = [c.name for c in scalars if c.is_float]
    companions = {t.format(n) for n in floats for t in (*ERROR_NAMES, *FLAG_NAMES)}
    companions |= {t for n in floats for both in _bounds(n) for t in both}
    return [c.name for c in scalars if c.name not in companions and not (c.ucd or "").startswith(NO_ESTIMATES)]


def error_columns(schema: TableSchema, name: str) -> tuple[str, ...]:
    """Return the column of the error of a column, else those of the ends of its interval, else nothing."""
    found = [(t.format(name),) for t in ERROR_NAMES if t.format(name) in schema]
    return next(iter([*found, *((a, b) for a, b in _bounds(name) if a in schema and b in schema)]), ())


def _bounds(name: str) -> list[tuple[str, str]]:
    """Return how the ends of a column's interval may be called."""
    named = [(name.replace(middle, low), name.replace(middle, high)) for middle, low, high in MEDIANS if middle in name]
    return [*((low.format(name), high.format(name)) for low, high in BOUND_NAMES), *named]


def _counterpart(column: Column, truth: TableSchema, stated: bool) -> str | None:
    """Return the truth's column of an estimate; `stated` is whether it states an error."""
    if not column.is_float:
        known = column.name in truth and column.name != truth.key and not truth[column.name].is_float
        return column.name if known else None
    position = (truth.position.ra, truth.position.dec) if truth.position else ()
    labels = [c for c in truth.columns if c.is_float and c.length is None and c.name not in position]
    labels = [c for c in labels if conversion(c.unit, column.unit) is not None]
    fitting = [c for c in labels if column.name == c.name or (len(c.name) > 1 and column.name.startswith(f"{c.name}_"))]
    if fitting:
        return max(fitting, key=lambda c: len(c.name)).name
    parts = set(column.name.split("_"))
    same = [c for c in labels if column.ucd and c.ucd and _meaning(c.ucd) == _meaning(column.ucd)]
    if len(same) > 1:
        same = [c for c in same if c.name.endswith(f"_{column.name}") or set(c.name.split("_")) <= parts]
    return same[0].name if len(same) == 1 and (stated or parts & set(same[0].name.split("_"))) else None


def _meaning(ucd: str) -> set[str]:
    """Return the words of a UCD that say what the quantity is, without how it was averaged or measured."""
    first, *others = [w for w in ucd.split(";") if w not in AVERAGED] or [ucd]
    stem, _, last = first.rpartition(".")
    return {stem} if last in METHODS else {first, *others}


def _pair(schema: TableSchema, column: Column, truth: Column, error: str | None) -> Pair:
    if not (column.is_float and truth.is_float):
        return Pair(column.name, truth.name, exact=True)
    factor = conversion(truth.unit, column.unit)
    if factor is None:
        raise UsageError(f"{column.name} is in {column.unit}, which {truth.name} (in {truth.unit}) does not convert to")
    chosen = (error,) if error is not None else error_columns(schema, column.name)
    flags = [n for n in (t.format(column.name) for t in FLAG_NAMES) if n in schema]
    suffix = column.name.removeprefix(f"{truth.name}_")
    split = SPLIT_NAME.format(suffix)
    return Pair(
        column.name, truth.name, column.unit, factor, chosen,
        flags[0] if flags else None, split if split in schema else None,
    )  # fmt: skip


def conversion(unit: str | None, wanted: str | None) -> float | None:
    """Return by what to multiply values in `unit` to have them in `wanted`; None where they do not convert."""
    if (unit or "") == (wanted or ""):
        return 1.0
    from astropy import units

    try:
        return float(units.Unit(unit or "").to(units.Unit(wanted or "")))
    except (units.UnitConversionError, ValueError, TypeError):
        return None
