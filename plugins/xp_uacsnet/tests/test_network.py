"""The network, its loss and its training."""

import numpy as np
from vacframe_xp_uacsnet.config import UacsnetOptions
from vacframe_xp_uacsnet.method.estimator import weighted_quantile
from vacframe_xp_uacsnet.method.network import Ensemble, apply, initial_weights, layer_sizes, sigma_of
from vacframe_xp_uacsnet.method.network_training import TrainingStars, cost_weights, train

from vacframe.ml.backend import ops

TINY = {"trunk": (32, 16), "head": 8, "errors": 4, "joint": 4, "check_every": 20, "learning_rate": 5e-3}


def made_up(count=300, seed=0):
    rng = np.random.default_rng(seed)
    flux = rng.normal(size=(count, 6)).astype(np.float32)
    errors = rng.normal(size=(count, 6)).astype(np.float32)
    feh = (0.5 * flux[:, 0] - 0.3 * flux[:, 1] - 1).astype(np.float32)
    held = rng.random(count) < 0.2
    return TrainingStars(flux, errors, np.full_like(flux, 0.01), feh, np.ones(count, np.float32), held)


def test_layers_are_those_of_table_1():
    options = UacsnetOptions()
    sizes = layer_sizes(60, options.trunk, options.head, options.errors, options.joint)
    assert sizes == [(60, 256), (256, 64), (64, 16), (16, 8), (8, 1), (60, 16), (32, 8), (8, 1)]


def test_the_forward_pass_is_that_of_figure_2():
    sizes = layer_sizes(6, (5, 4), 3, 2, 3)
    weights = initial_weights(sizes, [7], feh=-1.0, spread=0.5)
    rng = np.random.default_rng(1)
    x, e = rng.normal(size=(10, 6)).astype(np.float32), rng.normal(size=(10, 6)).astype(np.float32)
    layers = [(weights[i][0], weights[i + 1][0]) for i in range(0, len(weights), 2)]
    relu = lambda v: np.maximum(v, 0)  # noqa: E731
    z = relu(relu(x @ layers[0][0] + layers[0][1]) @ layers[1][0] + layers[1][1])
    feh = relu(z @ layers[2][0] + layers[2][1]) @ layers[3][0] + layers[3][1]
    m = np.concatenate([z, relu(e @ layers[4][0] + layers[4][1])], axis=1)
    s = relu(m @ layers[5][0] + layers[5][1]) @ layers[6][0] + layers[6][1]
    found = apply([ops.convert_to_tensor(w) for w in weights], x, e)
    np.testing.assert_allclose(found[0][0], feh[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1][0], s[:, 0], rtol=1e-5, atol=1e-6)


def test_both_readings_of_the_floor():
    raw = ops.convert_to_tensor(np.array([0.0, 0.1, -0.5], np.float32))
    np.testing.assert_allclose(sigma_of(raw, 0.02, "sigma"), [0.02, 0.02, 0.25], rtol=1e-6)
    np.testing.assert_allclose(sigma_of(raw, 0.02, "variance"), [0.02**0.5, 0.02**0.5, 0.5], rtol=1e-6)


def test_costs_are_those_of_equation_11():
    colour = np.array([0.0] * 100 + [1.0] * 4)
    feh = np.array([0.0] * 100 + [-3.0] * 4)
    cost = cost_weights(colour, feh, (10, 15), 0.5)
    np.testing.assert_allclose(cost[[0, -1]], [1.0, (4 / 100) ** -0.5])
    assert (cost_weights(colour, feh, (10, 15), 0.0) == 1).all()


def test_a_member_does_not_depend_on_the_others():
    stars = made_up()
    options = UacsnetOptions(**TINY, epochs=20, batch_size=100, noise=1.0, averaging=0.9, decay=True)
    both = train(stars, options, [3, 4], seed=9)
    alone = train(stars, options, [3], seed=9)
    for two, one in zip(both.weights, alone.weights, strict=True):
        np.testing.assert_allclose(two[0], one[0], rtol=1e-4, atol=1e-5)
    assert not np.allclose(both.weights[0][0], both.weights[0][1])


def test_training_finds_the_relation():
    stars = made_up(800)
    options = UacsnetOptions(**TINY, epochs=200, batch_size=200, averaging=0.99, decay=True)
    trained = train(stars, options, [1])
    ensemble = Ensemble(trained.weights, options.floor, options.floor_of)
    fresh = made_up(seed=5)
    feh, sigma = ensemble.predict(fresh.flux, fresh.errors)
    assert np.std(feh[0] - fresh.feh) < 0.15
    assert (sigma >= 0.02).all()
    assert 0 < trained.best_epoch[0] <= 200


def test_weighted_quantile():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 8.0])
    assert [weighted_quantile(values, weights, f) for f in (0.05, 0.5, 0.95)] == [1.0, 2.0, 3.0]
    assert weighted_quantile(np.empty(0), np.empty(0), 0.5) == 1.0


def test_held_stars_are_not_learned():
    stars = made_up()
    wrong = np.where(stars.held, 5.0, stars.feh).astype(np.float32)
    options = UacsnetOptions(**TINY, epochs=20, batch_size=512)
    right, other = (train(TrainingStars(**{**stars.__dict__, "feh": y}), options, [1]) for y in (stars.feh, wrong))
    for one, two in zip(right.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one, two)
    assert other.validation_loss[0] > right.validation_loss[0]
