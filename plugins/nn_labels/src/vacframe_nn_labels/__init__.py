"""Stellar labels from LAMOST spectra by neural networks (Wang et al. 2022)."""

from __future__ import annotations

from vacframe_nn_labels import (
    estimates,
    labels,
    magnitude_labels,
    models,
    normalized,
    papers,
    precision,
    report,
    star_pairs,
    training_set,
)
from vacframe_nn_labels.registry import plugin

__all__ = [
    "estimates",
    "labels",
    "magnitude_labels",
    "models",
    "normalized",
    "papers",
    "plugin",
    "precision",
    "report",
    "star_pairs",
    "training_set",
]
