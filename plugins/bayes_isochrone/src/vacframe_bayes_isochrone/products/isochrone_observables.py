"""Product `isochrone_observables`: what stars are compared with isochrones by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.photometry import BANDS, PHOTOMETRY
from vacframe_bayes_isochrone.columns import GAIA_BANDS, LABELS, PARALLAX_COLUMNS, QUALITY, observables_schema
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    value, error = PARALLAX_COLUMNS[config.parallax]
    gaia = ["parallax_error"] if error is None else []
    gaia += [value, str(error)] if config.parallax == "gaia_sources" else []
    names = [b for b in config.band_names if b in GAIA_BANDS]
    gaia += [f"{GAIA_BANDS[b]}{suffix}" for b in names for suffix in ("", "_error")]
    yield vf.same("gaia_sources", [GAIA_SOURCES[n] for n in ("source_id", "ra", "dec", *gaia)])
    yield vf.by_key("isochrone_labels", ["source_id", *(c.name for c in LABELS), QUALITY.name], on="source_id")
    others = [b for b in config.band_names if b not in GAIA_BANDS]
    if others:
        wanted = [PHOTOMETRY[f"{b}{s}"] if b in BANDS else f"{b}{s}" for b in others for s in ("", "_error")]
        yield vf.by_key("photometry", ["source_id", *wanted], on="source_id", optional=True)
    if config.parallax != "gaia_sources":
        columns = [value] if error is None else [value, error]
        yield vf.by_key(config.parallax, ["source_id", *columns], on="source_id")


@plugin.product(
    "isochrone_observables",
    table=observables_schema,
    needs=_needs,
    method=vf.Method(config_fields=("labels_key", "bands", "parallax")),
)
def isochrone_observables(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Labels, magnitudes and parallax of each star that has labels, joined from catalogue products."""
    from vacframe_bayes_isochrone.method.observables import join_observables

    return join_observables(inputs, context.config)
