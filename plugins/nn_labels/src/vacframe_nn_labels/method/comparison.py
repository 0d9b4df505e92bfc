"""Statistics of estimate minus reference, for the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch
from vacframe.astro.residuals import residual_statistics
from vacframe_nn_labels.columns import TEST, TRAINING, label_column
from vacframe_nn_labels.method.scatter import ROUNDED, robust_scatter

if TYPE_CHECKING:
    from vacframe_nn_labels.config import NnLabelsConfig, TrainingSet

OUTLIER = 3.0
"""An outlier lies further from the median than this many times the robust scatter."""


def compare_sets(estimates: Batch, references: Batch, config: NnLabelsConfig) -> dict[str, list[Any]]:
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
    table: list[dict[str, Any]] = []
    for chosen in config.training_sets:
        truth = np.stack([ordered[f"{label}_{chosen.name}"] for label in chosen.label_columns], axis=1)
        methods = {"nn": tuple(_estimated(estimates, chosen, prefix, ordered["obsid"]) for prefix in ("", "err_"))}
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
    found = residual_statistics(used, sigma, OUTLIER * ROUNDED)
    return {
        "n": found.number,
        "bias": found.bias,
        "scatter": robust_scatter(used),
        "std": float(used.std()) if len(used) else float("nan"),
        "p16": found.p16,
        "p84": found.p84,
        "outliers": found.outliers,
        "coverage": found.within_1,
    }


def _estimated(estimates: Batch, chosen: TrainingSet, prefix: str, obsid: np.ndarray) -> np.ndarray:
    """Return the columns ``<prefix><label>_<set>`` of some spectra, float32 as the references are."""
    names = [f"{prefix}{label}_{chosen.name}" for label in chosen.label_columns]
    return np.stack([estimates.at(name, "obsid", obsid) for name in names], axis=1).astype(np.float32)


def _samples(chosen: TrainingSet, references: Batch) -> Iterator[tuple[str, np.ndarray]]:
    split = references[f"split_{chosen.name}"]
    yield "training", split == TRAINING
    yield "test", split == TEST
    if chosen.report_where:
        yield "test_selected", (split == TEST) & references[f"report_{chosen.name}"]
