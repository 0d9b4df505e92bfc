"""Sources: a user's table files turned into the rows of a product (``[sources.<product>]``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vacframe.core.columns.expression import evaluate, names_in, select_rows
from vacframe.core.contract.errors import ConfigError, SchemaError, did_you_mean
from vacframe.core.contract.schema import Column, Position, TableSchema
from vacframe.core.contract.settings import SourceConfig

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from vacframe.core.contract.result import Rejects

NO_POSITION = (
    "{ra} or {dec} is null or outside 0 to 360 and -90 to 90 degrees (ICRS); where {ra} runs from -180 to 180: "
    'derive = {{ {ra} = "where({ra} < 0, {ra} + 360, {ra})" }}'
)


def source_options(source: SourceConfig) -> dict[str, Any]:
    """Return what of a source's configuration determines its rows (not which files they are in)."""
    return source.model_dump(mode="json", exclude={"files", "anchor", "reader"})


def effective_schema(
    product: str, source: SourceConfig, files: tuple[Path, ...], declared: TableSchema | None
) -> TableSchema:
    """Return the schema of what the files hold: declared columns that they have, and open ones.

    Parameters
    ----------
    product : str
        For messages.
    source : SourceConfig
        The user's mapping.
    files : tuple of Path
        The first one that can be read is looked at.
    declared : TableSchema or None
        The product's declaration; None for a product that nothing declares.

    Raises
    ------
    ConfigError
        A mapped column that the file does not have, no key, a unit that does not convert, no way to a position.
    """
    in_file = {c.name: c for c in _probe(files, source)}
    _check_mapping(product, source, in_file, files[0])
    _check_absent(product, source, in_file, declared, files[0])
    columns: list[Column] = []
    for col in declared.columns if declared else ():
        given = source.columns.get(col.name, col.name) in in_file
        if given or col.name in source.derive or col.name in source.absent:
            columns.append(col)
    known = {c.name for c in columns}
    if declared is None or declared.open:
        columns += [c for c in _open_columns(source, in_file) if c.name not in known]
    elif extra := [n for n in (*source.columns, *source.derive) if n not in known]:
        raise ConfigError(
            f"[sources.{product}]: the product has no column {extra[0]!r}.{did_you_mean(extra[0], declared.names)}"
        )
    have = {c.name for c in columns}
    _check_names(product, source, tuple(c.name for c in columns))
    key = _key(product, source, declared, have, files[0])
    columns = [c.model_copy(update={"nullable": False}) if c.name == key else c for c in columns]
    position = _position(product, source, declared, have)
    columns += [c for c in _anchored_columns(declared) if position is not None and c.name not in have]
    return TableSchema(
        columns=tuple(columns),
        key=key,
        position=position,
        open=declared.open if declared else True,
        description=declared.description if declared else "",
    )


def units_not_given(source: SourceConfig, files: tuple[Path, ...], schema: TableSchema) -> dict[str, str]:
    """Return the columns whose unit neither the files nor the configuration give, with that of the schema."""
    in_file = {c.name: c for c in _probe(files, source)}
    found = {}
    for col in schema.columns:
        theirs = in_file.get(source.columns.get(col.name, col.name))
        given = source.units.get(col.name) or (theirs.unit if theirs is not None else None)
        if theirs is not None and col.unit and not given and col.name not in source.derive:
            found[col.name] = col.unit
    return found


def _probe(files: tuple[Path, ...], source: SourceConfig) -> tuple[Column, ...]:
    from vacframe.core.contract.errors import InputFileError
    from vacframe.io.tables import probe_table

    fault: InputFileError | None = None
    for path in files:
        try:
            return probe_table(path, _options(source))
        except InputFileError as error:
            fault = fault or error
    assert fault is not None
    raise fault


def _options(source: SourceConfig) -> Any:
    from vacframe.io.read_options import ReadOptions

    return ReadOptions(null_values=tuple(source.null_values))


def _check_mapping(product: str, source: SourceConfig, in_file: dict[str, Column], path: Path) -> None:
    for name, theirs in source.columns.items():
        if theirs not in in_file:
            raise ConfigError(
                f"[sources.{product}] columns: {name} = {theirs!r}, but {path.name} has no such column."
                f"{did_you_mean(theirs, tuple(in_file))} It has: {', '.join(in_file)}"
            )
    for name, text in source.derive.items():
        for used in names_in(text, what=f"sources.{product}.derive.{name}"):
            if used not in in_file:
                raise ConfigError(
                    f"[sources.{product}] derive: {name} uses {used!r}, which {path.name} does not have."
                    f"{did_you_mean(used, tuple(in_file))}"
                )


