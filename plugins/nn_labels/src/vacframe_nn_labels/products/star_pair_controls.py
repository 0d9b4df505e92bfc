"""The product `star_pair_controls`: stars with hardly any reddening, whose colours are those of their pairs."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.parts import measured
from vacframe_nn_labels.bands import REDDENING_COLUMNS, magnitude_needs
from vacframe_nn_labels.columns import PAIRED_BY, colour_name, identity, pair_label_columns, source_column
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def controls_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `star_pair_controls`."""
    return vf.TableSchema(
        description="Hardly reddened stars with their labels and dereddened colours",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=(
            *identity(),
            source_column(),
            *(vf.column(n, "float32", f"The label {n} that stars are paired by", unit=u) for n, u in PAIRED_BY.items()),
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


def _needs(config: NnLabelsConfig) -> list[vf.Need]:
    flags = [f"flag_{name}" for name in config.pair_labels or ()]
    return [
        vf.same("nn_estimates", ["obsid", "ra", "dec", "source_id", "snr_g", *pair_label_columns(config), *flags]),
        *magnitude_needs(config.star_pairs.bands),
        vf.all_rows("reddening_map", REDDENING_COLUMNS),
    ]


@plugin.product(
    "star_pair_controls",
    table=controls_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(libraries=("healpy", "numpy"), config_fields=("star_pairs", "training_sets")),
)
def star_pair_controls(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stars at high Galactic latitude with hardly any reddening, whose intrinsic colours are those of their pairs."""
    from vacframe_nn_labels.method.controls import choose_controls

    return choose_controls(inputs, context.config.pair_labels, context.config.star_pairs)
