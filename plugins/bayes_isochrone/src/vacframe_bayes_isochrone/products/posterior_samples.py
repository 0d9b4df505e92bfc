"""Product `posterior_samples`: draws from the posterior of chosen stars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_bayes_isochrone.columns import HEAD, QUALITY, QUANTITIES, observables_schema
from vacframe_bayes_isochrone.products.bayes_isochrone import FIT_FIELDS, prior_needs
from vacframe_bayes_isochrone.registry import plugin


def samples_schema(config: Any) -> vf.TableSchema:
    """Return the schema of `posterior_samples`: one row for each star, its draws as arrays."""
    drawn = {**QUANTITIES, "mh": ("Metallicity [M/H]", "dex", "phys.abund.Z")}
    return vf.TableSchema(
        description="Equally probable draws from the posterior of each star; draw i is one model in all columns",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(
            *HEAD,
            *(
                vf.column(f"{name}_samples", "float32", text, unit=unit, ucd=ucd, length=config.samples)
                for name, (text, unit, ucd) in drawn.items()
            ),
        ),
    )


def _needs(config: Any) -> Iterator[vf.Need]:
    columns = [c for c in observables_schema(config).columns if c.name != QUALITY.name]
    yield vf.same("isochrone_observables", columns, maybe=[QUALITY], where=config.samples_where or None)
    yield from prior_needs(config)


@plugin.product(
    "posterior_samples",
    table=samples_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=400_000),
    method=vf.Method(libraries=("numpy", "numba"), config_fields=(*FIT_FIELDS, "samples", "samples_where")),
)
def posterior_samples(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Draws from the posterior of distance, A_V, mass, age and [M/H] of the stars that `samples_where` chooses."""
    from vacframe_bayes_isochrone.method.sampling import sample

    stars = inputs["isochrone_observables"]
    return sample(stars, inputs["isochrone_grid"], inputs, context.config, context.rng(stars["source_id"]))
