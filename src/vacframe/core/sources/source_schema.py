"""The schema of a source: which columns of the product its files hold, under the user's mapping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vacframe.core.columns.expression import names_in
from vacframe.core.contract.errors import ConfigError, InputFileError, did_you_mean
from vacframe.core.contract.schema import Column, Position, TableSchema
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.sources.source_files import read_options


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
    from vacframe.io.tables import probe_table

    fault: InputFileError | None = None
    for path in files:
        try:
            return probe_table(path, read_options(source))
        except InputFileError as error:
            fault = fault or error
    assert fault is not None
    raise fault


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
            Column(name="ra", dtype="float64", unit="deg", description="Right ascension of the row, ICRS"),
            Column(name="dec", dtype="float64", unit="deg", description="Declination of the row, ICRS"),
        ]
    return [declared[declared.position.ra], declared[declared.position.dec]]
