"""The product `nn_training_set`: normalised spectra of stars with reference labels."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.columns import (
    SPECTRUM_COLUMNS,
    identity,
    label_column,
    label_keys,
    read_columns,
    spectrum_columns,
    split_column,
    star_column,
)
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def training_set_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `nn_training_set`."""
    columns = [*identity(), *spectrum_columns(config)]
    columns.append(
        vf.column("in_training", "bool", "Used for training in any set", ucd="meta.code", nullable=False),
    )
    for chosen in config.training_sets:
        columns += [label_column(n, chosen.name, f"reference ({chosen.labels})") for n in chosen.label_columns]
        columns.append(split_column(chosen.name))
        if chosen.key == "source_id":
            columns.append(star_column(chosen.name))
        text = f"In training set {chosen.name} and fulfils its report_where"
        columns.append(vf.column(f"report_{chosen.name}", "bool", text, ucd="meta.code", nullable=False))
    return vf.TableSchema(
        description="Normalised spectra of stars with reference labels",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=tuple(columns),
    )


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    keys = label_keys(config)
    if "source_id" in keys.values():
        yield vf.same("crossmatch", ["obsid", "source_id"])
    yield vf.same("lamost_normalized", ["obsid", *SPECTRUM_COLUMNS, "flux", "ivar"])
    for product, columns in read_columns(config).items():
        yield vf.by_key(product, columns, on=keys[product])


@plugin.product(
    "nn_training_set",
    table=training_set_schema,
    needs=_needs,
    method=vf.Method(config_fields=("training_sets",)),
)
def nn_training_set(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Normalised spectra of stars with reference labels, each in the training or the test part of its sets."""
    from vacframe_nn_labels.method.training_stars import training_rows

    return vf.Result(training_rows(inputs, context))
