"""The product `nn_training_counts`: how many stars each training set has, and where the others were lost."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.columns import COUNT_COLUMNS, SPECTRUM_COLUMNS, label_keys, read_columns
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    if "source_id" in label_keys(config).values():
        yield vf.all_rows("crossmatch", ["obsid", "source_id"])
    yield vf.all_rows("lamost_normalized", ["obsid", *SPECTRUM_COLUMNS])
    for product, columns in read_columns(config).items():
        yield vf.all_rows(product, columns)


@plugin.product(
    "nn_training_counts",
    kind="whole",
    table=vf.TableSchema(
        description="Stars of each training set, and where the others were lost", columns=COUNT_COLUMNS
    ),
    needs=_needs,
    method=vf.Method(config_fields=("training_sets",)),
)
def nn_training_counts(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stars of each training set: spectra in common with the labels, after `where`, with every label."""
    from vacframe_nn_labels.method.training_stars import count_stars

    return vf.Result(count_stars(inputs, context))
