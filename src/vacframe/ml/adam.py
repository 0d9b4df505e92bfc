"""Steps of the Adam optimiser, with a running mean of the weights, for networks whose weights share arrays.

Not `keras.optimizers.Adam`: with Keras 3.15 its ``stateless_apply`` raises ValueError under TensorFlow, our default.
Under JAX it gives the same weights to float32 rounding at the same speed, but its running mean (``use_ema``) has no
shorter memory in the first steps: after 300 steps with 0.99, in which weights move by up to 0.08, it is 0.007 off.
"""

from __future__ import annotations

from typing import Any

from vacframe.ml.backend import ops

Weights = list[Any]
State = tuple[Weights, Weights, Weights, Weights]
"""Weights, running means of the gradients and of their squares, and running mean of the weights."""

DECAY = (0.9, 0.999)
"""Memory of the two moments per step (Kingma & Ba 2015; Keras' defaults)."""
TINY = 1e-7
"""Small number in the denominator."""


def start(weights: Weights) -> State:
    """Return the state before the first step."""
    return (weights, [ops.zeros_like(w) for w in weights], [ops.zeros_like(w) for w in weights], weights)


def step(state: State, gradient: Weights, rate: Any, count: Any, averaging: float) -> State:
    """Return the state after one step (Kingma & Ba 2015, algorithm 1).

    Parameters
    ----------
    state : State
    gradient : list of tensors
        One per array of weights.
    rate : tensor or float
        Learning rate of this step.
    count : tensor
        Number of this step, from 1, float32.
    averaging : float
        Memory of the running mean of the weights per step; less in the first steps. 0 takes the last weights.
    """
    weights, mean, square, average = state
    decay1, decay2 = DECAY
    mean = [decay1 * m + (1.0 - decay1) * g for m, g in zip(mean, gradient, strict=True)]
    square = [decay2 * s + (1.0 - decay2) * g * g for s, g in zip(square, gradient, strict=True)]
    pace = rate * ops.sqrt(1.0 - decay2**count) / (1.0 - decay1**count)
    moved = [w - pace * m / (ops.sqrt(s) + TINY) for w, m, s in zip(weights, mean, square, strict=True)]
    keep = ops.minimum(averaging, count / (count + 10.0))
    average = [keep * a + (1.0 - keep) * w for a, w in zip(average, moved, strict=True)]
    return moved, mean, square, average
