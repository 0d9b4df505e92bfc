"""Which columns of a catalogue have a counterpart in a truth table, and what belongs to each: errors, flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vacframe.core.errors import UsageError, did_you_mean
from vacframe.core.schema import Column, TableSchema

ERROR_NAMES = ("err_{}", "{}_error", "{}_err", "e_{}", "{}_std")
"""How the error (1 sigma) of a column may be called."""
BOUND_NAMES = (("{}_lo", "{}_hi"), ("{}_p16", "{}_p84"), ("{}_16", "{}_84"))
"""How the two ends of a 68 % interval may be called; half their difference then stands for the error."""
MEDIAN = "_med"
"""A column ``r_med_geo`` has its interval in ``r_lo_geo`` and ``r_hi_geo``."""
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
    """

    column: str
    truth: str
    unit: str | None = None
    factor: float = 1.0
    error: tuple[str, ...] = ()
    flag: str | None = None
    split: str | None = None

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

    A column is compared with the truth's column of its own name; else, for a name ``<label>_<set>``, with the longest
    label of more than one letter that the truth has in a unit that converts. Keys, positions, errors and flags are
    not compared.

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
        counterpart = match.get(name) or _counterpart(catalogue[name], truth)
        if counterpart is not None:
            pairs.append(_pair(catalogue, catalogue[name], truth[counterpart], errors.get(name)))
        elif columns is not None:
            raise UsageError(f"the truth has no column for {name!r}; name it with --match {name}=COLUMN")
    if not pairs:
        raise UsageError(
            "no column of the catalogue has a counterpart in the truth; name one with --match COLUMN=TRUE_COLUMN. "
            f"The catalogue has {', '.join(catalogue.names)}; the truth {', '.join(truth.names)}"
        )
    return pairs


def _check_column(name: str, schema: TableSchema) -> None:
    if name not in schema:
        raise UsageError(
            f"there is no column {name!r}.{did_you_mean(name, schema.names)} Known: {', '.join(schema.names)}"
        )


def _estimates(schema: TableSchema) -> list[str]:
    """Return the columns that may be estimates: scalar floats that are no key, position, error or bound."""
    position = {schema.position.ra, schema.position.dec} if schema.position else set()
    floats = [c.name for c in schema.columns if c.is_float and c.length is None and c.name not in position]
    companions = {t.format(n) for n in floats for t in (*ERROR_NAMES, *FLAG_NAMES)}
    companions |= {t.format(n) for n in floats for both in BOUND_NAMES for t in both}
    return [n for n in floats if n not in companions and not (schema[n].ucd or "").startswith("stat.")]


def _counterpart(column: Column, truth: TableSchema) -> str | None:
    position = (truth.position.ra, truth.position.dec) if truth.position else ()
    labels = [c for c in truth.columns if c.is_float and c.length is None and c.name not in position]
    fitting = [c for c in labels if column.name == c.name or (len(c.name) > 1 and column.name.startswith(f"{c.name}_"))]
    for label in sorted(fitting, key=lambda c: -len(c.name)):
        if _factor(label.unit, column.unit) is not None:
            return label.name
    return None


def _pair(schema: TableSchema, column: Column, truth: Column, error: str | None) -> Pair:
    factor = _factor(truth.unit, column.unit)
    if factor is None:
        raise UsageError(f"{column.name} is in {column.unit}, which {truth.name} (in {truth.unit}) does not convert to")
    found = [(e,) for e in (error, *(t.format(column.name) for t in ERROR_NAMES)) if e is not None and e in schema]
    both = [(a.format(column.name), b.format(column.name)) for a, b in BOUND_NAMES]
    if MEDIAN in column.name:
        both.append((column.name.replace(MEDIAN, "_lo"), column.name.replace(MEDIAN, "_hi")))
    bounds = [(a, b) for a, b in both if a in schema and b in schema]
    chosen: tuple[str, ...] = next(iter([*found, *bounds]), ())
    flags = [n for n in (t.format(column.name) for t in FLAG_NAMES) if n in schema]
    suffix = column.name.removeprefix(f"{truth.name}_")
    split = SPLIT_NAME.format(suffix)
    return Pair(
        column.name, truth.name, column.unit, factor, chosen,
        flags[0] if flags else None, split if split in schema else None,
    )  # fmt: skip


def _factor(unit: str | None, wanted: str | None) -> float | None:
    """Return by what to multiply values in `unit` to have them in `wanted`; None where they do not convert."""
    if (unit or "") == (wanted or ""):
        return 1.0
    from astropy import units

    try:
        return float(units.Unit(unit or "").to(units.Unit(wanted or "")))
    except (units.UnitConversionError, ValueError, TypeError):
        return None
