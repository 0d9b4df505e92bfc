"""The networks of a training set: their scales, and their application to spectra."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vacframe import Model
from vacframe.ml.scale import Scale
from vacframe.ml.stacked import StackedNetworks
from vacframe_nn_labels.pixels import select_pixels

if TYPE_CHECKING:
    from vacframe_nn_labels.config import Interval, TrainingSet

BATCH = 256
"""Spectra per call of the networks; every call is padded to it."""


@dataclass(frozen=True)
class LabelNetworks:
    """The networks of one training set with their scales.

    Attributes
    ----------
    networks : StackedNetworks
        One per label, L of them.
    pixels : ndarray of bool
        Which pixels of a normalised spectrum enter.
    flux, labels : Scale
        Scales of the p pixels that enter and of the L labels.
    clip : float
        Limit of the standardised pixels.
    """

    networks: StackedNetworks
    pixels: np.ndarray
    flux: Scale
    labels: Scale
    clip: float

    def inputs(self, flux: np.ndarray) -> np.ndarray:
        """Return standardised inputs, float32 of shape (n, p), of normalised spectra of shape (n, npix)."""
        return self.flux.standardise(flux[:, self.pixels], self.clip)

    def input_errors(self, ivar: np.ndarray) -> np.ndarray:
        """Return the standard deviation of the inputs' noise, float32 of shape (n, p).

        It is 1, the spread of the training stars, where a pixel holds no information.
        """
        used = ivar[:, self.pixels]
        known = used > 0
        sigma = 1.0 / (np.sqrt(np.where(known, used, 1.0)) * self.flux.std)
        return np.where(known, np.minimum(sigma, self.clip), 1.0).astype(np.float32)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Return labels in their own units, float64 of shape (n, L), of standardised inputs (limited to ±`clip`)."""
        return self.labels.restore(self.networks.predict(np.clip(inputs, -self.clip, self.clip)).T)

    def estimate(self, flux: np.ndarray) -> np.ndarray:
        """Return labels of normalised spectra, NaN where a spectrum has no finite pixel."""
        found = self.predict(self.inputs(flux))
        found[~np.isfinite(flux[:, self.pixels]).any(axis=1)] = np.nan
        return found


def restore_networks(model: Model, training_set: TrainingSet, windows: Iterable[Interval]) -> LabelNetworks:
    """Return the networks of one training set of the model `nn_models`."""
    name = training_set.name
    weights = [model[f"{name}_{kind}{i}"] for i in range(len(training_set.layers) + 1) for kind in ("w", "b")]
    return LabelNetworks(
        StackedNetworks(weights, BATCH),
        select_pixels(windows, training_set.windows),
        Scale(np.asarray(model[f"{name}_flux_mean"]), np.asarray(model[f"{name}_flux_std"])),
        Scale(np.asarray(model[f"{name}_label_mean"]), np.asarray(model[f"{name}_label_std"])),
        training_set.clip,
    )
