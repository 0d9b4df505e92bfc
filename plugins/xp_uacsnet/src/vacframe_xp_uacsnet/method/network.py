"""The uncertainty-aware network of Yang et al. (2025), Figure 2 and Table 1, for an ensemble computed together.

Two branches. [Fe/H]: 60 fluxes → 256 → 64 → 16 (the latent representation Z) → 8 → 1. Uncertainty: 60 flux errors →
16, concatenated with Z (32) → 8 → 1. ReLU after every hidden layer. The weights of L members share arrays with a
leading axis of length L: ``[w (L, p, h), b (L, 1, h), ...]``; no number of one member enters another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from vacframe.ml import backend
from vacframe.ml.backend import ops

Weights = list[Any]
Floor = Literal["sigma", "variance"]


def layer_sizes(pixels: int, trunk: Sequence[int], head: int, errors: int, joint: int) -> list[tuple[int, int]]:
    """Return (inputs, outputs) of every layer, in the order of the weights.

    Parameters
    ----------
    pixels : int
        Fluxes, and flux errors, of a star.
    trunk : sequence of int
        Hidden layers of the [Fe/H] branch up to Z, the last.
    head : int
        Hidden layer between Z and [Fe/H].
    errors, joint : int
        Hidden layers of the uncertainty branch before and after the concatenation.
    """
    sizes = list(zip([pixels, *trunk[:-1]], trunk, strict=True))
    sizes += [(trunk[-1], head), (head, 1)]
    return [*sizes, (pixels, errors), (trunk[-1] + errors, joint), (joint, 1)]


def initial_weights(
    sizes: Sequence[tuple[int, int]], seeds: Sequence[int], feh: float, spread: float
) -> list[np.ndarray]:
    """Return the starting weights of one member per seed (Glorot & Bengio 2010 uniform; biases 0).

    Two biases start elsewhere, so that the first steps are not lost: that of [Fe/H] at `feh`, and that of the
    uncertainty such that σ is about `spread`; from a small σ no gradient leads upwards, because of its floor.
    """
    streams = [np.random.Generator(np.random.Philox(seed)) for seed in seeds]
    weights = []
    for fan_in, fan_out in sizes:
        limit = np.sqrt(6.0 / (fan_in + fan_out))
        drawn = [rng.uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32) for rng in streams]
        weights += [np.stack(drawn), np.zeros((len(seeds), 1, fan_out), np.float32)]
    weights[2 * len(sizes) - 7] += np.float32(feh)
    weights[-1] += np.float32(np.sqrt(spread))
    return weights


def apply(weights: Weights, flux: Any, errors: Any) -> tuple[Any, Any]:
    """Return [Fe/H] and the raw output s of the uncertainty branch, tensors of shape (L, n).

    Parameters
    ----------
    weights : list of tensors
        As `initial_weights` returns.
    flux, errors : tensor, shape (n, p)
        Standardised.
    """
    layers = [(weights[i], weights[i + 1]) for i in range(0, len(weights), 2)]
    hidden = ops.expand_dims(flux, 0)
    for kernel, bias in layers[:-5]:
        hidden = ops.relu(ops.matmul(hidden, kernel) + bias)
    latent = hidden
    for kernel, bias in layers[-5:-4]:
        hidden = ops.relu(ops.matmul(hidden, kernel) + bias)
    feh = ops.matmul(hidden, layers[-4][0]) + layers[-4][1]
    noise = ops.relu(ops.matmul(ops.expand_dims(errors, 0), layers[-3][0]) + layers[-3][1])
    joint = ops.concatenate([latent, noise], axis=-1)
    joint = ops.relu(ops.matmul(joint, layers[-2][0]) + layers[-2][1])
    raw = ops.matmul(joint, layers[-1][0]) + layers[-1][1]
    return ops.squeeze(feh, -1), ops.squeeze(raw, -1)


def sigma_of(raw: Any, floor: float, kind: Floor) -> Any:
    """Return σ of the raw output s (equation 7): ``max(floor, s²)``, or its reading as a floor of the variance.

    ``"variance"`` is ``sqrt(max(floor, s²))``, which keeps σ above sqrt(0.02) = 0.14 dex with the paper's floor.
    """
    limited = ops.maximum(raw * raw, floor)
    return limited if kind == "sigma" else ops.sqrt(limited)


_compiled_apply = backend.jit(apply)


class Ensemble:
    """Trained members, applied to any number of stars.

    Stars go through in batches of one fixed shape, the last one padded, so that a star's numbers are bitwise the same
    whatever stars it comes with.

    Parameters
    ----------
    weights : sequence of ndarray
        Of L members.
    floor : float
    kind : {"sigma", "variance"}
        As in `sigma_of`.
    batch : int
        Stars per batch.
    """

    def __init__(self, weights: Sequence[np.ndarray], floor: float, kind: Floor, batch: int = 1024) -> None:
        self.weights = [ops.convert_to_tensor(np.asarray(w, dtype=np.float32)) for w in weights]
        self.floor, self.kind, self.batch = floor, kind, batch

    def predict(self, flux: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return [Fe/H] and σ of standardised rows, shape (n, p) → two of shape (L, n), float32."""
        count, width = flux.shape
        members = self.weights[0].shape[0]
        feh, sigma = np.empty((members, count), np.float32), np.empty((members, count), np.float32)
        for start in range(0, count, self.batch):
            rows = slice(start, min(start + self.batch, count))
            used = rows.stop - rows.start
            padded = np.zeros((2, self.batch, width), np.float32)
            padded[0, :used], padded[1, :used] = flux[rows], errors[rows]
            mean, raw = _compiled_apply(
                self.weights, ops.convert_to_tensor(padded[0]), ops.convert_to_tensor(padded[1])
            )
            feh[:, rows] = ops.convert_to_numpy(mean)[:, :used]
            sigma[:, rows] = ops.convert_to_numpy(sigma_of(raw, self.floor, self.kind))[:, :used]
        return feh, sigma
