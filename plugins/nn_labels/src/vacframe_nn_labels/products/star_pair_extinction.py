"""The product `star_pair_extinction`: reddening from pairs of stars with equal labels."""

from __future__ import annotations

import vacframe as vf
from vacframe_nn_labels.bands import magnitude_needs
from vacframe_nn_labels.columns import EBV, PAIRED_BY, colour_name, identity, pair_label_columns, source_column
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

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


def _needs(config: NnLabelsConfig) -> list[vf.Need]:
    colours = [colour_name(colour) for colour in config.star_pairs.colours]
    return [
        vf.same("nn_estimates", ["obsid", "source_id", "snr_g", *pair_label_columns(config)]),
        *magnitude_needs(config.star_pairs.bands),
        vf.all_rows(
            "star_pair_controls",
            ["obsid", "source_id", "snr_g", *PAIRED_BY, *colours, *(f"{name}_error" for name in colours)],
        ),
    ]


@plugin.product(
    "star_pair_extinction",
    table=EXTINCTION,
    needs=_needs,
    row_wise=True,
    citation="Yuan, H. B., Liu, X. W., & Xiang, M. S. 2013, MNRAS 430, 2188",
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(libraries=("numba", "numpy"), config_fields=("star_pairs", "training_sets")),
)
def star_pair_extinction(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """E(B-V) of each star: its colours minus those of hardly reddened stars of equal labels."""
    from vacframe_nn_labels.method.reddening import star_pair_reddening

    return star_pair_reddening(inputs, context.config.pair_labels, context.config.star_pairs)
