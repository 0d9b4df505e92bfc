"""Products `isochrone_labels` and `isochrone_observables`: what stars are compared with isochrones by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.models import CROSSMATCH
from vacframe.schemas.parts import identifier, positions
from vacframe.schemas.photometry import BANDS, PHOTOMETRY
from vacframe_bayes_isochrone.columns import LABELS, QUALITY, observables_schema
from vacframe_bayes_isochrone.registry import plugin

GAIA_BANDS = {"g": "phot_g_mean_mag", "bp": "phot_bp_mean_mag", "rp": "phot_rp_mean_mag"}
"""Bands whose magnitudes lie in `gaia_sources`; the others are columns of `photometry`."""
PARALLAX_COLUMNS = {
    "gaia_parallax_l21": ("parallax_corrected", None),
    "gaia_parallax_spatial": ("parallax_spatial", "parallax_spatial_error"),
    "gaia_sources": ("parallax", "parallax_error"),
}
"""Product → columns of the parallax and its error; None is that of `gaia_sources`."""


def labels_schema(config: Any) -> vf.TableSchema:
    """Return the schema of `isochrone_labels`."""
    source = identifier("source_id", "Gaia source identifier of the star", nullable=config.labels_key == "obsid")
    key = (identifier("obsid", "Identifier of the observation"), source) if config.labels_key == "obsid" else (source,)
    return vf.TableSchema(
        description="Labels of stars with a Gaia source",
        key=config.labels_key,
        position=vf.Position(epoch=None),
        columns=(*key, *positions("as the labels' product has it"), *LABELS, QUALITY),
    )


def _label_needs(config: Any) -> Iterator[vf.Need]:
    columns = config.label_columns
    wanted = [*columns.names().values(), *([columns.quality] if columns.quality else [])]
    yield vf.same(config.labels, [config.labels_key, *dict.fromkeys(wanted)])
    if config.labels_key == "obsid":
        yield vf.same("crossmatch", [CROSSMATCH["source_id"]], optional=True)


@plugin.product(
    "isochrone_labels",
    table=labels_schema,
    needs=_label_needs,
    row_wise=True,
    method=vf.Method(config_fields=("labels", "labels_key", "label_columns")),
)
def isochrone_labels(inputs: Any, context: Any) -> vf.Result:
    """Teff, log g and [Fe/H] of each observation, with the Gaia source that it is of."""
    import numpy as np

    config = context.config
    rows = inputs[config.labels]
    table: dict[str, Any] = {name: rows[column] for name, column in config.label_columns.names().items()}
    quality = config.label_columns.quality
    table["quality"] = rows[quality] if quality else np.zeros(len(rows), np.float32)
    counts = {}
    if config.labels_key == "obsid":
        matches = inputs["crossmatch"]
        table["source_id"] = np.ma.masked_array(matches["source_id"], matches.mask("source_id"))
        counts["observations without a Gaia source"] = int(matches.mask("source_id").sum())
    return vf.Result(table=table, counts=counts)


def _needs(config: Any) -> Iterator[vf.Need]:
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
def isochrone_observables(inputs: Any, context: Any) -> vf.Result:
    """Labels, magnitudes and parallax of each star that has labels, joined from catalogue products."""
    from vacframe_bayes_isochrone.join import join_observables

    return join_observables(inputs, context.config)
