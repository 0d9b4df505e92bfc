"""Training of stacked networks: one computation, as many separate results as there are networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vacframe.ml import adam, backend
from vacframe.ml.backend import ops
from vacframe.ml.options import TrainingOptions
from vacframe.ml.stacked import Weights, apply, initial_weights

MEMORY = 0.9
"""Weight of the past in the running mean of the validation loss, per epoch."""


@dataclass(frozen=True)
class TrainingData:
    """Rows to learn from, standardised.

    Attributes
    ----------
    inputs : ndarray of float32, shape (n, p)
    errors : ndarray of float32, shape (n, p)
        Standard deviation of the noise in `inputs`.
    targets : ndarray of float32, shape (L, n)
        One row per network.
    validation : ndarray of bool, shape (n,)
        Rows that decide when to stop and are never learned from.
    """

    inputs: np.ndarray
    errors: np.ndarray
    targets: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class Trained:
    """Weights of L trained networks and how they came about.

    Attributes
    ----------
    weights : list of ndarray
        Stacked, as in `vacframe.ml.stacked`.
    best_epoch, epochs : ndarray of int, shape (L,)
        Epoch (from 1) whose weights were kept, and the epochs that the network was trained for.
    training_loss, validation_loss : ndarray, shape (L,)
        Mean Huber loss at the best epoch, in squared standard deviations of the label.
    """

    weights: list[np.ndarray]
    best_epoch: np.ndarray
    epochs: np.ndarray
    training_loss: np.ndarray
    validation_loss: np.ndarray


def train(
    data: TrainingData,
    options: TrainingOptions,
    seeds: Sequence[int],
    *,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> Trained:
    """Train one network per target, with early stopping for each by itself.

    The result for a network depends on its own target and seed, the rows and their order, the options and `seed`; not
    on the other networks.

    Parameters
    ----------
    data : TrainingData
    options : TrainingOptions
    seeds : sequence of int, length L
        Seeds of the networks' initial weights.
    seed : int
        Seed of what they share: the order of the rows and the added noise.
    on_epoch : callable
        Called after each epoch.
    """
    rows = np.flatnonzero(~data.validation)
    size = min(options.batch_size, len(rows))
    steps = len(rows) // size
    step = _compiled_step(data, options, size)
    weights = [ops.convert_to_tensor(w) for w in initial_weights(data.inputs.shape[1], options.layers, seeds)]
    state = adam.start(weights)
    stopping = _EarlyStopping(data, options, weights)
    for epoch in range(1, options.epochs + 1):
        order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(rows)
        losses = []
        for number in range(steps):
            count = (epoch - 1) * steps + number + 1
            chosen = order[number * size : (number + 1) * size].astype(np.int32)
            rate = 0.5 * options.learning_rate * (1.0 + np.cos(np.pi * (count - 1) / (options.epochs * steps)))
            draw = np.array([seed & 0x7FFFFFFF, count], dtype=np.int32)
            state, loss = step(state, chosen, np.float32(rate), np.float32(count), draw)
            losses.append(ops.convert_to_numpy(loss))
        stopping.look(epoch, state[3], np.mean(losses, axis=0))
        on_epoch()
        if not stopping.running.any():
            break
    return stopping.result()


def huber(residual: Any, delta: float) -> Any:
    """Return the Huber loss of a tensor, elementwise."""
    size = ops.abs(residual)
    return ops.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


def _compiled_step(data: TrainingData, options: TrainingOptions, size: int) -> Callable[..., Any]:
    """Return one Adam step over `size` rows for all networks, compiled."""
    inputs, errors, targets = (ops.convert_to_tensor(a) for a in (data.inputs, data.errors, data.targets))
    width = data.inputs.shape[1]

    def loss(weights: Weights, rows: Any, draw: Any) -> tuple[Any, Any]:
        given = ops.take(inputs, rows, axis=0)
        if options.noise:
            amplitude = options.noise * backend.random_uniform((size, 1), draw)
            noise = backend.random_normal((size, width), ops.stack([draw[0], -draw[1]]))
            noisy = given + amplitude * noise * ops.take(errors, rows, axis=0)
            given = ops.clip(noisy, -options.clip, options.clip)
        losses = ops.mean(huber(apply(weights, given) - ops.take(targets, rows, axis=1), options.huber), axis=1)
        return ops.sum(losses), losses

    gradient_of = backend.value_and_gradient(loss)

    def step(state: adam.State, rows: Any, rate: Any, count: Any, draw: Any) -> tuple[adam.State, Any]:
        _, losses, gradient = gradient_of(state[0], rows, draw)
        return adam.step(state, gradient, rate, count, options.averaging), losses

    return backend.jit(step)


class _EarlyStopping:
    """Keeps the best weights of each network by its validation loss, as a running mean over the epochs.

    Few validation rows make the loss of one epoch a lottery: without the mean, an early lucky one is kept.
    """

    def __init__(self, data: TrainingData, options: TrainingOptions, weights: Weights) -> None:
        held = data.validation
        inputs, targets = ops.convert_to_tensor(data.inputs[held]), ops.convert_to_tensor(data.targets[:, held])
        self._loss = backend.jit(lambda w: ops.mean(huber(apply(w, inputs) - targets, options.huber), axis=1))
        self._patience = options.patience
        count = len(data.targets)
        self.best = weights
        self.running = np.ones(count, dtype=bool)
        self.best_epoch = np.zeros(count, dtype=int)
        self.epochs = np.zeros(count, dtype=int)
        self._mean = self._lowest = np.full(count, np.inf)
        self.training_loss = np.full(count, np.inf)
        self.validation_loss = np.full(count, np.inf)

    def look(self, epoch: int, weights: Weights, training_loss: np.ndarray) -> None:
        """Judge the weights after an epoch."""
        loss = ops.convert_to_numpy(self._loss(weights))
        self._mean = loss if epoch == 1 else MEMORY * self._mean + (1.0 - MEMORY) * loss
        better = self.running & (self._mean < self._lowest)
        chosen = ops.convert_to_tensor(better[:, None, None])
        self.best = [ops.where(chosen, new, old) for new, old in zip(weights, self.best, strict=True)]
        self._lowest = np.where(better, self._mean, self._lowest)
        self.validation_loss = np.where(better, loss, self.validation_loss)
        self.training_loss = np.where(better, training_loss, self.training_loss)
        self.best_epoch[better] = epoch
        self.epochs[self.running] = epoch
        self.running &= epoch - self.best_epoch < self._patience

    def result(self) -> Trained:
        """Return the best weights."""
        kept = [ops.convert_to_numpy(w) for w in self.best]
        return Trained(kept, self.best_epoch, self.epochs, self.training_loss, self.validation_loss)
