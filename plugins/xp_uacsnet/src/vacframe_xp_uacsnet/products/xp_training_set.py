"""Product `xp_training_set`: stars with labels, to train and to test on."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe.schemas.parts import measured
from vacframe_xp_uacsnet.columns import IDENTITY, PASSED
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.products.xp_features import features_schema
from vacframe_xp_uacsnet.registry import plugin

FEH, FEH_ERROR = measured("feh", "Iron abundance [Fe/H] of the label", unit="dex", ucd="phys.abund.Fe")


def training_schema(config: XpUacsnetConfig) -> vf.TableSchema:
    """Return the schema of `xp_training_set`."""
    features = features_schema(config)
    return vf.TableSchema(
        description="Giants with XP spectra and labels; training and test stars are disjoint",
        key="source_id",
        position=vf.Position(epoch=GAIA_EPOCH),
        columns=(
            *IDENTITY,
            *(features[n] for n in PASSED),
            FEH,
            FEH_ERROR,
            vf.column("in_training", "bool", "A training star; the others are test stars", ucd="meta.code"),
        ),
    )


def _needs(config: XpUacsnetConfig) -> Iterator[vf.Need]:
    yield vf.same("xp_features", ["source_id", *PASSED], where="for_training")
    roles = {config.labels: config.labels_where, config.test_labels: config.test_where}
    for product, where in roles.items():
        if product:
            columns: list[vf.Column | str] = ["source_id", FEH, *([FEH_ERROR] if config.label_errors else [])]
            yield vf.by_key(product, columns, on="source_id", where=where or None)


@plugin.product(
    "xp_training_set",
    table=training_schema,
    needs=_needs,
    method=vf.Method(
        config_fields=("labels", "labels_where", "test_labels", "test_where", "test_fraction", "label_errors", "pixels")
    ),
)
def xp_training_set(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Giants with labels [Fe/H], each a training or a test star."""
    from vacframe_xp_uacsnet.method.labelling import label_stars

    return label_stars(inputs, context)
