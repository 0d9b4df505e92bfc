"""The baseline of the report: principal components and support vector regression (scikit-learn)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from vacframe import UsageError
from vacframe.ml.scale import scale_of
from vacframe_nn_labels.pixels import select_pixels

if TYPE_CHECKING:
    from vacframe_nn_labels.config import Interval, TrainingSet

COMPONENTS = 50
COST = 10.0
"""Penalty C of the support vector regression."""
EPSILON = 0.05
"""Width of the tube without loss, in standard deviations of the label."""


def pca_svr(
    chosen: TrainingSet, windows: Iterable[Interval], flux: np.ndarray, labels: np.ndarray, training: np.ndarray
) -> np.ndarray:
    """Return labels from an RBF support vector regression on 50 principal components.

    Parameters
    ----------
    chosen : TrainingSet
    windows : sequence of (float, float)
        Windows of the normalised spectra, Å.
    flux : ndarray, shape (n, npix)
        Normalised spectra, standardised and limited as for the networks.
    labels : ndarray, shape (n, L)
    training : ndarray of bool, shape (n,)
        Stars to learn from; the networks' own, validation stars included.

    Raises
    ------
    UsageError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.decomposition import PCA
        from sklearn.svm import SVR
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise UsageError(
            'plugins.nn_labels.baseline = "pca_svr" needs scikit-learn: pip install scikit-learn, or leave it out'
        ) from None
    used = flux[:, select_pixels(windows, chosen.windows)]
    pixel_scale, label_scale = scale_of(used[training]), scale_of(labels[training])
    inputs = pixel_scale.standardise(used, chosen.clip)
    # One thread: the last bits of LAPACK's answer depend on their number, and the SVR's stopping rule amplifies them.
    with threadpool_limits(1):
        components = PCA(min(COMPONENTS, int(training.sum()), inputs.shape[1]), svd_solver="full").fit(inputs[training])
        reduced = components.transform(inputs)
        targets = label_scale.standardise(labels[training])
        found = [SVR(C=COST, epsilon=EPSILON).fit(reduced[training], target).predict(reduced) for target in targets.T]
    return label_scale.restore(np.stack(found, axis=1))
