"""The checks of one product: each says what is wrong, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe.core.columns.arrow import arrow_schema
from vacframe.core.columns.digest import digest_json, table_digests
from vacframe.core.columns.position import stored_schema
from vacframe.core.contract.errors import PluginError, VacframeError
from vacframe.core.contract.model import Model
from vacframe.core.contract.product import Exactness, Kind
from vacframe.core.store.results import Made
from vacframe.core.tasks.inputs import chosen_rows
from vacframe.core.tasks.plugin_call import CHUNK_BYTES
from vacframe.testing.guard import watch
from vacframe.testing.run import columns_of, run_product
from vacframe.testing.samples import Case

BEYOND_CHUNKS = (7, 1)
"""Rows of a chunk, beside all at once."""


class NotApplicable(Exception):
    """A check does not concern this product, for the reason given."""


@dataclass
class Trial:
    """A product's first run: what it made or raised, and the input and output that was noticed."""

    case: Case
    made: Made | None
    error: Exception | None
    noticed: list[str]

    def result(self) -> Made:
        """Return what it made; NotApplicable where it raised."""
        if self.made is None:
            raise NotApplicable("the product does not run")
        return self.made


def try_product(case: Case, packages: list[Path]) -> Trial:
    """Run a product for the first time, watched."""
    with watch(packages, reading=case.product.kind is Kind.source) as noticed:
        try:
            made, error = run_case(case), None
        except Exception as raised:
            made, error = None, raised
    return Trial(case, made, error, noticed)


def run_case(case: Case, *, chunk_bytes: int = CHUNK_BYTES) -> Made:
    """Run a product on its sample."""
    return run_product(
        case.plugin, case.product.name, case.inputs, files=case.files, config=case.config, chunk_bytes=chunk_bytes
    )


def fingerprint(made: Made, product_key: str | None) -> dict[str, str]:
    """Return a digest of every column or array, of the rejects, the counts and the metadata."""
    found = {"counts": digest_json(made.counts)}
    found["rejects"] = digest_json(sorted(made.rejects.to_pylist(), key=lambda row: str(sorted(row.items()))))
    if made.table is not None:
        key = product_key if product_key in made.table.column_names else None
        found |= {f"column {n!r}": d for n, d in table_digests(made.table, key).items()}
        found["number of rows"] = str(made.table.num_rows)
    if made.model is not None:
        found["metadata"] = digest_json(made.model.metadata)
        for name, array in made.model.arrays.items():
            data = np.ascontiguousarray(array)
            text = f"{data.dtype} {data.shape} ".encode()
            found[f"array {name!r}"] = hashlib.blake2b(text + data.tobytes(), digest_size=16).hexdigest()
    return found


def changes(first: Mapping[str, str], second: Mapping[str, str]) -> str:
    """Return what differs between two fingerprints, nothing where they agree."""
    names = [n for n in dict.fromkeys([*first, *second]) if first.get(n) != second.get(n)]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _compare(trial: Trial, other: Made, what: str) -> str:
    schema = trial.case.product.table
    key = None if schema is None else schema.key
    found = changes(fingerprint(trial.result(), key), fingerprint(other, key))
    return f"{found} differ {what}" if found else ""


def schema(trial: Trial) -> str:
    """Return where what came back has other columns or types than declared."""
    if trial.error is not None:
        return "" if _undeclared(trial.error) else f"run() raised {_brief(trial.error)}"
    product, table = trial.case.product, trial.result().table
    if product.table is None or table is None:
        return ""
    declared = arrow_schema(stored_schema(product.table))
    own = {f.name: f.type for f in table.schema if f.name not in ("_file", "_row")}
    wrong = [f"{f.name} is {own[f.name]}, not {f.type}" for f in declared if own.get(f.name, f.type) != f.type]
    if product.kind is not Kind.source:
        wrong += [f"{n} is missing" for n in declared.names if n not in own]
    if not product.table.open:
        wrong += [f"{n} is not declared" for n in own if n not in declared.names]
    if not table.num_rows and not trial.result().rejects.num_rows:
        wrong.append("no rows came back, so nothing was tested; give a sample")
    return "; ".join(wrong)


def declared(trial: Trial) -> str:
    """Return which input, column or configuration field is read that is not declared."""
    if trial.error is not None and _undeclared(trial.error):
        return str(trial.error)
    trial.result()
    return ""


def no_io(trial: Trial) -> str:
    """Return what `run` read, wrote, started or connected to."""
    return "run() " + "; ".join(dict.fromkeys(trial.noticed)) if trial.noticed else ""


def empty(trial: Trial) -> str:
    """Return what happens without input rows, other than no rows."""
    trial.result()
    case = replace(trial.case, inputs=_each_table(trial.case, lambda t: t.slice(0, 0)), files=())
    made, problem = _attempt(case, "without input rows")
    if made is None or made.table is None or case.primary is None:
        return problem
    return f"{made.table.num_rows} rows came back for no input rows" if made.table.num_rows else problem


def one_row(trial: Trial) -> str:
    """Return what goes wrong with one input row."""
    trial.result()
    if trial.case.product.kind is Kind.source and not trial.case.needs:
        return _attempt(replace(trial.case, files=trial.case.files[:1]), "with one file")[1]
    return _attempt(replace(trial.case, inputs=_each_table(trial.case, lambda t: t.slice(0, 1))), "with one row")[1]


