"""The product `nn_estimates`: what the networks say of every spectrum."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.columns import estimate_columns
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def estimates_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `nn_estimates`."""
    return vf.TableSchema(
        description="Labels of LAMOST spectra by neural networks, without what photometry adds",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=estimate_columns(config),
    )


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    yield vf.same("lamost_normalized", ["obsid", "snr_g", "flux"])
    yield vf.all_rows("nn_models")
    splits = [f"split_{chosen.name}" for chosen in config.training_sets]
    yield vf.by_key("nn_training_set", ["obsid", *splits], on="obsid")
    if config.pair_labels is not None:
        yield vf.same("crossmatch", ["obsid", "source_id"])


@plugin.product(
    "nn_estimates",
    table=estimates_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(gpu="preferred", row_bytes=40_000),
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy"),
        config_fields=("training_sets", "windows", "star_pairs"),
        exactness=vf.Exactness.tolerance,
    ),
)
def nn_estimates(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stellar labels of LAMOST spectra by neural networks, with errors and flags."""
    from vacframe_nn_labels.method.inference import estimate_labels

    spectra = inputs["lamost_normalized"]
    table = estimate_labels(spectra, inputs["nn_models"], inputs["nn_training_set"], context.config)
    if context.config.pair_labels is not None:
        table["source_id"] = inputs["crossmatch"].arrow["source_id"]
    context.progress(len(spectra))
    return vf.Result(table)
