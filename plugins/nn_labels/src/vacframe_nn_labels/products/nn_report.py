"""The product `nn_report`: how the labels compare with the reference labels."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

REPORT = vf.TableSchema(
    description="Estimate minus reference label, per training set, label, method and sample",
    columns=(
        vf.column("training_set", "string", "Name of the training set", ucd="meta.id", nullable=False),
        vf.column("label", "string", "Label", ucd="meta.id", nullable=False),
        vf.column("method", "string", "nn (the networks) or pca_svr (the baseline)", ucd="meta.id", nullable=False),
        vf.column(
            "sample",
            "string",
            "training (validation stars included), test, or test_selected (test stars that fulfil report_where)",
            ucd="meta.id",
            nullable=False,
        ),
        vf.column("unit", "string", "Unit of bias, scatter and the like", ucd="meta.unit"),
        vf.column("n", "int64", "Stars", ucd="meta.number", nullable=False),
        vf.column("bias", "float64", "Median difference", ucd="stat.value"),
        vf.column("scatter", "float64", "1.4826 x median absolute deviation from the median", ucd="stat.stdev"),
        vf.column("std", "float64", "Standard deviation", ucd="stat.stdev"),
        vf.column("p16", "float64", "16th percentile of the difference", ucd="stat.value"),
        vf.column("p84", "float64", "84th percentile of the difference", ucd="stat.value"),
        vf.column("outliers", "float64", "Fraction further than 3 x scatter from the median", ucd="stat.value"),
        vf.column("coverage", "float64", "Fraction within the stated error (0.683 is right)", ucd="stat.value"),
    ),
)


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    estimates, references = ["obsid"], ["obsid"]
    for chosen in config.training_sets:
        names = [f"{label}_{chosen.name}" for label in chosen.label_columns]
        estimates += [*names, *(f"err_{name}" for name in names)]
        references += [*names, f"split_{chosen.name}", f"report_{chosen.name}"]
    if config.baseline:
        references.append("flux")
    in_any = " or ".join(f"split_{chosen.name} > 0" for chosen in config.training_sets)
    yield vf.all_rows("nn_estimates", estimates, where=in_any)
    yield vf.all_rows("nn_training_set", references)


@plugin.product(
    "nn_report",
    kind="whole",
    table=REPORT,
    needs=_needs,
    method=vf.Method(
        libraries=("numpy", "scikit-learn"),
        config_fields=("training_sets", "windows", "baseline"),
        exactness=vf.Exactness.tolerance,
    ),
)
def nn_report(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Bias, scatter and error coverage of the labels on training and test stars."""
    from vacframe_nn_labels.method.comparison import compare_sets

    return vf.Result(compare_sets(inputs["nn_estimates"], inputs["nn_training_set"], context.config))
