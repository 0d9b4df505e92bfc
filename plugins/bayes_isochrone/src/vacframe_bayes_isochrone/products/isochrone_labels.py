"""Product `isochrone_labels`: Teff, log g and [Fe/H] of each observation, with its Gaia source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.models import CROSSMATCH
from vacframe.schemas.parts import identifier, positions
from vacframe_bayes_isochrone.columns import LABELS, QUALITY
from vacframe_bayes_isochrone.registry import plugin


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
def isochrone_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
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
