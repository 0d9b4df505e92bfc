"""The product `nn_training_counts`: how many stars each training set has, and where the others were lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_nn_labels.columns import (
    SPECTRUM_COLUMNS,
    label_keys,
    read_columns,
)
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

COUNTS = vf.TableSchema(
    description="Stars of each training set, and where the others were lost",
    columns=(
        vf.column("training_set", "string", "Name of the training set", ucd="meta.id", nullable=False),
        vf.column("spectra", "int64", "Normalised spectra", ucd="meta.number", nullable=False),
        vf.column("label_rows", "int64", "Rows of the label table", ucd="meta.number", nullable=False),
        vf.column("labelled", "int64", "Spectra with a row in the label table", ucd="meta.number", nullable=False),
        vf.column("chosen", "int64", "Of these, those that fulfil where", ucd="meta.number", nullable=False),
        vf.column("complete", "int64", "Of these, those with every label", ucd="meta.number", nullable=False),
        vf.column("training", "int64", "Of these, those used for training", ucd="meta.number", nullable=False),
        vf.column("test", "int64", "Of these, those kept for the test", ucd="meta.number", nullable=False),
        vf.column("too_few", "bool", "Fewer for training than minimum_stars", ucd="meta.code", nullable=False),
    ),
)


def _counts_needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    if "source_id" in label_keys(config).values():
        yield vf.all_rows("crossmatch", ["obsid", "source_id"])
    yield vf.all_rows("lamost_normalized", ["obsid", *SPECTRUM_COLUMNS])
    for product, columns in read_columns(config).items():
        yield vf.all_rows(product, columns)


@plugin.product(
    "nn_training_counts",
    kind="whole",
    table=COUNTS,
    needs=_counts_needs,
    method=vf.Method(config_fields=("training_sets",)),
)
def nn_training_counts(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stars of each training set: spectra in common with the labels, after `where`, with every label."""
    from vacframe_nn_labels.columns import TEST, TRAINING
    from vacframe_nn_labels.method.training_selection import select_stars, star_keys

    spectra = inputs["lamost_normalized"]
    rows: list[tuple[Any, ...]] = []
    for chosen in context.config.training_sets:
        keys = star_keys(chosen, spectra, inputs)
        in_test = context.split(keys, chosen.test_fraction, name=chosen.name)
        stars = select_stars(chosen, spectra, keys, inputs[chosen.labels], in_test)
        steps = (stars.labelled, stars.chosen, stars.complete, stars.split == TRAINING, stars.split == TEST)
        numbers = [int(step.sum()) for step in steps]
        few = numbers[3] < chosen.minimum_stars
        rows.append((chosen.name, len(spectra), len(inputs[chosen.labels]), *numbers, few))
    return vf.Result({name: list(values) for name, values in zip(COUNTS.names, zip(*rows, strict=True), strict=True)})