def all_nan(trial: Trial) -> str:
    """Return what goes wrong with rows without any valid number: they give rows or counted rejects."""
    trial.result()
    case = trial.case
    if case.product.kind is Kind.source and not case.needs:
        raise NotApplicable("it reads files")
    blank = replace(case, inputs=_without_numbers(case))
    made, problem = _attempt(blank, "where all numbers are NaN")
    if made is None or made.table is None or not case.product.row_wise or case.primary is None:
        return problem
    read = chosen_rows(blank.inputs[case.primary.product], case.primary, None)
    given = 0 if isinstance(read, Model) else read.num_rows
    lost = given - made.table.num_rows - made.rejects.num_rows
    return f"{lost} rows without numbers neither came back nor were rejected" if lost > 0 and not _selects(case) else ""


def _selects(case: Case) -> bool:
    """Whether the product leaves out rows on purpose: some of those with all their numbers."""
    assert case.primary is not None
    keep = np.ones(case.inputs[case.primary.product].num_rows, dtype=bool)
    aligned = [n.product for n in case.needs if n.how == "same"]
    for name in aligned:
        for values in case.inputs[name].columns:
            keep &= values.is_valid().to_numpy()
    complete = {n: case.inputs[n].filter(pa.array(keep)) for n in aligned}
    made = run_case(replace(case, inputs=case.inputs | complete))
    kept = 0 if made.table is None else made.table.num_rows + made.rejects.num_rows
    return not keep.any() or kept < keep.sum()


def determinism(trial: Trial) -> str:
    """Return what a second run gives otherwise."""
    trial.result()
    return _compare(trial, run_case(trial.case), "in a second run")


def chunks(trial: Trial) -> str:
    """Return what depends on the chunks (row-wise products) or on the other files (sources)."""
    base, case = trial.result(), trial.case
    if case.product.kind is Kind.source:
        return _file_by_file(base, case)
    if not case.product.row_wise or case.primary is None:
        raise NotApplicable("it is not row-wise")
    tables = [case.inputs[n.product].select(list(n.names)) for n in case.needs if n.how == "same"]
    rows = max(1, case.inputs[case.primary.product].num_rows)
    per_row = max(1, case.product.resources.row_bytes + sum(t.nbytes for t in tables) // rows)
    for size in BEYOND_CHUNKS:
        problem = _compare(trial, run_case(case, chunk_bytes=size * per_row), f"in chunks of about {size} rows")
        if problem:
            return problem
    return ""


def _file_by_file(base: Made, case: Case) -> str:
    if len(case.files) < 2:
        raise NotApplicable("one file only")
    tables = [run_case(replace(case, files=(f,))).table for f in case.files]
    parts = pa.concat_tables([_facts(t) for t in tables if t is not None])
    key = case.product.table.key if case.product.table is not None else None
    first, second = ({n: str(v) for n, v in table_digests(t, key).items()} for t in (_facts(base.table), parts))
    found = changes(first, second)
    return f"columns {found} differ when each file is read by itself" if found else ""


def _facts(table: pa.Table | None) -> pa.Table:
    assert table is not None
    return table.drop_columns([n for n in ("_file", "_row") if n in table.column_names])


def row_order(trial: Trial) -> str:
    """Return what depends on the order of the input rows."""
    case = trial.case
    trial.result()
    if case.primary is None and (case.product.method.exactness is not Exactness.bitwise or not case.needs):
        raise NotApplicable("sums over all rows" if case.needs else "it reads files")
    shuffled = dict(case.inputs)
    for need in case.needs:
        table = case.inputs[need.product]
        if isinstance(table, pa.Table) and (need.how != "all" or case.primary is None):
            # Aligned inputs have as many rows, and so get the same order.
            order = np.random.default_rng(table.num_rows).permutation(table.num_rows)
            shuffled[need.product] = table.take(pa.array(order))
    return _compare(trial, run_case(replace(case, inputs=shuffled)), "with the input rows in another order")


CHECKS: dict[str, Callable[[Trial], str]] = {
    "schema": schema,
    "declared": declared,
    "no_io": no_io,
    "empty": empty,
    "one_row": one_row,
    "all_nan": all_nan,
    "determinism": determinism,
    "chunks": chunks,
    "row_order": row_order,
}


def _each_table(case: Case, change: Callable[[pa.Table], pa.Table]) -> dict[str, Any]:
    """Change the inputs whose rows are rows of the product; without such, all of them."""
    changed = dict(case.inputs)
    for need in case.needs:
        value = case.inputs[need.product]
        if not isinstance(value, Model) and (need.how != "all" or case.primary is None):
            changed[need.product] = change(value)
    return changed


def _without_numbers(case: Case) -> dict[str, Any]:
    changed = dict(case.inputs)
    for need in case.needs:
        table = case.inputs[need.product]
        if isinstance(table, Model) or (need.how == "all" and case.primary is not None):
            continue
        for column in columns_of(case.plugin, need, case.config):
            if column.is_float and column.nullable and column.name not in ("ra", "dec"):
                place = table.column_names.index(column.name)
                table = table.set_column(place, column.name, _nan(table[column.name]))
        changed[need.product] = table
    return changed


def _nan(values: pa.ChunkedArray) -> pa.Array:
    kind = values.type
    if not pa.types.is_fixed_size_list(kind):
        return pa.nulls(len(values), kind)
    flat = np.full(len(values) * kind.list_size, np.nan)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type, from_pandas=False), kind.list_size)


def _attempt(case: Case, what: str) -> tuple[Made | None, str]:
    """Run a product on unusual inputs; where it sums over all rows, one clear error will do too."""
    try:
        return run_case(case), ""
    except Exception as error:
        clear = isinstance(error, VacframeError) and not isinstance(error, PluginError)
        if clear and case.primary is None:
            return None, ""
        return None, f"run() raised {_brief(error)} {what}"


def _undeclared(error: Exception) -> bool:
    return isinstance(error, PluginError) and ("was not declared" in str(error) or "but declares only" in str(error))


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
