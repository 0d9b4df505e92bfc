"""Statistics of estimate minus reference, for the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from vacframe import Batch
from vacframe_nn_labels.columns import TEST, TRAINING, label_column
from vacframe_nn_labels.config import TrainingSet

OUTLIER = 3.0
"""An outlier lies further from the median than this many times the robust scatter."""


def compare_sets(estimates: Batch, references: Batch, config: Any) -> dict[str, list[Any]]:
    """Return the columns of `nn_report`.

    Parameters
    ----------
    estimates : Batch
        `nn_estimates` of the stars in any training set.
    references : Batch
        `nn_training_set`; with the baseline, its spectra too.
    config : NnLabelsConfig
    """
    ordered = references.take(np.argsort(references["obsid"], kind="stable"))
    rows = estimates.match("obsid", ordered["obsid"])
    table: list[dict[str, Any]] = []
    for chosen in config.training_sets:
        truth = _stack(ordered, chosen, "")
        methods = {"nn": (_stack(estimates, chosen, "")[rows], _stack(estimates, chosen, "err_")[rows])}
        if config.baseline:
            from vacframe_nn_labels.method.baseline import pca_svr

            found = pca_svr(chosen, config.windows, ordered["flux"], truth, ordered[f"split_{chosen.name}"] == TRAINING)
            methods[config.baseline] = (found, np.full_like(found, np.nan))
        for label_number, label in enumerate(chosen.label_columns):
            unit = label_column(label, chosen.name, "").unit
            for method, (values, errors) in methods.items():
                for sample, members in _samples(chosen, ordered):
                    difference = (values - truth)[members, label_number]
                    head = {"training_set": chosen.name, "label": label, "method": method, "sample": sample}
                    table.append(head | {"unit": unit} | statistics(difference, errors[members, label_number]))
    return {name: [row[name] for row in table] for name in table[0]}


def statistics(difference: np.ndarray, error: np.ndarray) -> dict[str, float | int]:
    """Return the statistics of one sample.

    Parameters
    ----------
    difference : ndarray, shape (n,)
        Estimate minus reference; values that are not finite are left out.
    error : ndarray, shape (n,)
        Stated errors; NaN where a method states none.

    Returns
    -------
    dict
        n, bias, scatter, std, p16, p84, outliers, coverage; NaN where the sample is empty.
    """
    finite = np.isfinite(difference)
    used, sigma = difference[finite].astype(np.float64), error[finite].astype(np.float64)
    names = ("bias", "scatter", "std", "p16", "p84", "outliers", "coverage")
    if not len(used):
        return {"n": 0, **dict.fromkeys(names, float("nan"))}
    bias = float(np.median(used))
    scatter = float(1.4826 * np.median(np.abs(used - bias)))
    p16, p84 = (float(v) for v in np.percentile(used, [16, 84]))
    stated = np.isfinite(sigma)
    within = float(np.mean(np.abs(used[stated]) <= sigma[stated])) if stated.any() else float("nan")
    outliers = float(np.mean(np.abs(used - bias) > OUTLIER * scatter))
    values = (bias, scatter, float(used.std()), p16, p84, outliers, within)
    return {"n": len(used), **dict(zip(names, values, strict=True))}


def _stack(batch: Batch, chosen: TrainingSet, prefix: str) -> np.ndarray:
    return np.stack([batch[f"{prefix}{label}_{chosen.name}"] for label in chosen.label_columns], axis=1)


def _samples(chosen: TrainingSet, references: Batch) -> Iterator[tuple[str, np.ndarray]]:
    split = references[f"split_{chosen.name}"]
    yield "training", split == TRAINING
    yield "test", split == TEST
    if chosen.report_where:
        yield "test_selected", (split == TEST) & references[f"report_{chosen.name}"]
