"""Estimates of star clusters, and of very metal-poor stars by carbon enhancement: rows of `xp_validation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, Inputs
from vacframe.astro.robust import nan_median

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import XpUacsnetConfig

CLIP = 3.0
"""Standard deviations at which members are clipped (section 4.2.3)."""
FEWEST = 3
"""Stars below which nothing is said of a group."""


Row = dict[str, Any]


def validate(inputs: Inputs, config: XpUacsnetConfig) -> list[Row]:
    """Return the rows of `xp_validation`, a dictionary each."""
    stars = inputs["xp_metallicities"]
    rows = clusters(stars, inputs["cluster_members"], config.cluster_colour)
    if config.carbon_labels:
        rows += carbon(stars, inputs[config.carbon_labels], config.vmp, config.carbon_enhanced)
    return rows


def clusters(stars: Batch, members: Batch, bluest: dict[str, float]) -> list[Row]:
    """Return a row for each cluster with enough members: mean and dispersion after 3σ clipping."""
    keys = members["source_id"]
    feh, error, colour = (stars.at(n, "source_id", keys) for n in ("feh", "feh_error", "bp_rp0"))
    names, label = members["cluster"], members["feh"].astype(np.float64)
    found = stars.match("source_id", keys) >= 0
    made = []
    for name in sorted(set(names[found])):
        own = found & (names == name)
        kept = clipped(feh, own & np.isfinite(feh) & (colour > bluest.get(str(name), -np.inf)))
        if kept.sum() < FEWEST:
            continue
        mean, literature = float(feh[kept].mean()), float(nan_median(label[own]))
        made.append(
            {
                "test": "cluster", "group": str(name), "stars": int(kept.sum()), "feh": mean, "feh_label": literature,
                "difference": mean - literature, "scatter": float(feh[kept].std(ddof=1)),
                "sigma": float(np.median(error[kept])), "slope": np.nan, "slope_error": np.nan,
            }
        )  # fmt: skip
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


def carbon(stars: Batch, labels: Batch, vmp: float, enhanced: float) -> list[Row]:
    """Return rows for the very metal-poor stars with a label and [C/Fe]: all, enhanced, normal."""
    feh, error = (stars.at(n, "source_id", labels["source_id"]) for n in ("feh", "feh_error"))
    label, c_fe = (labels[n].astype(np.float64) for n in ("feh", "c_fe"))
    usable = np.isfinite(feh) & np.isfinite(c_fe) & (label <= vmp)
    groups = {"all": usable, "enhanced": usable & (c_fe > enhanced), "normal": usable & (c_fe <= enhanced)}
    made = []
    for name, chosen in groups.items():
        if chosen.sum() < FEWEST:
            continue
        residual = (feh - label)[chosen]
        slope, slope_error = trend(c_fe[chosen], residual) if name == "all" else (np.nan, np.nan)
        made.append(
            {
                "test": "carbon", "group": name, "stars": int(chosen.sum()), "feh": float(feh[chosen].mean()),
                "feh_label": float(label[chosen].mean()), "difference": float(residual.mean()),
                "scatter": float(residual.std()), "sigma": float(np.median(error[chosen])),
                "slope": slope, "slope_error": slope_error,
            }
        )  # fmt: skip
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
