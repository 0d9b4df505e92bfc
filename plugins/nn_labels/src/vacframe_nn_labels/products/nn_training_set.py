"""The product `nn_training_set`: normalised spectra of stars with reference labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_nn_labels.columns import (
    SPECTRUM_COLUMNS,
    identity,
    label_column,
    label_keys,
    read_columns,
    split_column,
    star_column,
)
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.products.lamost_normalized import normalized_schema
from vacframe_nn_labels.registry import plugin


def training_set_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `nn_training_set`."""
    spectrum = normalized_schema(config)
    columns = [*identity(), spectrum["flux"], spectrum["ivar"]]
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


def _training_set_needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    keys = label_keys(config)
    if "source_id" in keys.values():
        yield vf.same("crossmatch", ["obsid", "source_id"])
    yield vf.same("lamost_normalized", ["obsid", *SPECTRUM_COLUMNS, "flux", "ivar"])
    for product, columns in read_columns(config).items():
        yield vf.by_key(product, columns, on=keys[product])


@plugin.product(
    "nn_training_set",
    table=training_set_schema,
    needs=_training_set_needs,
    method=vf.Method(config_fields=("training_sets",)),
)
def nn_training_set(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Normalised spectra of stars with reference labels, each in the training or the test part of its sets."""
    import numpy as np

    from vacframe_nn_labels.columns import TRAINING
    from vacframe_nn_labels.method.training_selection import select_stars, star_keys

    spectra = inputs["lamost_normalized"]
    spectra = spectra.take(~spectra.mask("obsid"))
    table: dict[str, Any] = {}
    member = np.zeros(len(spectra), dtype=bool)
    training = np.zeros(len(spectra), dtype=bool)
    for chosen in context.config.training_sets:
        keys = star_keys(chosen, spectra, inputs)
        in_test = context.split(keys, chosen.test_fraction, name=chosen.name)
        stars = select_stars(chosen, spectra, keys, inputs[chosen.labels], in_test)
        table |= {f"{n}_{chosen.name}": stars.labels[:, i] for i, n in enumerate(chosen.label_columns)}
        table |= {f"split_{chosen.name}": stars.split, f"report_{chosen.name}": stars.reported}
        if chosen.key == "source_id":
            table[f"star_{chosen.name}"] = keys
        member |= stars.complete
        training |= stars.split == TRAINING
    table |= {"obsid": spectra["obsid"], "in_training": training}
    rows = np.flatnonzero(member)
    kept = spectra.take(rows)
    table = {name: values[rows] for name, values in table.items()}
    table |= {name: kept.arrow[name] for name in ("snr_g", "flux", "ivar")}
    return vf.Result(table)
