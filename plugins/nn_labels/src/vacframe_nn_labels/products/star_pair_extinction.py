"""The product `star_pair_extinction`: reddening from pairs of stars with equal labels."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.parts import measured
from vacframe_nn_labels.bands import magnitude_needs
from vacframe_nn_labels.columns import identity, source_column
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.pair_columns import CONFIG_FIELDS, LABELS, colour_name, paired_labels
from vacframe_nn_labels.registry import plugin

EBV = measured("ebv", "Reddening E(B-V) by star pairs, SFD scale; may be negative", unit="mag", ucd="phot.color.excess")


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


def _extinction_needs(config: NnLabelsConfig) -> list[vf.Need]:
    colours = [colour_name(colour) for colour in config.star_pairs.colours]
    return [
        vf.same("nn_estimates", ["obsid", "source_id", "snr_g", *paired_labels(config)]),
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
def star_pair_extinction(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """E(B-V) of each star: its colours minus those of hardly reddened stars of equal labels."""
    from vacframe_nn_labels.method.colours import star_pair_reddening

    return star_pair_reddening(inputs, context.config)