def _check_absent(
    product: str, source: SourceConfig, in_file: dict[str, Column], declared: TableSchema | None, path: Path
) -> None:
    """Check that the columns declared absent are columns of the product that may be null, and are absent."""
    names = declared.names if declared is not None else ()
    for name in source.absent:
        said = f"[sources.{product}] absent: {name!r}"
        if declared is None or name not in declared:
            raise ConfigError(f"{said} is no column that the product declares.{did_you_mean(name, names)}")
        position = (declared.position.ra, declared.position.dec) if declared.position else ()
        if name in (declared.key, source.key, *position) or not declared[name].nullable:
            raise ConfigError(f"{said} may not be null, so the files have to give it")
        if name in source.columns or name in source.derive:
            raise ConfigError(f"{said} is also in columns or derive; remove one of them")
        if name in in_file:
            raise ConfigError(f"{said} is a column of {path.name}; remove it from absent")


def _check_names(product: str, source: SourceConfig, have: tuple[str, ...]) -> None:
    """Check that what names columns of the product names some that there are."""
    positions = ("ra", "dec") if source.anchor or source.position else ()
    named = {"where": names_in(source.where, what=f"sources.{product}.where") if source.where else ()}
    named["units"] = tuple(source.units)
    for setting, names in named.items():
        for name in names:
            if name not in (*have, *positions):
                raise ConfigError(
                    f"[sources.{product}] {setting}: {name!r} is no column of the product."
                    f"{did_you_mean(name, have)} It has: {', '.join(have)}"
                )


def _open_columns(source: SourceConfig, in_file: dict[str, Column]) -> Iterator[Column]:
    mapped = {theirs: name for name, theirs in source.columns.items()}
    for theirs, col in in_file.items():
        name = mapped.get(theirs, theirs)
        if name.isidentifier() and not name.startswith("_") and name not in source.derive:
            unit = source.units.get(name, col.unit)
            yield col.model_copy(update={"name": name, "unit": unit})
    for name in source.derive:
        yield Column(name=name, dtype="float64", description=f"{source.derive[name]}", unit=source.units.get(name))


def _key(product: str, source: SourceConfig, declared: TableSchema | None, have: set[str], path: Path) -> str | None:
    if source.key is not None or declared is None:
        if source.key not in have:
            raise ConfigError(
                f'[sources.{product}]: name the key column, key = "..." (one of {", ".join(sorted(have))})'
            )
        return source.key
    if declared.key is None or declared.key in have:
        return declared.key
    if declared.open and "source_id" in have:
        return "source_id"
    raise ConfigError(
        f"[sources.{product}]: {path.name} has no column {declared.key!r}, the key; write "
        f'columns = {{ {declared.key} = "name in the file" }}'
    )


def _position(product: str, source: SourceConfig, declared: TableSchema | None, have: set[str]) -> Position | None:
    if declared is not None and declared.position is None:
        return None
    position = declared.position if declared and declared.position else Position(epoch=None)
    if {position.ra, position.dec} <= have or source.anchor:
        return position
    if source.position == "source_id":
        if "source_id" not in have:
            raise ConfigError(f'[sources.{product}]: position = "source_id" but there is no column source_id')
        return position
    if declared is None:
        return None
    raise ConfigError(
        f"[sources.{product}]: no columns {position.ra} and {position.dec}; map them "
        "(columns = { ra = ..., dec = ... }), "
        'or say where the rows lie: anchor = "<product with the same key>" or position = "source_id"'
    )


def _anchored_columns(declared: TableSchema | None) -> list[Column]:
    if declared is None or declared.position is None:
        return [
            Column(name="ra", dtype="float64", unit="deg", description="Right ascension of the home, ICRS"),
            Column(name="dec", dtype="float64", unit="deg", description="Declination of the home, ICRS"),
        ]
    return [declared[declared.position.ra], declared[declared.position.dec]]


def source_rows(path: Path, source: SourceConfig, schema: TableSchema, rejects: Rejects) -> Iterator[pa.Table]:
    """Yield the rows of one file as tables of the product's columns, with ``_row`` (row in the file).

    Rows left out (the `where` condition, null or repeated keys, impossible positions, values out of range) go to
    `rejects`.

    Raises
    ------
    InputFileError
        If the file cannot be read.
    SchemaError
        If a column is missing that the first file has, or does not fit its type or unit; the message names the file.
    """
    from vacframe.io.tables import iter_tables, probe_table

    in_file = {c.name: c for c in probe_table(path, _options(source))}
    theirs = {n: source.columns.get(n, n) for n in schema.names if n not in (*source.derive, *source.absent)}
    _check_complete(path, source, schema, theirs, tuple(in_file))
    wanted = {t for t in theirs.values() if t in in_file}
    for text in source.derive.values():
        wanted |= set(names_in(text))
    start = 0
    for table in iter_tables(path, [n for n in in_file if n in wanted], options=_options(source)):
        yield _convert(table, path, source, schema, theirs, in_file, start, rejects)
        start += table.num_rows


def _check_complete(
    path: Path, source: SourceConfig, schema: TableSchema, theirs: dict[str, str], in_file: tuple[str, ...]
) -> None:
    placed = source.anchor or source.position
    positions = (schema.position.ra, schema.position.dec) if placed and schema.position else ()
    used = {n: t for n, t in theirs.items() if n not in positions}
    used |= {n: t for n, text in source.derive.items() for t in names_in(text)}
    for name, their in used.items():
        if their not in in_file:
            raise SchemaError(
                f"{path}: there is no column {their!r} ({name} of the product), which the first of the files has."
                f"{did_you_mean(their, in_file)} It has: {', '.join(in_file)}"
            )


