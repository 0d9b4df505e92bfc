"""Stellar labels from LAMOST spectra by neural networks (Wang et al. 2022).

`products` lists what is made, `method` how.
"""

from __future__ import annotations

from vacframe_nn_labels import papers
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
from vacframe_nn_labels.registry import plugin

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
    "papers",
    "plugin",
    "star_pair_controls",
    "star_pair_extinction",
]
