"""Estimates beside the values that asteroseismology and clusters give, and how far apart they are."""

from __future__ import annotations

from typing import Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.columns import COMPARED, REFERENCES


def beside_references(inputs: vf.Inputs) -> dict[str, Any]:
    """Return the columns of `isochrone_comparison`: the stars that have a reference, each with its first."""
    estimates, observed = inputs["bayes_isochrone"], inputs["isochrone_observables"]
    keys = estimates["source_id"]
    reference = np.full(len(keys), "", dtype=object)
    values = {name: np.full(len(keys), np.nan) for name in COMPARED}
    for product, quantities in REFERENCES.items():
        new = (inputs[product].match("source_id", keys) >= 0) & (reference == "")
        reference[new] = product
        for name in quantities:
            values[name][new] = inputs[product].at(name, "source_id", keys[new])
    rows = np.flatnonzero(reference != "")
    table: dict[str, Any] = {name: estimates[name][rows] for name in estimates}
    table |= {f"{name}_reference": column[rows] for name, column in values.items()}
    return table | {"reference": reference[rows], "logg": observed["logg"][rows]}


def relative_differences(stars: vf.Batch, giant_logg: float) -> dict[str, list[Any]]:
    """Return the columns of `isochrone_validation` of the stars with log g below `giant_logg`.

    Parameters
    ----------
    stars : Batch
        `isochrone_comparison`.
    giant_logg : float
        Dex.
    """
    giant = stars["logg"] < giant_logg
    rows = []
    for product, quantities in REFERENCES.items():
        for name in quantities:
            estimate, truth = stars[name], stars[f"{name}_reference"]
            use = giant & (stars["reference"] == product) & np.isfinite(estimate) & (truth > 0)
            if not use.any():
                continue
            low, middle, high = np.percentile(estimate[use].astype(np.float64) / truth[use] - 1, [16, 50, 84])
            quoted = float(np.median(stars[f"{name}_error"][use] / estimate[use]))
            rows.append((product, name, int(use.sum()), middle, low, high, (high - low) / 2, quoted))
    names = ("reference", "quantity", "n", "median", "p16", "p84", "half_width", "quoted_error")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}