def _convert(
    table: pa.Table,
    path: Path,
    source: SourceConfig,
    schema: TableSchema,
    theirs: dict[str, str],
    in_file: dict[str, Column],
    start: int,
    rejects: Rejects,
) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    from vacframe.core.columns.arrow import arrow_schema, arrow_type, to_arrow, to_numpy

    count = table.num_rows
    arrays: dict[str, pa.Array] = {}
    for col in schema.columns:
        try:
            if col.name in source.derive:
                values = {n: to_numpy(table[n]) for n in names_in(source.derive[col.name])}
                made = evaluate(source.derive[col.name], values)
                # A constant has no rows of its own; broadcasting anything else would lose its mask of nulls.
                arrays[col.name] = to_arrow(made if made.ndim else np.broadcast_to(made, count), col)
            elif col.name in theirs and theirs[col.name] in in_file:
                unit = source.units.get(col.name) or in_file[theirs[col.name]].unit
                arrays[col.name] = _in_unit(table[theirs[col.name]], col, unit, start)
            else:
                arrays[col.name] = pa.nulls(count, arrow_type(col))
        except SchemaError as error:
            where = "" if col.name not in theirs else f" (column {theirs[col.name]!r} of the file)"
            raise SchemaError(f"{path}: {error}{where}") from None
    fields = pa.schema([f.with_nullable(True) for f in arrow_schema(schema)])
    rows = pa.table([arrays[c.name] for c in schema.columns], schema=fields)
    rows = rows.append_column("_row", pa.array(np.arange(start, start + count), pa.int64()))
    return _usable(rows, path, source, schema, rejects)


def _in_unit(array: pa.ChunkedArray, col: Column, unit: str | None, start: int) -> pa.Array:
    from vacframe.core.columns.arrow import to_arrow, to_numpy

    if not unit or not col.unit or unit == col.unit or col.dtype == "string":
        return _fitting(array, col, start)
    from astropy import units

    try:
        factor = units.Unit(unit).to(units.Unit(col.unit))
    except (units.UnitConversionError, ValueError, TypeError):
        raise SchemaError(f"column {col.name!r} is in {unit!r}, which does not convert to {col.unit!r}") from None
    if factor == 1.0:
        return _fitting(array, col, start)
    values, mask = to_numpy(_fitting(array, col.model_copy(update={"dtype": "float64"}), start))
    return to_arrow(values * factor, col, mask)


def _fitting(array: pa.ChunkedArray, col: Column, start: int) -> pa.Array:
    """Return the array in the column's type; the error names the first row of the file that does not fit."""
    from vacframe.core.columns.arrow import to_arrow

    try:
        return to_arrow(array, col)
    except SchemaError:
        low, high = 0, len(array)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                to_arrow(array[low:middle], col)
                low = middle
            except SchemaError:
                high = middle
        try:
            to_arrow(array[low:high], col)
        except SchemaError as error:
            raise SchemaError(f"row {start + low} (counted from 0): {error}") from None
        raise


def _usable(table: pa.Table, path: Path, source: SourceConfig, schema: TableSchema, rejects: Rejects) -> pa.Table:
    """Drop and count the rows that cannot be used."""
    import numpy as np

    from vacframe.core.columns.arrow import to_numpy

    def drop(table: pa.Table, bad: np.ndarray, reason: str, detail: str) -> pa.Table:
        if not bad.any():
            return table
        lost = table.filter(bad)
        keys = to_numpy(lost[schema.key])[0] if schema.key else None
        rejects.add(reason, detail, keys=keys, files=str(path), rows=lost["_row"].to_numpy())
        return table.filter(~bad)

    if schema.key is not None:
        null = table[schema.key].is_null().to_numpy()
        table = drop(table, null, "no_key", f"the key {schema.key} is null; every row needs one")
    if schema.position is not None and not source.anchor and source.position is None:
        ra, dec = (to_numpy(table[n])[0] for n in (schema.position.ra, schema.position.dec))
        bad = ~((ra >= 0) & (ra <= 360) & (np.abs(dec) <= 90))
        table = drop(table, bad, "no_position", NO_POSITION.format(ra=schema.position.ra, dec=schema.position.dec))
    for col in schema.columns:
        if col.length is None and (col.minimum is not None or col.maximum is not None):
            values, mask = to_numpy(table[col.name])
            low = -np.inf if col.minimum is None else col.minimum
            high = np.inf if col.maximum is None else col.maximum
            bad = (values < low) | (values > high)
            bad = bad if mask is None else bad & ~mask
            table = drop(table, bad, "out_of_range", f"{col.name} is outside its valid range {low:g} to {high:g}")
    if source.where:
        named = {n: to_numpy(table[n]) for n in names_in(source.where)}
        kept = np.broadcast_to(select_rows(source.where, named), table.num_rows)
        table = drop(table, ~kept, "where", f"does not fulfil where = {source.where!r}")
    return table
