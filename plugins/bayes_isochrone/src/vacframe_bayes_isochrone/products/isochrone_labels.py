"""Product `isochrone_labels`: Teff, log g and [Fe/H] of stars, from whatever product has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import vacframe as vf
from vacframe.schemas.models import CROSSMATCH
from vacframe.schemas.parts import identifier, positions
from vacframe_bayes_isochrone.columns import LABELS, QUALITY
from vacframe_bayes_isochrone.registry import plugin

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _schema(config: BayesIsochroneConfig) -> vf.TableSchema:
    source = identifier("source_id", "Gaia source identifier of the star", nullable=config.labels_key == "obsid")
    key = (identifier("obsid", "Identifier of the observation"), source) if config.labels_key == "obsid" else (source,)
    return vf.TableSchema(
        description="Labels of stars with a Gaia source",
        key=config.labels_key,
        position=vf.Position(epoch=None),
        columns=(*key, *positions("as the labels' product has it"), *LABELS, QUALITY),
    )


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
    columns = config.label_columns
    wanted = [*columns.names().values(), *([columns.quality] if columns.quality else [])]
    yield vf.same(config.labels, [config.labels_key, *dict.fromkeys(wanted)])
    if config.labels_key == "obsid":
        yield vf.same("crossmatch", [CROSSMATCH["source_id"]], optional=True)


@plugin.product(
    "isochrone_labels",
    table=_schema,
    needs=_needs,
    row_wise=True,
    method=vf.Method(config_fields=("labels", "labels_key", "label_columns")),
)
def isochrone_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Teff, log g and [Fe/H] of each observation, with the Gaia source that it is of."""
    from vacframe_bayes_isochrone.method.observables import label_rows

    return label_rows(inputs, context.config)
