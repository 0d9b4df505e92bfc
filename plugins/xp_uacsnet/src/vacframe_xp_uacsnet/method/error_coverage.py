"""Residuals of groups of stars with labels, and how often the predicted errors cover them: rows of `xp_calibration`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from vacframe import Batch, Context, Model, names_in, select_rows
from vacframe.astro.residuals import residual_statistics
from vacframe_xp_uacsnet.method.estimator import learn, restore, usable

SIGMA_BINS = 5
"""Groups of equal size by predicted error, named sigma_1 (the smallest) to sigma_5."""
Row = dict[str, Any]


def report(stars: Batch, model: Model, context: Context) -> list[Row]:
    """Return the calibration report of a model on the training and test stars, a dictionary per row."""
    models = {"uacsnet": model}
    options, named = context.config.network, context.config.report_groups
    training = stars.take(stars["in_training"] & usable(stars))
    if context.config.compare_unweighted and len(training) >= options.minimum_stars:
        models["unweighted"] = learn(training, context, options.model_copy(update={"gamma": 0.0}))
    rows: list[Row] = []
    for name, trained in models.items():
        feh, error, _ = restore(trained).estimate(stars["flux"], stars["flux_error"])
        for part, chosen in (("training", stars["in_training"]), ("test", ~stars["in_training"])):
            found = group_statistics(stars.take(chosen), feh[chosen], error[chosen], named)
            rows += [{"model": name, "part": part, **row} for row in found]
    return rows


def group_statistics(stars: Batch, feh: np.ndarray, error: np.ndarray, named: dict[str, str]) -> Iterator[Row]:
    """Yield what each group says: the columns of `xp_calibration` from ``group`` on.

    Parameters
    ----------
    stars : Batch, n rows
        Of `xp_training_set`.
    feh, error : ndarray, shape (n,)
        Estimates of the stars and their errors; NaN where there is none.
    named : dict of str to str
        Group → expression on the stars.
    """
    residual = feh - stars["feh"].astype(np.float64)
    total = np.hypot(error, np.nan_to_num(stars["feh_error"].astype(np.float64)))
    for group, member in groups(stars, error, named).items():
        yield {"group": group, **statistics(residual[member], error[member], total[member])}


def groups(stars: Batch, error: np.ndarray, named: dict[str, str]) -> dict[str, np.ndarray]:
    """Return the members of each group among the stars with an estimate: boolean arrays of shape (n,)."""
    known = np.isfinite(error)
    found = {}
    for name, text in named.items():
        values = {n: stars[n] for n in names_in(text)}
        found[name] = known & np.broadcast_to(select_rows(text, values, what=f"report_groups.{name}"), known.shape)
    if known.any():
        edges = np.quantile(error[known], np.linspace(0, 1, SIGMA_BINS + 1))
        place = np.clip(np.searchsorted(edges, error, side="right") - 1, 0, SIGMA_BINS - 1)
        found |= {f"sigma_{i + 1}": known & (place == i) for i in range(SIGMA_BINS)}
    return found


def statistics(residual: np.ndarray, error: np.ndarray, total: np.ndarray) -> Row:
    """Return the columns of `xp_calibration` from ``stars`` on.

    Parameters
    ----------
    residual, error, total : ndarray, shape (n,)
        Estimate minus label, predicted error, and that with the label's own.
    """
    found = residual_statistics(residual, total)
    some = len(residual) > 0
    return {
        "stars": found.number,
        "bias": found.bias,
        "mean": float(residual.mean()) if some else np.nan,
        "scatter": found.scatter,
        "deviation": float(residual.std()) if some else np.nan,
        "sigma": float(np.median(error)) if some else np.nan,
        "within_1": found.within_1,
        "within_2": found.within_2,
        "pull": found.pull_scatter,
    }
