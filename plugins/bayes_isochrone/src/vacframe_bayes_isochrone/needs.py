"""What every product that weighs model points against stars needs: the grid, the dust, and which settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import vacframe as vf
from vacframe.schemas.models import DUST_3D, REDDENING_MAP
from vacframe_bayes_isochrone.columns import QUALITY, observables_schema

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

GRID_FIELDS = (
    "mh_min", "mh_max", "mh_step", "age_min", "age_max", "age_step", "age_turn", "segments", "teff_bins", "bands",
    "imf", "prior", "components",
)  # fmt: skip
"""Configuration that the model points depend on."""
FIT_FIELDS = (
    *GRID_FIELDS, "dust", "flat_dust", "r_sun", "z_sun", "window", "error_floors", "giant_logg", "edge_fraction",
    "poor_fit",
)  # fmt: skip
"""Configuration that the posterior of a star depends on."""
SCALE = vf.column("scale", "string", "What a unit of ebv is", ucd="meta.note")


def observed_columns(config: BayesIsochroneConfig) -> list[vf.Column]:
    """Return the columns of `isochrone_observables` that a star is fitted by."""
    return [c for c in observables_schema(config).columns if c.name != QUALITY.name]


def prior_needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    """Yield the grid and the dust of the prior."""
    yield vf.all_rows("isochrone_grid")
    dust = config.chosen_dust
    if dust.kind == "lognormal":
        product, schema = ("dust_3d", DUST_3D) if dust.profile == "dust_3d" else ("reddening_map", REDDENING_MAP)
        columns = [schema[n] for n in ("healpix", "healpix_order", "ebv")]
        yield vf.all_rows(product, columns, maybe=[SCALE], optional=product == "reddening_map")
