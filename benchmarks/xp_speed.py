"""Speed of XP spectra: sampling beside `gaiaxpy.calibrate`, pixels and network, a training epoch beside Keras' fit.

    python benchmarks/xp_speed.py [sources]

The table has the 30 sources with full covariances of the folder calspec_xp of the real data (environment variable
VACFRAME_SHARED_DATA), repeated; made-up coefficients where the data are absent. Every number is the best of three runs.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pyarrow as pa

SOURCES = 20000
PEER_SOURCES = 300
STARS = 1012
EPOCHS = 100


def best(work: Callable[[], object]) -> float:
    """Return the shortest of three times, seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def spectra() -> pa.Table:
    """Return some sources with full covariances."""
    from vacframe_surveys.conformance import write_xp
    from vacframe_surveys.readers.xp_rows import read_xp_rows

    from vacframe import SourceFile

    data = Path(os.environ.get("VACFRAME_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = data / "calspec_xp" / "gaia_spectra_file_ddf_v0.parquet"
    if not path.exists():
        path = write_xp(Path("xp_made_up.csv"), 30)
    return read_xp_rows([SourceFile(path.name, path)]).table


def sampling(table: pa.Table, sources: int) -> None:
    """Print spectra per second of both."""
    import pandas as pd
    from gaiaxpy import calibrate
    from vacframe_xp_uacsnet.method.sampled_spectra import sample

    from vacframe import Batch, to_numpy

    many = Batch(table.take(pa.array(np.arange(sources) % table.num_rows)))
    for name in many.columns:
        many[name]
    rates = {
        errors: sources / best(lambda e=errors: sample(many, truncate=False, errors=e)) for errors in (True, False)
    }
    few = table.take(pa.array(np.arange(PEER_SOURCES) % table.num_rows))
    frame = pd.DataFrame({"source_id": np.arange(PEER_SOURCES) + 1})
    for band in ("bp", "rp"):
        for name in ("coefficients", "coefficient_errors", "coefficient_correlations"):
            frame[f"{band}_{name}"] = list(to_numpy(few[f"{band}_{name}"])[0])
        for name in ("standard_deviation", "n_relevant_bases"):
            frame[f"{band}_{name}"] = to_numpy(few[f"{band}_{name}"])[0]
        frame[f"{band}_n_parameters"] = 55
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        peer = PEER_SOURCES / best(lambda: calibrate(frame.copy(), save_file=False))
    print(f"sampled, errors from the full covariance: {rates[True]:,.0f} /s, gaiaxpy.calibrate {peer:,.0f} /s, "
          f"ratio {rates[True] / peer:.0f}")  # fmt: skip
    print(f"sampled, flux only: {rates[False]:,.0f} /s")


def pixels_and_network(sources: int) -> None:
    """Print stars per second from sampled spectra to [Fe/H]."""
    from vacframe_xp_uacsnet import plugin
    from vacframe_xp_uacsnet.conformance import sampled_spectra, small_config

    from vacframe.testing import run_product

    config = small_config(network={"trunk": (256, 64, 16), "head": 8, "errors": 16, "joint": 8, "epochs": 20})
    few, labels = sampled_spectra(400)
    made = {"xp_sampled": few, "reference_labels": labels}
    for name in ("xp_features", "xp_training_set", "uacsnet_model"):
        result = run_product(plugin, name, made, config=config)
        made[name] = result.table if result.model is None else result.model
    rows = np.arange(sources) % 400
    many = {n: v[rows] for n, v in few.items()} | {"source_id": np.arange(sources) + 1}
    held = {"xp_sampled": many, "uacsnet_model": made["uacsnet_model"]}

    def work() -> None:
        held["xp_features"] = run_product(plugin, "xp_features", held, config=config).table
        run_product(plugin, "xp_metallicities", held, config=config)

    print(f"pixels, cuts, network, hull and flags: {sources / best(work):,.0f} stars/s")


def training() -> None:
    """Print the time of an epoch over 1,012 stars, compiled whole and through Keras' fit."""
    from vacframe_xp_uacsnet.config import UacsnetOptions
    from vacframe_xp_uacsnet.method.network_training import TrainingStars, train

    from vacframe.ml.backend import keras

    rng = np.random.default_rng(0)
    flux, errors = rng.normal(size=(2, STARS, 60)).astype(np.float32)
    feh = rng.normal(-1, 0.7, STARS).astype(np.float32)
    stars = TrainingStars(flux, errors, errors, feh, np.ones_like(feh), rng.random(STARS) < 0.15)
    times: list[float] = []
    last = [time.perf_counter()]

    def tick(epochs: int) -> None:
        now = time.perf_counter()
        times.append((now - last[0]) / epochs)
        last[0] = now

    train(stars, UacsnetOptions(epochs=6 * EPOCHS, check_every=EPOCHS), [1], on_epochs=tick)
    ours = 1e3 * min(times[1:])
    x, e = keras.Input((60,)), keras.Input((60,))
    z = x
    for width in (256, 64, 16):
        z = keras.layers.Dense(width, activation="relu")(z)
    mean = keras.layers.Dense(1)(keras.layers.Dense(8, activation="relu")(z))
    joint = keras.layers.Concatenate()([z, keras.layers.Dense(16, activation="relu")(e)])
    raw = keras.layers.Dense(1)(keras.layers.Dense(8, activation="relu")(joint))
    peer = keras.Model([x, e], keras.layers.Concatenate()([mean, raw]))

    def loss(y: object, found: object) -> object:
        sigma = keras.ops.maximum(found[:, 1] ** 2, 0.02)
        return 0.5 * ((y[:, 0] - found[:, 0]) / sigma) ** 2 + keras.ops.log(sigma)

    peer.compile("adam", loss)
    peer.fit([flux, errors], feh[:, None], batch_size=512, epochs=2, verbose=0)
    theirs = 1e3 * best(lambda: peer.fit([flux, errors], feh[:, None], batch_size=512, epochs=5, verbose=0)) / 5
    print(f"an epoch of {STARS} stars: {ours:.1f} ms compiled whole, {theirs:.1f} ms through fit, "
          f"ratio {theirs / ours:.0f}")  # fmt: skip


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SOURCES
    print(f"{number} sources, {os.cpu_count()} cores")
    sampling(spectra(), number)
    pixels_and_network(number)
    training()
