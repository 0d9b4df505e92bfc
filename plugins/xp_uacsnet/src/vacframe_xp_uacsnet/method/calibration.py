"""Rows of `xp_calibration`: residuals and coverage of groups of stars."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe import Batch, Model, Result, names_in, select_rows
from vacframe.astro.residuals import residual_statistics
from vacframe_xp_uacsnet.columns import CALIBRATION, SIGMA_BINS
from vacframe_xp_uacsnet.method.learning import learn, restore, usable


def report(stars: Batch, model: Model, context: Any) -> Result:
    """Return the calibration report of a model on the training and test stars."""
    models = {"uacsnet": model}
    options = context.config.network
    training = stars.take(stars["in_training"] & usable(stars))
    if context.config.compare_unweighted and len(training) >= options.minimum_stars:
        models["unweighted"] = learn(training, context, options.model_copy(update={"gamma": 0.0}))
    rows: list[tuple[Any, ...]] = []
    for name, trained in models.items():
        feh, error, _ = restore(trained).estimate(stars["flux"], stars["flux_error"])
        residual = feh - stars["feh"].astype(np.float64)
        total = np.hypot(error, np.nan_to_num(stars["feh_error"].astype(np.float64)))
        for part, chosen in (("training", stars["in_training"]), ("test", ~stars["in_training"])):
            for group, member in groups(stars, error, chosen, context.config.report_groups).items():
                rows.append((name, part, group, *statistics(residual[member], error[member], total[member])))
    columns = zip(*rows, strict=True) if rows else ([] for _ in CALIBRATION.names)
    return Result({n: list(values) for n, values in zip(CALIBRATION.names, columns, strict=True)})


def groups(stars: Batch, error: np.ndarray, chosen: np.ndarray, named: dict[str, str]) -> dict[str, np.ndarray]:
    """Return the members of each group among the chosen stars: boolean arrays of shape (n,)."""
    usable = chosen & np.isfinite(error)
    found = {}
    for name, text in named.items():
        values = {n: stars[n] for n in names_in(text)}
        found[name] = usable & np.broadcast_to(select_rows(text, values, what=f"report_groups.{name}"), usable.shape)
    if usable.any():
        edges = np.quantile(error[usable], np.linspace(0, 1, SIGMA_BINS + 1))
        place = np.clip(np.searchsorted(edges, error, side="right") - 1, 0, SIGMA_BINS - 1)
        found |= {f"sigma_{i + 1}": usable & (place == i) for i in range(SIGMA_BINS)}
    return found


def statistics(residual: np.ndarray, error: np.ndarray, total: np.ndarray) -> tuple[int, *tuple[float, ...]]:
    """Return the columns of `xp_calibration` from ``stars`` on.

    Parameters
    ----------
    residual, error, total : ndarray, shape (n,)
        Estimate minus label, predicted error, and that with the label's own.
    """
    if not len(residual):
        return (0, *(float("nan"),) * 8)
    found = residual_statistics(residual, total)
    return (
        found.number, found.bias, float(residual.mean()), found.scatter, float(residual.std()), float(np.median(error)),
        found.within_1, found.within_2, found.pull_scatter,
    )  # fmt: skip
