"""The stars of each training set, and where the others were lost: section 3 of Wang et al. (2022)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, Context, Inputs, select_rows
from vacframe_nn_labels.columns import NOT_IN_SET, SPECTRUM_COLUMNS, TEST, TRAINING, named

if TYPE_CHECKING:
    from vacframe_nn_labels.config import TrainingSet


@dataclass(frozen=True)
class Selection:
    """A training set among n spectra; arrays of shape (n,), `labels` (n, number of labels).

    Attributes
    ----------
    labelled, chosen, complete : ndarray of bool
        Spectra with a row in the label table; those that also fulfil ``where``; those of them whose labels are
        all present, the training set.
    split : ndarray of int8
        0 not in the set, 1 training, 2 test.
    reported : ndarray of bool
        Stars of the set that fulfil ``report_where``.
    labels : ndarray of float32
        NaN outside the set.
    """

    labelled: np.ndarray
    chosen: np.ndarray
    complete: np.ndarray
    split: np.ndarray
    reported: np.ndarray
    labels: np.ndarray


def training_rows(inputs: Inputs, context: Context) -> dict[str, Any]:
    """Return the columns of `nn_training_set`: the spectra in any set.

    Parameters
    ----------
    inputs : Inputs
        `lamost_normalized`, the label products, and `crossmatch` where a set's key is source_id.
    context : Context
        Training sets, and the split that their keys decide.
    """
    spectra = inputs["lamost_normalized"]
    spectra = spectra.take(~spectra.mask("obsid"))
    table: dict[str, Any] = {}
    member = np.zeros(len(spectra), dtype=bool)
    training = np.zeros(len(spectra), dtype=bool)
    for chosen, keys, stars in _selections(spectra, inputs, context):
        table |= {f"{n}_{chosen.name}": stars.labels[:, i] for i, n in enumerate(chosen.label_columns)}
        table |= {f"split_{chosen.name}": stars.split, f"report_{chosen.name}": stars.reported}
        if chosen.key == "source_id":
            table[f"star_{chosen.name}"] = keys
        member |= stars.complete
        training |= stars.split == TRAINING
    table |= {"obsid": spectra["obsid"], "in_training": training}
    rows = np.flatnonzero(member)
    kept = spectra.take(rows)
    table = {name: values[rows] for name, values in table.items()}
    return table | {name: kept.arrow[name] for name in ("snr_g", "flux", "ivar")}


def count_stars(inputs: Inputs, context: Context) -> dict[str, list[Any]]:
    """Return the columns of `nn_training_counts`, a row for each set; parameters are those of `training_rows`."""
    spectra = inputs["lamost_normalized"]
    rows: list[dict[str, Any]] = []
    for chosen, _, stars in _selections(spectra, inputs, context):
        steps = {
            "labelled": stars.labelled,
            "chosen": stars.chosen,
            "complete": stars.complete,
            "training": stars.split == TRAINING,
            "test": stars.split == TEST,
        }
        row: dict[str, Any] = {
            "training_set": chosen.name,
            "spectra": len(spectra),
            "label_rows": len(inputs[chosen.labels]),
        }
        row |= {name: int(step.sum()) for name, step in steps.items()}
        rows.append(row | {"too_few": row["training"] < chosen.minimum_stars})
    return {name: [row[name] for row in rows] for name in rows[0]}


def _selections(
    spectra: Batch, inputs: Inputs, context: Context
) -> Iterator[tuple[TrainingSet, np.ndarray, Selection]]:
    """Yield each training set with the keys of the spectra's stars and its selection among them."""
    for chosen in context.config.training_sets:
        keys = star_keys(chosen, spectra, inputs)
        in_test = context.split(keys, chosen.test_fraction, name=chosen.name)
        yield chosen, keys, select_stars(chosen, spectra, keys, inputs[chosen.labels], in_test)


def star_keys(training_set: TrainingSet, spectra: Batch, inputs: Mapping[str, Batch]) -> np.ndarray:
    """Return what says which star each spectrum is: its obsid or, through `crossmatch`, its source_id (-1: no star).

    Spectra of one star have one source_id, so that they fall into the same part of a split.
    """
    if training_set.key == "obsid":
        return spectra["obsid"]
    matches = inputs["crossmatch"]
    rows = matches.match("obsid", spectra["obsid"])
    known = rows >= 0
    known[known] = ~matches.mask("source_id")[rows[known]]
    keys = np.full(len(spectra), -1, dtype=np.int64)
    keys[known] = matches["source_id"][rows[known]]
    return keys


def select_stars(
    training_set: TrainingSet, spectra: Batch, keys: np.ndarray, table: Batch, in_test: np.ndarray
) -> Selection:
    """Join spectra with a label table and apply the conditions of a training set.

    Parameters
    ----------
    training_set : TrainingSet
    spectra : Batch
        With `SPECTRUM_COLUMNS`, n rows.
    keys : ndarray of int64, shape (n,)
        Of their stars (`star_keys`).
    table : Batch
        The label product, with the training set's key.
    in_test : ndarray of bool, shape (n,)
        Spectra that the hash of their key keeps from training.
    """
    count, width = len(spectra), len(training_set.label_columns)
    if not len(table):
        none = np.zeros(count, dtype=bool)
        return Selection(none, none, none, none.astype(np.int8), none, np.full((count, width), np.nan, np.float32))
    rows = table.match(training_set.key, keys)
    labelled = rows >= 0
    joined = table.take(np.where(labelled, rows, 0))
    columns = {n: (spectra[n], spectra.mask(n)) for n in SPECTRUM_COLUMNS}
    columns |= {n: (joined[n], joined.mask(n)) for n in named(training_set)}
    chosen = labelled & _fulfil(training_set.where, columns, training_set)
    labels = np.stack([np.asarray(joined[n], dtype=np.float32) for n in training_set.label_columns], axis=1)
    missing = np.any([joined.mask(n) for n in training_set.label_columns], axis=0) | ~np.isfinite(labels).all(axis=1)
    complete = chosen & ~missing
    split = np.where(complete, np.where(in_test, TEST, TRAINING), NOT_IN_SET).astype(np.int8)
    reported = complete & _fulfil(training_set.report_where, columns, training_set)
    return Selection(
        labelled, chosen, complete, split, reported, np.where(complete[:, None], labels, np.float32(np.nan))
    )


def _fulfil(
    expression: str, columns: Mapping[str, tuple[np.ndarray, np.ndarray]], training_set: TrainingSet
) -> np.ndarray | bool:
    if not expression:
        return True
    return select_rows(expression, columns, what=f"where of training set {training_set.name!r}")
