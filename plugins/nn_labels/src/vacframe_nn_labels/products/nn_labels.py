"""The product `nn_labels`: the catalogue; labels of every spectrum, reddening, distance and place in the Galaxy."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.parts import measured
from vacframe_nn_labels.bands import magnitude_needs
from vacframe_nn_labels.columns import EBV, estimate_columns
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

UNIQUE = vf.column(
    "uqflag",
    "int8",
    "1 for the spectrum of the highest snr_g of a star, and where the star is not known, else 0",
    ucd="meta.code",
    nullable=False,
    minimum=0,
    maximum=1,
)
DISTANCE = (
    *measured("distance", "Distance, from Ks, its extinction and absolute magnitude", unit="kpc", ucd="pos.distance"),
    vf.column(
        "flag_distance",
        "int8",
        "1 where the distance is missing or its absolute magnitude lies outside the training grid, else 0",
        ucd="meta.code.qual",
        nullable=False,
        minimum=0,
        maximum=1,
    ),
    *measured("x", "Galactocentric X; the Sun at negative X", unit="kpc", ucd="pos.cartesian.x"),
    *measured("y", "Galactocentric Y, along the Galaxy's rotation at the Sun", unit="kpc", ucd="pos.cartesian.y"),
    *measured("z", "Galactocentric Z, to the north Galactic pole", unit="kpc", ucd="pos.cartesian.z"),
)


def labels_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `nn_labels`: reddening where `star_pairs` has its labels, distances where they have too."""
    return vf.TableSchema(
        description="Labels of LAMOST spectra by neural networks",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=(
            *estimate_columns(config),
            *((UNIQUE, *EBV) if config.pair_labels else ()),
            *(DISTANCE if config.distance_magnitude else ()),
        ),
    )


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    yield vf.same("nn_estimates", [c.name for c in estimate_columns(config)])
    if config.pair_labels is not None:
        reddening = [c.name for c in EBV]
        yield vf.by_key("star_pair_extinction", ["obsid", "source_id", "snr_g", *reddening], on="source_id")
    if config.distance_magnitude is not None:
        yield from magnitude_needs(["ks"])


@plugin.product(
    "nn_labels",
    table=labels_schema,
    needs=_needs,
    row_wise=True,
    companions=("nn_report",),
    resources=vf.Resources(row_bytes=2000),
    method=vf.Method(libraries=("numpy",), config_fields=("training_sets", "star_pairs", "distances")),
)
def nn_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stellar labels of LAMOST spectra with errors and flags, reddening, distances and Galactic positions."""
    from vacframe_nn_labels.method.catalogue import complete_catalogue

    return vf.Result(complete_catalogue(inputs, context.config))
