"""Which stars make up a training set, and where the others were lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vacframe import Batch, select_rows
from vacframe_nn_labels.columns import NOT_IN_SET, SPECTRUM_COLUMNS, TEST, TRAINING, named
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
