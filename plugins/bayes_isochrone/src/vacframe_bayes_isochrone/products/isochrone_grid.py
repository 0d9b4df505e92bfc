"""Product `isochrone_grid`: the model points, weighted by the prior and sorted for the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import vacframe as vf
from vacframe_bayes_isochrone.needs import GRID_FIELDS
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _needs(config: BayesIsochroneConfig) -> list[vf.Need]:
    columns = ["mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "phase"]
    return [vf.all_rows("isochrones", [*columns, *(f"mag_{name}" for name in config.band_names)])]


@plugin.product(
    "isochrone_grid",
    kind="model",
    needs=_needs,
    method=vf.Method(libraries=("numpy", "scipy"), config_fields=GRID_FIELDS),
)
def isochrone_grid(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Model points interpolated to the paper's metallicities along equal evolutionary points, with prior weights."""
    from vacframe_bayes_isochrone.method.model_points import make_grid, not_covered

    model = make_grid(inputs["isochrones"], context.config, context.logger)
    return vf.Result(model=model, counts=not_covered(model))
