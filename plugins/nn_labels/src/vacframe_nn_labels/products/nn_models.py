"""The product `nn_models`: the trained networks of all training sets."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.columns import COUNT_COLUMNS
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    columns = ["obsid", "snr_g", "flux", "ivar"]
    for chosen in config.training_sets:
        columns += [f"star_{chosen.name}"] if chosen.key == "source_id" else []
        columns += [f"split_{chosen.name}", *(f"{label}_{chosen.name}" for label in chosen.label_columns)]
    yield vf.all_rows("nn_training_set", columns, where="in_training")
    # Only the counts of sets with too few stars, so that other counts do not make the model again.
    yield vf.all_rows("nn_training_counts", COUNT_COLUMNS, where="too_few")


@plugin.product(
    "nn_models",
    kind="model",
    needs=_needs,
    resources=vf.Resources(gpu="preferred"),
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy", "scipy"),
        config_fields=("training_sets", "windows"),
        exactness=vf.Exactness.tolerance,
    ),
)
def nn_models(inputs: vf.Inputs, context: vf.Context) -> vf.Model:
    """Networks that turn a normalised spectrum into labels, one per label and training set."""
    from vacframe_nn_labels.method.training import train_sets

    return train_sets(inputs["nn_training_set"], inputs["nn_training_counts"], context)
