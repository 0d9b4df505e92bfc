"""Stacked networks compute exactly what separate ones do."""

import numpy as np
import pytest

from vacframe.ml.stacked import StackedNetworks, initial_weights

LAYERS = (16, 8)


@pytest.fixture(scope="module")
def weights():
    return initial_weights(30, LAYERS, seeds=[5, 6, 7])


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(0).normal(size=(50, 30)).astype(np.float32)


def test_equals_the_formula(weights, inputs):
    found = StackedNetworks(weights, batch=64).predict(inputs)
    for number in range(3):
        hidden = inputs.astype(np.float64)
        for layer in range(0, len(weights), 2):
            hidden = hidden @ weights[layer][number] + weights[layer + 1][number]
            if layer < len(weights) - 2:
                hidden = np.maximum(hidden, 0)
        np.testing.assert_allclose(found[number], hidden[:, 0], atol=1e-5)


def test_smaller_batches_where_memory_runs_out(weights, inputs, monkeypatch):
    from vacframe.ml import stacked

    whole = StackedNetworks(weights, batch=64).predict(inputs)
    apply, sizes = stacked._compiled_apply, []

    def scarce(arrays, rows):
        sizes.append(len(rows))
        if len(rows) > 16:
            raise MemoryError
        return apply(arrays, rows)

    monkeypatch.setattr(stacked, "_compiled_apply", scarce)
    networks = StackedNetworks(weights, batch=64)
    np.testing.assert_allclose(networks.predict(inputs), whole, atol=1e-6)
    assert sizes == [64, 32, 16, 16, 16, 16]
    assert networks.batch == 16


def test_equals_keras_dense_layers(weights, inputs):
    import keras

    found = StackedNetworks(weights, batch=64).predict(inputs)
    network = keras.Sequential([keras.Input((30,)), *(keras.layers.Dense(n, "relu") for n in LAYERS)])
    network.add(keras.layers.Dense(1))
    network.set_weights([w[1] if w[1].shape[0] > 1 else w[1][0] for w in weights])
    np.testing.assert_allclose(found[1], keras.ops.convert_to_numpy(network(inputs))[:, 0], atol=1e-5)


def test_a_row_is_bitwise_the_same_in_any_company(weights, inputs):
    networks = StackedNetworks(weights, batch=16)
    whole = networks.predict(inputs)
    for size in (1, 7, 16, 17):
        parts = [networks.predict(inputs[start : start + size]) for start in range(0, len(inputs), size)]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    assert networks.predict(inputs[:0]).shape == (3, 0)


def test_initial_weights_depend_on_their_own_seed_only(weights):
    alone = initial_weights(30, LAYERS, seeds=[6])
    for stacked, single in zip(weights, alone, strict=True):
        np.testing.assert_array_equal(stacked[1], single[0])
    limit = np.sqrt(6 / (30 + 16))
    assert 0.9 * limit < np.abs(weights[0]).max() < limit
    assert not np.array_equal(weights[0][0], weights[0][1])
