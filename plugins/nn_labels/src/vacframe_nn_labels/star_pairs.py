"""The products `star_pair_controls` and `star_pair_extinction`: reddening from pairs of stars with equal labels."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.parts import measured
from vacframe_nn_labels.bands import REDDENING_COLUMNS, Band, magnitude_needs
from vacframe_nn_labels.columns import identity, source_column
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

LABELS = {"teff": "K", "logg": "dex", "feh": "dex"}
"""What stars are paired by, with units."""
EBV = measured("ebv", "Reddening E(B-V) by star pairs, SFD scale; may be negative", unit="mag", ucd="phot.color.excess")
CONFIG_FIELDS = ("star_pairs", "training_sets")


def colour_name(colour: tuple[Band, Band]) -> str:
    """Return the column of a colour."""
    return f"colour_{colour[0]}_{colour[1]}"


def controls_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `star_pair_controls`."""
    return vf.TableSchema(
        description="Hardly reddened stars with their labels and dereddened colours",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=(
            *identity(),
            source_column(),
            *(vf.column(n, "float32", f"The label {n} that stars are paired by", unit=u) for n, u in LABELS.items()),
            *(
                column
                for colour in config.star_pairs.colours
                for column in measured(
                    colour_name(colour),
                    f"{colour[0]} - {colour[1]}, dereddened by reddening_map",
                    unit="mag",
                    ucd="phot.color",
                )
            ),
        ),
    )


EXTINCTION = vf.TableSchema(
    description="Reddening of LAMOST spectra's stars by the star-pair method",
    key="obsid",
    position=vf.Position(epoch=2000.0),
    columns=(
        *identity(),
        source_column(),
        *EBV,
        vf.column(
            "ebv_pairs",
            "int32",
            "Control stars behind the intrinsic colour that has most",
            ucd="meta.number",
            minimum=0,
        ),
        vf.column("ebv_colours", "int8", "Number of colours that ebv is the mean of", ucd="meta.number", minimum=0),
    ),
)


def _labels(config: NnLabelsConfig) -> list[vf.Column]:
    columns = zip(config.pair_labels or (), LABELS.values(), strict=False)
    return [vf.column(name, "float32", unit=unit) for name, unit in columns]


def _controls_needs(config: NnLabelsConfig) -> list[vf.Need]:
    flags = [f"flag_{name}" for name in config.pair_labels or ()]
    return [
        vf.same("nn_estimates", ["obsid", "ra", "dec", "source_id", "snr_g", *_labels(config), *flags]),
        *magnitude_needs(config.star_pairs.bands),
        vf.all_rows("reddening_map", REDDENING_COLUMNS),
    ]


@plugin.product(
    "star_pair_controls",
    table=controls_schema,
    needs=_controls_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(libraries=("healpy", "numpy"), config_fields=CONFIG_FIELDS),
)
def star_pair_controls(inputs: Any, context: Any) -> vf.Result:
    """Stars at high Galactic latitude with hardly any reddening, whose intrinsic colours are those of their pairs."""
    from vacframe_nn_labels.colours import choose_controls

    return choose_controls(inputs, context.config)


def _extinction_needs(config: NnLabelsConfig) -> list[vf.Need]:
    colours = [colour_name(colour) for colour in config.star_pairs.colours]
    return [
        vf.same("nn_estimates", ["obsid", "source_id", "snr_g", *_labels(config)]),
        *magnitude_needs(config.star_pairs.bands),
        vf.all_rows(
            "star_pair_controls",
            ["obsid", "source_id", "snr_g", *LABELS, *colours, *(f"{name}_error" for name in colours)],
        ),
    ]


@plugin.product(
    "star_pair_extinction",
    table=EXTINCTION,
    needs=_extinction_needs,
    row_wise=True,
    citation="Yuan, H. B., Liu, X. W., & Xiang, M. S. 2013, MNRAS 430, 2188",
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(libraries=("numba", "numpy"), config_fields=CONFIG_FIELDS),
)
def star_pair_extinction(inputs: Any, context: Any) -> vf.Result:
    """E(B-V) of each star: its colours minus those of hardly reddened stars of equal labels."""
    from vacframe_nn_labels.colours import star_pair_reddening

    return star_pair_reddening(inputs, context.config)
