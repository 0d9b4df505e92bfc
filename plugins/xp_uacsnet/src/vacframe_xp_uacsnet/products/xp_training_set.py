"""Product `xp_training_set`: stars with labels, to train and to test on."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe_xp_uacsnet.columns import (
    FEATURE_FLAGS,
    FEH,
    FEH_ERROR,
    IDENTITY,
    PASSED,
    QUANTITIES,
    pixel_fluxes,
)
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.registry import plugin


def training_schema(config: XpUacsnetConfig) -> vf.TableSchema:
    """Return the schema of `xp_training_set`."""
    return vf.TableSchema(
        description="Giants with XP spectra and labels; training and test stars are disjoint",
        key="source_id",
        position=vf.Position(epoch=GAIA_EPOCH),
        columns=(
            *IDENTITY,
            *pixel_fluxes(len(config.pixels)),
            *QUANTITIES,
            FEATURE_FLAGS,
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
            columns: list[str | vf.Column] = ["source_id", FEH, *([FEH_ERROR] if config.label_errors else [])]
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
    from vacframe_xp_uacsnet.method.labelled_stars import label_stars

    return label_stars(inputs, context)
