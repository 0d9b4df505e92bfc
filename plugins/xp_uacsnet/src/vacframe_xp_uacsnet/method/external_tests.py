"""Rows of `xp_validation`."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe import Batch, Result
from vacframe_xp_uacsnet.columns import VALIDATION

CLIP = 3.0
"""Standard deviations at which members are clipped (section 4.2.3)."""
FEWEST = 3
"""Stars below which nothing is said of a group."""


def validate(inputs: Any, config: Any) -> Result:
    """Return the rows of `xp_validation`."""
    stars = inputs["xp_metallicities"]
    rows = list(clusters(stars, inputs["cluster_members"], config.cluster_colour))
    if config.carbon_labels:
        rows += carbon(stars, inputs[config.carbon_labels], config.vmp, config.carbon_enhanced)
    columns = zip(*rows, strict=True) if rows else ([] for _ in VALIDATION.names)
    return Result({n: list(values) for n, values in zip(VALIDATION.names, columns, strict=True)})


def clusters(stars: Batch, members: Batch, bluest: dict[str, float]) -> list[tuple[Any, ...]]:
    """Return a row for each cluster with enough members: mean and dispersion after 3σ clipping."""
    place = stars.match("source_id", members["source_id"])
    names = members["cluster"]
    made = []
    for name in sorted(set(names[place >= 0])):
        own = (names == name) & (place >= 0)
        feh, error, colour = (stars[n][place[own]].astype(np.float64) for n in ("feh", "feh_error", "bp_rp0"))
        kept = np.isfinite(feh) & (colour > bluest.get(str(name), -np.inf))
        kept = clipped(feh, kept)
        if kept.sum() < FEWEST:
            continue
        label = float(np.nanmedian(members["feh"][own].astype(np.float64)))
        mean, scatter = float(feh[kept].mean()), float(feh[kept].std(ddof=1))
        numbers = (int(kept.sum()), mean, label, mean - label, scatter, float(np.median(error[kept])))
        made.append(("cluster", str(name), *numbers, float("nan"), float("nan")))
    return made


def clipped(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return which of the kept values stay when those beyond 3σ of the others' mean go, again and again."""
    while kept.sum() >= FEWEST:
        mean, scatter = values[kept].mean(), values[kept].std()
        still = kept & (np.abs(values - mean) <= CLIP * scatter)
        if still.sum() == kept.sum():
            break
        kept = still
    return kept


def carbon(stars: Batch, labels: Batch, vmp: float, enhanced: float) -> list[tuple[Any, ...]]:
    """Return rows for the very metal-poor stars with a label and [C/Fe]: all, enhanced, normal."""
    place = stars.match("source_id", labels["source_id"])
    label, c_fe = (labels[n].astype(np.float64) for n in ("feh", "c_fe"))
    found = place >= 0
    feh, error = (np.where(found, stars[n][np.maximum(place, 0)], np.nan) if len(stars) else np.full(len(place), np.nan)
                  for n in ("feh", "feh_error"))  # fmt: skip
    usable = np.isfinite(feh) & np.isfinite(c_fe) & (label <= vmp)
    made = []
    for name, chosen in (
        ("all", usable),
        ("enhanced", usable & (c_fe > enhanced)),
        ("normal", usable & (c_fe <= enhanced)),
    ):
        if chosen.sum() < FEWEST:
            continue
        residual = (feh - label)[chosen]
        mean = float(residual.mean())
        slope, slope_error = trend(c_fe[chosen], residual) if name == "all" else (float("nan"), float("nan"))
        numbers = (int(chosen.sum()), float(feh[chosen].mean()), float(label[chosen].mean()), mean)
        made.append(
            ("carbon", name, *numbers, float(residual.std()), float(np.median(error[chosen])), slope, slope_error)
        )
    return made


def trend(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and its standard error of a straight line through the points."""
    centred = x - x.mean()
    spread = float((centred**2).sum())
    if spread == 0 or len(x) < FEWEST:
        return float("nan"), float("nan")
    slope = float((centred * (y - y.mean())).sum() / spread)
    rest = y - y.mean() - slope * centred
    return slope, float(np.sqrt((rest**2).sum() / (len(x) - 2) / spread))
