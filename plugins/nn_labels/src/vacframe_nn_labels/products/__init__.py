"""The catalogues: one module per product, named after it."""

from __future__ import annotations

from vacframe_nn_labels.products import (
    absolute_magnitude_labels,
    lamost_normalized,
    nn_estimates,
    nn_labels,
    nn_models,
    nn_precision,
    nn_report,
    nn_training_counts,
    nn_training_set,
    star_pair_controls,
    star_pair_extinction,
)

__all__ = [
    "absolute_magnitude_labels",
    "lamost_normalized",
    "nn_estimates",
    "nn_labels",
    "nn_models",
    "nn_precision",
    "nn_report",
    "nn_training_counts",
    "nn_training_set",
    "star_pair_controls",
    "star_pair_extinction",
]
