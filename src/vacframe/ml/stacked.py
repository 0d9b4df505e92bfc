"""Stacked networks: separate multilayer perceptrons of one shape, computed together.

The weights of L networks share arrays with a leading axis of length L: ``[w0 (L, p, h0), b0 (L, 1, h0), w1
(L, h0, h1), ...]``, ReLU between the layers, one linear output. No number of one network enters another.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vacframe.ml import backend
from vacframe.ml.backend import ops
from vacframe.ml.batches import run_with_smaller_batches

Weights = list[Any]


def initial_weights(inputs: int, layers: Sequence[int], seeds: Sequence[int]) -> list[np.ndarray]:
    """Return the starting weights of one network per seed (Glorot & Bengio 2010 uniform; biases 0).

    Parameters
    ----------
    inputs : int
        Length p of the input.
    layers : sequence of int
        Neurons of the hidden layers.
    seeds : sequence of int, length L
        Network l depends on ``seeds[l]`` only.

    Returns
    -------
    list of ndarray
        Stacked float32 weights and biases, two arrays per layer.
    """
    streams = [np.random.Generator(np.random.Philox(seed)) for seed in seeds]
    sizes = [inputs, *layers, 1]
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        limit = np.sqrt(6.0 / (fan_in + fan_out))
        drawn = [rng.uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32) for rng in streams]
        weights += [np.stack(drawn), np.zeros((len(seeds), 1, fan_out), dtype=np.float32)]
    return weights


def apply(weights: Weights, inputs: Any) -> Any:
    """Return the outputs of all networks, a tensor of shape (L, n).

    Parameters
    ----------
    weights : list of tensors
        As `initial_weights` returns.
    inputs : tensor, shape (n, p) or (L, n, p)
        Rows that all networks see, or each network's own.
    """
    hidden = inputs if len(inputs.shape) == 3 else ops.expand_dims(inputs, 0)
    last = len(weights) - 2
    for layer in range(0, len(weights), 2):
        hidden = ops.matmul(hidden, weights[layer]) + weights[layer + 1]
        if layer < last:
            hidden = ops.relu(hidden)
    return ops.squeeze(hidden, -1)


_compiled_apply = backend.jit(apply)


class StackedNetworks:
    """Trained networks, ready to be applied to any number of rows.

    Rows go through in batches of one fixed shape, the last one padded, so that the outputs of a row are bitwise the
    same whatever rows it comes with.

    Parameters
    ----------
    weights : sequence of ndarray
        Stacked weights of L networks.
    batch : int
        Rows per batch.
    """

    def __init__(self, weights: Sequence[np.ndarray], batch: int = 1024) -> None:
        self.weights = [ops.convert_to_tensor(np.asarray(w, dtype=np.float32)) for w in weights]
        self.batch = batch

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Return the outputs for standardised rows, shape (n, p) → (L, n), float32.

        Where the device's memory runs out, the batch is halved, for the following calls too.
        """
        outputs, self.batch = run_with_smaller_batches(
            lambda batch: self._predict(inputs, batch), self.batch, backend.out_of_memory, smallest=2
        )
        return outputs

    def _predict(self, inputs: np.ndarray, batch: int) -> np.ndarray:
        count, width = inputs.shape
        outputs = np.empty((self.weights[0].shape[0], count), dtype=np.float32)
        for start in range(0, count, batch):
            rows = inputs[start : start + batch]
            used = len(rows)
            if used < batch:
                rows = np.concatenate([rows, np.zeros((batch - used, width), dtype=np.float32)])
            outputs[:, start : start + used] = ops.convert_to_numpy(
                _compiled_apply(self.weights, ops.convert_to_tensor(rows))
            )[:, :used]
        return outputs
