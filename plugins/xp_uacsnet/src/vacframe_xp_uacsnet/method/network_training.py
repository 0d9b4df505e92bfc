"""Training of the network: Adam steps of many epochs compiled into one call, the best epoch kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe.ml import adam, backend
from vacframe.ml.backend import ops
from vacframe_xp_uacsnet.method.network import Weights, apply, initial_weights, layer_sizes, sigma_of

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import UacsnetOptions

OUTLIER = 5.0
"""Standard deviations beyond which a star's residual counts as this many when the epochs are compared: with a floor
of 0.02 dex under σ, a single outlier among the held stars would decide."""


@dataclass(frozen=True)
class TrainingStars:
    """What is learned from, standardised.

    Attributes
    ----------
    flux, errors : ndarray of float32, shape (n, p)
    noise : ndarray of float32, shape (n, p)
        Standard deviation of the noise in `flux`.
    feh : ndarray of float32, shape (n,)
    cost : ndarray of float32, shape (n,)
        Weight of a star in the loss.
    held : ndarray of bool, shape (n,)
        Stars that no member learns from; they decide which of its epochs is the best.
    """

    flux: np.ndarray
    errors: np.ndarray
    noise: np.ndarray
    feh: np.ndarray
    cost: np.ndarray
    held: np.ndarray


@dataclass(frozen=True)
class Trained:
    """Weights of L members and how they came about.

    Attributes
    ----------
    weights : list of ndarray
    best_epoch : ndarray of int, shape (L,)
    training_loss, validation_loss : ndarray, shape (L,)
        Weighted mean of equation 12 at the best epoch over the stars learned from and those held, with residuals
        limited to `OUTLIER` σ.
    """

    weights: list[np.ndarray]
    best_epoch: np.ndarray
    training_loss: np.ndarray
    validation_loss: np.ndarray


def train(
    stars: TrainingStars,
    options: UacsnetOptions,
    seeds: Sequence[int],
    *,
    seed: int = 0,
    on_epochs: Callable[[int], None] = lambda epochs: None,
) -> Trained:
    """Train one member per seed.

    Parameters
    ----------
    stars : TrainingStars
    options : UacsnetOptions
    seeds : sequence of int, length L
        Seeds of the members' initial weights.
    seed : int
        Seed of the order of the stars, which the members share.
    on_epochs : callable
        Told the number of epochs done since the last call.
    """
    known = stars.feh[~stars.held]
    start, spread = float(known.mean()), float(known.std())
    sizes = layer_sizes(stars.flux.shape[1], options.trunk, options.head, options.errors, options.joint)
    weights = [ops.convert_to_tensor(w) for w in initial_weights(sizes, seeds, start, spread)]
    run, judge = _compiled(stars, options, seed)
    state = adam.start(weights)
    best, found = weights, np.full((3, len(seeds)), np.inf)
    place = 1 if options.best_by == "likelihood" else 2
    best_epoch = np.zeros(len(seeds), int)
    done = 0
    while done < options.epochs:
        block = min(options.check_every, options.epochs - done)
        state = run(np.int32(done), np.int32(done + block), *state)
        done += block
        losses = np.stack([ops.convert_to_numpy(v) for v in judge(state[3])])
        better = losses[place] < found[place]
        chosen = ops.convert_to_tensor(better[:, None, None])
        best = [ops.where(chosen, new, old) for new, old in zip(state[3], best, strict=True)]
        found = np.where(better, losses, found)
        best_epoch[better] = done
        on_epochs(block)
    kept = [ops.convert_to_numpy(w) for w in best]
    return Trained(kept, best_epoch, *found[:2])


def _compiled(stars: TrainingStars, options: UacsnetOptions, seed: int) -> tuple[Any, Any]:
    """Return the compiled functions that train from one epoch to another, and that give the losses."""
    count = len(stars.feh)
    steps = -(-count // options.batch_size)
    size = count // steps
    flux, errors, feh, noise = (ops.convert_to_tensor(a) for a in (stars.flux, stars.errors, stars.feh, stars.noise))
    taking = ops.convert_to_tensor((stars.cost * ~stars.held).astype(np.float32))
    judging = [_normalised(stars.cost * chosen) for chosen in (~stars.held, stars.held)]
    scale = np.float32(1.0 / np.mean(stars.cost))

    lottery = ops.convert_to_tensor(np.int32(seed & 0x7FFFFFFF))

    def likelihood(weights: Weights, x: Any, e: Any, y: Any, limit: float = np.inf) -> Any:
        mean, raw = apply(weights, x, e)
        sigma = sigma_of(raw, options.floor, options.floor_of)
        return 0.5 * ops.minimum(ops.square((y - mean) / sigma), limit) + ops.log(sigma)

    def loss(weights: Weights, rows: Any, draw: Any) -> tuple[Any, Any]:
        x, e, y = (ops.take(a, rows, axis=0) for a in (flux, errors, feh))
        if options.noise:
            amplitude = options.noise * backend.random_uniform((size, 1), draw)
            drawn = backend.random_normal((size, stars.flux.shape[1]), ops.stack([draw[0], -draw[1]]))
            x = x + amplitude * drawn * ops.take(noise, rows, axis=0)
        costs = ops.take(taking, rows)
        data = ops.mean(costs * likelihood(weights, x, e, y), axis=1) * scale
        decay = sum(ops.sum(ops.square(w)) for w in weights[::2])
        return ops.sum(data) + options.l2 * decay, data

    gradient_of = backend.value_and_gradient(loss)

    def step(number: Any, rows: Any, state: adam.State) -> adam.State:
        _, _, gradient = gradient_of(state[0], rows, ops.stack([lottery, number + 1]))
        count = ops.cast(number + 1, "float32")
        rate = options.learning_rate
        if options.decay:
            rate = 0.5 * rate * (1.0 + ops.cos(np.float32(np.pi / (options.epochs * steps)) * count))
        return adam.step(state, gradient, rate, count, options.averaging)

    def epoch(number: Any, state: Any) -> Any:
        order = ops.argsort(backend.random_uniform((count,), ops.stack([lottery, number])))

        def part(number_in_epoch: Any, state: Any) -> Any:
            rows = ops.slice(order, [number_in_epoch * size], [size])
            return step(number * steps + number_in_epoch, rows, state)

        return ops.fori_loop(0, steps, part, state)

    def run(first: Any, last: Any, *state: Weights) -> Any:
        return ops.fori_loop(first, last, epoch, state)

    def judge(weights: Weights) -> Any:
        values = likelihood(weights, flux, errors, feh, OUTLIER**2)
        residual = ops.abs(apply(weights, flux, errors)[0] - feh)
        return [*(ops.sum(values * w, axis=1) for w in judging), ops.sum(residual * judging[1], axis=1)]

    return backend.jit(run), backend.jit(judge)


def _normalised(weights: np.ndarray) -> Any:
    """Return weights of shape (n,) that add up to 1."""
    return ops.convert_to_tensor((weights / max(weights.sum(), 1e-30)).astype(np.float32))


def cost_weights(colour: np.ndarray, feh: np.ndarray, bins: tuple[int, int], gamma: float) -> np.ndarray:
    """Return the cost of each star (equation 11): ``(f / max f)^-gamma``.

    Parameters
    ----------
    colour, feh : ndarray, shape (n,)
        (BP-RP)₀ and [Fe/H].
    bins : tuple of int
        Bins in colour and in [Fe/H], over the range of the stars.
    gamma : float
        0 gives all stars the cost 1.
    """
    frequency, *edges = np.histogram2d(colour, feh, bins=bins)
    place = [
        np.clip(np.searchsorted(e, v, side="right") - 1, 0, len(e) - 2)
        for e, v in zip(edges, (colour, feh), strict=True)
    ]
    own = frequency[place[0], place[1]]
    return np.asarray((own / frequency.max()) ** -gamma)
