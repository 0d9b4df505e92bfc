"""The product `nn_precision`: how large the stated errors of the catalogue are at good signal-to-noise ratios."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe_nn_labels.columns import estimate_columns
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

PRECISION = vf.TableSchema(
    description="Mean stated errors of the columns of nn_labels, of unflagged values above a signal-to-noise ratio",
    columns=(
        vf.column("quantity", "string", "Column of nn_labels", ucd="meta.id", nullable=False),
        vf.column("unit", "string", "Unit of the error; empty for the distance's, which is relative", ucd="meta.unit"),
        vf.column("minimum_snr", "float32", "Only spectra with a larger snr_g", ucd="stat.snr"),
        vf.column("n", "int64", "Spectra", ucd="meta.number", nullable=False),
        vf.column("error", "float64", "Mean error", ucd="stat.error;stat.mean"),
    ),
)


def quantities(config: NnLabelsConfig) -> dict[str, tuple[str, str | None, str]]:
    """Return column of `nn_labels` → columns of its error and, where there is one, its flag; and its unit."""
    units = {c.name: c.unit or "" for c in estimate_columns(config)}
    found: dict[str, tuple[str, str | None, str]] = {
        name: (f"err_{name}", f"flag_{name}", units[name]) for name in config.estimates
    }
    if config.pair_labels is not None:
        found["ebv"] = ("ebv_error", None, "mag")
    if config.distance_magnitude is not None:
        found["distance"] = ("distance_error", "flag_distance", "")
    return found


def _needs(config: NnLabelsConfig) -> Iterator[vf.Need]:
    columns = ["distance"] if config.distance_magnitude is not None else []
    for error, flag, _ in quantities(config).values():
        columns += [error, *([flag] if flag else [])]
    yield vf.all_rows("nn_labels", columns, where=f"snr_g > {config.precision_snr!r}")


@plugin.product(
    "nn_precision",
    kind="whole",
    table=PRECISION,
    needs=_needs,
    method=vf.Method(
        libraries=("numpy",),
        config_fields=("training_sets", "star_pairs", "distances", "precision_snr"),
        exactness=vf.Exactness.tolerance,
    ),
)
def nn_precision(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mean stated errors of labels, reddening and distances at good signal-to-noise ratios."""
    from vacframe_nn_labels.method.precision import mean_errors

    config = context.config
    return vf.Result(mean_errors(inputs["nn_labels"], quantities(config), config.precision_snr))
