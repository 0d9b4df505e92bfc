"""Training of stacked networks."""

import hashlib
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from vacframe.ml.options import TrainingOptions
from vacframe.ml.stacked import StackedNetworks
from vacframe.ml.training import TrainingData, train

OPTIONS = TrainingOptions(
    layers=(16, 8), epochs=30, patience=30, batch_size=32, learning_rate=5e-3, noise=1.0, averaging=0.9
)
QUIET = OPTIONS.model_copy(update={"noise": 0.0, "epochs": 5})
SEEDS = [11, 22, 33]


def make_data(count=400, width=12):
    """Return three smooth functions of noisy inputs; one row in five validates."""
    rng = np.random.default_rng(3)
    clean = rng.normal(size=(count, width))
    errors = np.full((count, width), 0.05)
    targets = np.stack([clean[:, 0], np.tanh(clean[:, 1] + clean[:, 2]), clean[:, 3] ** 2 - 1])
    inputs = clean + errors * rng.normal(size=clean.shape)
    single = (a.astype(np.float32) for a in (inputs, errors, targets))
    return TrainingData(*single, np.arange(count) % 5 == 0)


def only(data, number):
    return TrainingData(data.inputs, data.errors, data.targets[[number]], data.validation)


@pytest.fixture(scope="module")
def data():
    return make_data()


@pytest.fixture(scope="module")
def trained(data):
    return train(data, OPTIONS, SEEDS, seed=4)


def digest(trained):
    return hashlib.sha256(b"".join(w.tobytes() for w in trained.weights)).hexdigest()


def test_learns(data, trained):
    found = StackedNetworks(trained.weights).predict(data.inputs)[:, data.validation]
    truth = data.targets[:, data.validation]
    explained = 1 - ((found - truth) ** 2).mean(axis=1) / truth.var(axis=1)
    assert (explained > [0.9, 0.9, 0.7]).all(), explained


def test_stacked_equals_separate(data, trained):
    for number, seed in enumerate(SEEDS):
        alone = train(only(data, number), OPTIONS, [seed], seed=4)
        for stacked, single in zip(trained.weights, alone.weights, strict=True):
            np.testing.assert_allclose(stacked[number], single[0], atol=1e-4)
        assert trained.best_epoch[number] == alone.best_epoch[0]
        assert trained.validation_loss[number] == pytest.approx(alone.validation_loss[0], rel=1e-3)


def test_a_network_ignores_the_others(data, trained):
    other = data.targets.copy()
    other[1:] = other[1:][:, ::-1] * 1000
    changed = train(TrainingData(data.inputs, data.errors, other, data.validation), OPTIONS, SEEDS, seed=4)
    for before, after in zip(trained.weights, changed.weights, strict=True):
        np.testing.assert_array_equal(before[0], after[0])


def test_a_rerun_is_bitwise_the_same(data, trained):
    assert digest(train(data, OPTIONS, SEEDS, seed=4)) == digest(trained)
    assert digest(train(data, OPTIONS, SEEDS, seed=5)) != digest(trained)


def wide_digest():
    """Train on enough pixels and neurons that the products are cut up between threads."""
    options = TrainingOptions(epochs=2, layers=(256, 64), batch_size=64)
    return digest(train(make_data(300, 1500), options, SEEDS))


def test_threads_do_not_change_the_result():
    """Here TensorFlow takes all cores, in the other process one thread."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_training; print(test_training.wide_digest())"
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env=os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == wide_digest()


def test_frameworks_agree(data):
    """Without random noise JAX follows the same path as TensorFlow, but for rounding."""
    pytest.importorskip("jax")
    code = (
        "import sys, pickle; sys.path.insert(0, sys.argv[1]); import test_training as t;"
        "from vacframe.ml import backend; assert backend.library_versions().keys() == {'keras', 'jax'};"
        "found = t.train(t.make_data(), t.QUIET, t.SEEDS, seed=4);"
        "sys.stdout.buffer.write(pickle.dumps(found.weights))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        check=True,
    )
    here = train(data, QUIET, SEEDS, seed=4).weights
    for found, expected in zip(pickle.loads(done.stdout), here, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("name", ["random_normal", "random_uniform"])
def test_random_numbers_of_jax(name):
    """They are distributed as they should be, and depend on the seed alone."""
    pytest.importorskip("jax")
    code = (
        f"import sys, numpy as np; from vacframe.ml.backend import {name} as draw, ops;"
        "one, two, other = (ops.convert_to_numpy(draw((500, 40), np.array([3, k], np.int32))) for k in (-5, -5, 6));"
        "assert (one == two).all() and (one != other).mean() > 0.99;"
        "print(one.dtype, one.mean(), one.var(), one.min(), one.max())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    dtype, *found = done.stdout.split()
    mean, variance, low, high = map(float, found)
    assert dtype == "float32"
    expected = {"random_normal": (0.0, 1.0), "random_uniform": (0.5, 1 / 12)}[name]
    np.testing.assert_allclose((mean, variance), expected, atol=0.03)
    assert name == "random_normal" or (low >= 0 and high < 1)


def test_validation_rows_are_never_learned_from(data, trained):
    """Garbage in the validation rows' inputs changes which epoch is kept, not the path of the weights."""
    spoiled = data.inputs.copy()
    spoiled[data.validation] = 99.0
    options = OPTIONS.model_copy(update={"epochs": 1})
    one = train(data, options, SEEDS, seed=4)
    two = train(TrainingData(spoiled, data.errors, data.targets, data.validation), options, SEEDS, seed=4)
    assert digest(one) == digest(two)
    assert (one.validation_loss != two.validation_loss).all()


def test_each_network_stops_by_itself(data):
    """The second target is pure noise: its network stops early, the first goes on."""
    noise = np.random.default_rng(8).normal(size=data.targets.shape[1]).astype(np.float32)
    targets = np.stack([data.targets[0], noise])
    options = OPTIONS.model_copy(update={"patience": 5, "epochs": 60})
    stopped = train(TrainingData(data.inputs, data.errors, targets, data.validation), options, SEEDS[:2])
    assert stopped.epochs[1] == stopped.best_epoch[1] + 5
    assert stopped.epochs[1] < stopped.epochs[0]
    found = StackedNetworks(stopped.weights).predict(data.inputs)[:, data.validation]
    residual = np.abs(found - targets[:, data.validation])
    loss = np.where(residual < 0.1, 0.5 * residual**2, 0.1 * (residual - 0.05)).mean(axis=1)
    np.testing.assert_allclose(stopped.validation_loss, loss, rtol=1e-4)
