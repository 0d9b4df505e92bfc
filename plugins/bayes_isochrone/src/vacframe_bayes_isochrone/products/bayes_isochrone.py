"""Product `bayes_isochrone`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.models import DUST_3D, REDDENING_MAP
from vacframe_bayes_isochrone.columns import QUALITY, Flag, estimates_schema, observables_schema
from vacframe_bayes_isochrone.products.isochrone_grid import GRID_FIELDS
from vacframe_bayes_isochrone.registry import plugin

FIT_FIELDS = (
    *GRID_FIELDS, "dust", "flat_dust", "r_sun", "z_sun", "window", "error_floors", "giant_logg", "edge_fraction",
    "poor_fit",
)  # fmt: skip
SCALE = vf.column("scale", "string", "What a unit of ebv is", ucd="meta.note")


def prior_needs(config: Any) -> Iterator[vf.Need]:
    """Yield the needs of whatever weighs model points against a star: the grid and the dust."""
    yield vf.all_rows("isochrone_grid")
    dust = config.chosen_dust
    if dust.kind == "lognormal":
        product, schema = ("dust_3d", DUST_3D) if dust.profile == "dust_3d" else ("reddening_map", REDDENING_MAP)
        columns = [schema[n] for n in ("healpix", "healpix_order", "ebv")]
        yield vf.Need(
            product=product,
            columns=(*columns, SCALE),
            how="all",
            maybe=("scale",),
            optional=product == "reddening_map",
        )


def _needs(config: Any) -> Iterator[vf.Need]:
    names = [c for c in observables_schema(config).columns if c.name not in ("source_id", QUALITY.name)]
    yield vf.same("isochrone_observables", names)
    yield from prior_needs(config)


@plugin.product(
    "bayes_isochrone",
    table=estimates_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=4000),
    method=vf.Method(libraries=("numpy", "numba"), config_fields=(*FIT_FIELDS, "percentiles")),
)
def bayes_isochrone(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Distance, extinction, mass and age of each star, with errors, percentiles if wanted, quality and flags."""
    from vacframe_bayes_isochrone.method.estimation import estimate

    table = estimate(inputs["isochrone_observables"], inputs["isochrone_grid"], inputs, context.config)
    names = {
        Flag.NO_PARALLAX: "without parallax",
        Flag.NO_PHOTOMETRY: "without photometry, no estimate",
        Flag.OUTSIDE_GRID: "outside the models, no estimate",
        Flag.NO_SOLUTION: "labels and parallax contradict each other, no estimate",
        Flag.POOR_FIT: "poor fits",
    }
    return vf.Result(table=table, counts={text: int((table["flag"] & bit != 0).sum()) for bit, text in names.items()})
