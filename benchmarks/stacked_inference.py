"""Stacked inference of 23 label networks against the same networks called one after another by Keras.

Run: python benchmarks/stacked_inference.py [spectra]

Prints spectra per second of both, their ratio (at least 2.5 is wanted), and the matrix-product limit: the same
multiplications without anything around them. The weights are copied over, so that the outputs must agree.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from vacframe.ml.backend import jit, keras, ops
from vacframe.ml.stacked import StackedNetworks, initial_weights

LABELS, PIXELS, LAYERS = 23, 1974, (512, 256, 64)
BATCH = 256


def rate(work: Callable[[], object], spectra: int, repeats: int = 3) -> float:
    """Return spectra per second, the best of some repeats after one call that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return spectra / min(times)


def keras_networks(weights: list[np.ndarray]) -> list[keras.Model]:
    """Return one Keras model per label with the stacked weights copied in."""
    models = []
    for label in range(LABELS):
        layers = [keras.layers.Dense(n, activation="relu") for n in LAYERS]
        model = keras.Sequential([keras.Input((PIXELS,)), *layers, keras.layers.Dense(1)])
        model.set_weights([w[label] if i % 2 == 0 else w[label, 0] for i, w in enumerate(weights)])
        models.append(model)
    return models


def main() -> None:
    """Measure and print."""
    spectra = int(sys.argv[1]) if len(sys.argv) > 1 else 2048
    inputs = np.random.default_rng(0).normal(size=(spectra, PIXELS)).astype(np.float32)
    weights = initial_weights(PIXELS, LAYERS, seeds=range(LABELS))
    stacked, models = StackedNetworks(weights, BATCH), keras_networks(weights)

    one_by_one = np.stack([m.predict(inputs, verbose=0)[:, 0] for m in models])
    difference = np.abs(stacked.predict(inputs) - one_by_one).max()
    assert difference < 1e-4, f"outputs differ by {difference}"

    tensors = [ops.convert_to_tensor(w) for w in weights[::2]]
    rows = [ops.convert_to_tensor(inputs[:BATCH])] + [ops.ones((LABELS, BATCH, n)) for n in LAYERS]
    products = jit(lambda: [ops.matmul(a, w) for a, w in zip(rows, tensors, strict=True)])

    fast = rate(lambda: stacked.predict(inputs), spectra)
    default = rate(lambda: [m.predict(inputs, verbose=0) for m in models], spectra)
    large = rate(lambda: [m.predict(inputs, verbose=0, batch_size=BATCH) for m in models], spectra)
    limit = rate(products, BATCH, repeats=10)
    print(f"{LABELS} networks of {PIXELS}-{'-'.join(map(str, LAYERS))}-1, {spectra} spectra")
    print(f"largest difference of the outputs          {difference:10.1e}")
    print(f"stacked, batches of {BATCH}                    {fast:10.0f} spectra/s")
    print(f"model.predict one by one, its batches of 32{default:10.0f} spectra/s   stacked is {fast / default:.2f} x")
    print(f"model.predict one by one, batches of {BATCH}   {large:10.0f} spectra/s   stacked is {fast / large:.2f} x")
    print(f"matrix products alone                      {limit:10.0f} spectra/s")


if __name__ == "__main__":
    main()
