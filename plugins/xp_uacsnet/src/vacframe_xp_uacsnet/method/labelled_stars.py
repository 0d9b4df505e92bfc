"""Rows of `xp_training_set`: stars joined with their labels, each in one of two parts."""

from __future__ import annotations

import numpy as np

from vacframe import Batch, Context, Inputs, Result
from vacframe_xp_uacsnet.columns import PASSED


def label_stars(inputs: Inputs, context: Context) -> Result:
    """Return the stars of `xp_features` that have a label.

    A star in both label products is a training star only. With one label product, the test stars are those that a
    hash of source_id chooses.
    """
    config = context.config
    stars = inputs["xp_features"]
    keys = stars["source_id"]
    feh, error = _labels(inputs[config.labels], keys)
    training = np.isfinite(feh)
    shared = 0
    if config.test_labels:
        test_feh, test_error = _labels(inputs[config.test_labels], keys)
        shared = int((training & np.isfinite(test_feh)).sum())
        feh, error = np.where(training, feh, test_feh), np.where(training, error, test_error)
    else:
        training &= ~context.split(keys, config.test_fraction, name="xp_uacsnet")
    rows = np.flatnonzero(np.isfinite(feh))
    kept = stars.take(rows)
    table = {name: kept.arrow[name] for name in ("source_id", *PASSED)}
    table |= {"feh": feh[rows], "feh_error": error[rows], "in_training": training[rows]}
    counts = {"training stars": int(training.sum()), "test stars": int(len(rows) - training.sum())}
    if shared:
        counts["test labels of training stars, not used"] = shared
    return Result(table=table, counts=counts)


def _labels(labels: Batch, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return [Fe/H] and its error for these keys, NaN where there is no label."""
    feh = labels.at("feh", "source_id", keys)
    known = "feh_error" in labels
    return feh, labels.at("feh_error", "source_id", keys) if known else np.full(len(keys), np.nan)
