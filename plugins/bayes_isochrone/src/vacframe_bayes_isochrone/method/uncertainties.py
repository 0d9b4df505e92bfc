"""How certain estimates are at each signal-to-noise ratio (Wang J. et al. 2023, figure A1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.columns import QUALITY, QUANTITIES

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

ABSOLUTE = "av"
"""The quantity whose uncertainty is in its own unit; the others' are relative."""
EVOLVED = ("mass", "age")
"""Quantities that mean something for evolved stars only."""


def uncertainties_by_snr(estimates: vf.Batch, observed: vf.Batch, config: BayesIsochroneConfig) -> dict[str, list[Any]]:
    """Return the columns of `isochrone_uncertainties`.

    Parameters
    ----------
    estimates, observed : Batch
        `bayes_isochrone` and `isochrone_observables`.
    config : BayesIsochroneConfig
        Says where bins of S/N end, and what giants and subgiants are.
    """
    keys = estimates["source_id"]
    # In the precision that they are stored in, so that a log g of 3.4 is not above 3.4.
    logg, snr = (observed.at(name, "source_id", keys).astype(np.float32) for name in ("logg", QUALITY.name))
    giant = logg < config.giant_logg
    groups = {"all": np.ones(len(logg), bool), "giants": giant, "subgiants": giant & (logg > config.subgiant_logg)}
    rows: list[tuple[Any, ...]] = []
    for quantity in QUANTITIES:
        error = estimates[f"{quantity}_error"].astype(np.float64)
        error = error if quantity == ABSOLUTE else error / estimates[quantity]
        for stars, chosen in groups.items():
            if quantity in EVOLVED and stars == "all":
                continue
            for low, high in zip(config.snr_edges[:-1], config.snr_edges[1:], strict=True):
                found = error[chosen & (snr >= low) & (snr < high) & np.isfinite(error)]
                if len(found):
                    rows.append((quantity, stars, low, high, len(found), *np.percentile(found, [50, 16, 84])))
    names = ("quantity", "stars", "snr_low", "snr_high", "n", "median", "p16", "p84")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}
