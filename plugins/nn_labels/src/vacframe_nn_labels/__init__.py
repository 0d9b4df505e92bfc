"""Stellar labels from LAMOST spectra by neural networks (Wang et al. 2022)."""

from __future__ import annotations

from vacframe_nn_labels import labels, models, normalized, report, training_set
from vacframe_nn_labels.registry import plugin

__all__ = ["labels", "models", "normalized", "plugin", "report", "training_set"]
