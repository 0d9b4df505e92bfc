"""Rows of `xp_metallicities` and `xp_vmp_candidates`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from vacframe import Batch, Model, Result
from vacframe_xp_uacsnet.columns import SHOWN
from vacframe_xp_uacsnet.flags import Flag
from vacframe_xp_uacsnet.method.estimator import restore

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import XpUacsnetConfig

AGAINST = Flag.MISSING_FLUX | Flag.NO_REDDENING | Flag.HIGH_REDDENING | Flag.OUTSIDE_HULL
"""Flags with which an estimate is not reliable."""


def estimate_rows(stars: Batch, model: Model, config: XpUacsnetConfig) -> Result:
    """Return the rows of `xp_metallicities` for giants of `xp_features`."""
    estimator = restore(model)
    flux, errors = stars["flux"], stars["flux_error"]
    feh, error, spread = estimator.estimate(flux, errors)
    distance = estimator.hull.distance(estimator.inputs(flux, errors)[0])
    flags = stars["flags"].copy()
    ebv, g = stars["ebv"], stars["phot_g_mean_mag"]
    flags[ebv >= config.reliable_ebv] |= Flag.HIGH_REDDENING
    faint = ~(g < config.reliable_magnitude)
    flags[faint] |= Flag.FAINT
    flags[distance > config.hull_distance] |= Flag.OUTSIDE_HULL
    reliable = (flags & AGAINST) == 0
    table: dict[str, Any] = {c.name: stars.arrow[c.name] for c in SHOWN}
    table |= {"source_id": stars["source_id"], "feh": feh, "feh_error": error, "feh_spread": spread, "flags": flags}
    table |= {"hull_distance": distance, "reliable": reliable, "reliable_error": reliable & ~faint}
    counts = {"estimates": int(np.isfinite(feh).sum()), "reliable": int(reliable.sum())}
    return Result(table=table, counts=counts)


def candidates(stars: Batch, vmp: float, emp: float) -> Result:
    """Return the rows of `xp_vmp_candidates` among reliable estimates."""
    kept = stars.take(stars["feh"] <= vmp)
    feh, error = (kept[n].astype(np.float64) for n in ("feh", "feh_error"))
    extreme = feh <= emp
    table: dict[str, Any] = {name: kept.arrow[name] for name in kept.columns}
    table["vmp_class"] = np.where(extreme, "EMP", "VMP").astype(object)
    table["vmp_probability"] = ndtr((vmp - feh) / error)
    counts = {"very metal-poor": len(kept), "extremely metal-poor": int(extreme.sum())}
    return Result(table=table, counts=counts)
