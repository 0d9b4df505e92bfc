"""The product `nn_labels`: labels of every spectrum, with errors and flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_nn_labels.columns import error_column, flag_column, identity, label_column, split_column
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def labels_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `nn_labels`."""
    columns = [*identity()]
    for chosen in config.training_sets:
        for label in chosen.label_columns:
            columns.append(label_column(label, chosen.name, f"estimated by the networks of set {chosen.name}"))
            columns.append(error_column(label, chosen.name))
            columns.append(flag_column(label, chosen.name))
        columns.append(split_column(chosen.name))
    return vf.TableSchema(
        description="Labels of LAMOST spectra by neural networks",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=tuple(columns),
    )


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    yield vf.same("lamost_normalized", ["obsid", "snr_g", "flux"])
    yield vf.all_rows("nn_models")
    splits = [f"split_{chosen.name}" for chosen in config.training_sets]
    yield vf.by_key("nn_training_set", "obsid", ["obsid", *splits])


@plugin.product(
    "nn_labels",
    table=labels_schema,
    needs=_needs,
    row_wise=True,
    row_bytes=40_000,
    gpu="preferred",
    exactness="tolerance",
    libraries=("keras", "tensorflow", "numpy"),
    config_fields=("training_sets", "windows"),
    companions=("nn_report",),
)
def nn_labels(inputs: Any, context: Any) -> vf.Result:
    """Stellar labels of LAMOST spectra by neural networks, with errors and flags."""
    from vacframe_nn_labels.estimates import estimate_labels

    spectra = inputs["lamost_normalized"]
    table = estimate_labels(spectra, inputs["nn_models"], inputs["nn_training_set"], context.config)
    context.progress(len(spectra))
    return vf.Result(table)
