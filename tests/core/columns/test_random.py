import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vacframe.core.columns.digest import mix64, text_seed
from vacframe.core.columns.random import RowRandom, key_bits
from vacframe.core.contract.plugin import NoConfig
from vacframe.core.tasks.context import Context

N = 200_000


@pytest.fixture(scope="module")
def rows():
    return np.arange(N, dtype=np.int64)


def context(product="p", seed=0):
    return Context(product, NoConfig(), seed=seed)


def test_mix64_is_splitmix64():
    # First outputs for seed 1234567 of the reference implementation (Vigna, prng.di.unimi.it/splitmix64.c), as
    # tabulated at rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64.
    with np.errstate(over="ignore"):
        states = np.uint64(1234567) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, 6, dtype=np.uint64)
    assert mix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_uniform_moments_and_distribution(rows):
    draws = RowRandom(rows, 1).uniform(3)
    assert draws.shape == (N, 3)
    assert 0 < draws.min() < draws.max() < 1
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
        assert abs(column.mean() - 0.5) < 4 / np.sqrt(12 * N)
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 4 / np.sqrt(N)


def test_normal_moments_and_distribution(rows):
    draws = RowRandom(rows, 2).normal(5)
    assert draws.shape == (N, 5)
    for column in draws.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3
        assert abs(column.mean()) < 4 / np.sqrt(N)
        assert abs(column.std() - 1) < 4 / np.sqrt(2 * N)
    assert np.abs(np.corrcoef(draws.T) - np.eye(5)).max() < 4 / np.sqrt(N)
    single = RowRandom(rows, 2).normal()
    assert single.shape == (N,)
    assert stats.kstest(single, "norm").pvalue > 1e-3


def test_neighbouring_keys_and_seeds_are_independent(rows):
    first = RowRandom(rows, 0).uniform()
    for other in (RowRandom(rows + 1, 0).uniform(), RowRandom(rows, 1).uniform(), RowRandom(rows << 20, 0).uniform()):
        assert abs(np.corrcoef(first, other)[0, 1]) < 4 / np.sqrt(N)
    pairs = first[:-1] + first[1:] < 1  # of two independent uniforms half the sums are below 1
    assert abs(pairs.mean() - 0.5) < 4 * 0.5 / np.sqrt(N)


def test_one_row_many_draws():
    draws = RowRandom(np.array([7]), 0).uniform(N)[0]
    assert stats.kstest(draws, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 4 / np.sqrt(N)


def test_integers_are_even(rows):
    counts = np.bincount(RowRandom(rows, 3).integers(7), minlength=7)
    assert len(counts) == 7
    assert stats.chisquare(counts).pvalue > 1e-3


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.data())
def test_a_row_gets_its_numbers_whatever_lies_around_it(keys, data):
    keys = np.array(keys, dtype=np.int64)
    chosen = data.draw(st.lists(st.integers(0, len(keys) - 1), max_size=10))
    whole, part = RowRandom(keys, 5), RowRandom(keys[chosen], 5)
    for method in ("uniform", "normal"):
        for count in (None, 3):
            everywhere = getattr(whole, method)(count)
            np.testing.assert_array_equal(getattr(part, method)(count), everywhere[chosen])


def test_one_by_one_is_the_same_as_at_once():
    at_once = RowRandom(np.arange(5), 0).uniform(4)
    rng = RowRandom(np.arange(5), 0)
    np.testing.assert_array_equal(np.stack([rng.uniform() for _ in range(4)], axis=1), at_once)


def test_key_types():
    assert len(np.unique(key_bits(np.array([-1, 0, 1, 2**63 - 1])))) == 4
    np.testing.assert_array_equal(key_bits(np.array([1, 2], "uint64")), key_bits(np.array([1, 2], "int64")))
    np.testing.assert_array_equal(key_bits(np.array([3], "int32")), key_bits(np.array([3], "int64")))
    text = key_bits(np.array(["a", "b", "a"], dtype=object))
    assert text[0] == text[2] != text[1]
    np.testing.assert_array_equal(text, key_bits(np.array(["a", "b", "a"])))


def test_streams_differ_by_seed_product_and_name():
    keys = np.arange(50)
    draws = [
        context().rng(keys).uniform(),
        context(seed=1).rng(keys).uniform(),
        context("q").rng(keys).uniform(),
        context().rng(keys, "noise").uniform(),
    ]
    assert len({d[0] for d in draws}) == 4
    np.testing.assert_array_equal(context().rng(keys).uniform(), draws[0])
    assert text_seed("a", "b") != text_seed("b", "a")


def test_split_depends_on_key_and_name_only(rows):
    test = context().split(rows, 0.3)
    assert abs(test.mean() - 0.3) < 4 * np.sqrt(0.21 / N)
    np.testing.assert_array_equal(test, context("q", seed=9).split(rows, 0.3))
    np.testing.assert_array_equal(test[::7], context().split(rows[::7], 0.3))
    assert (context().split(rows, 0.2) <= test).all()
    other = context().split(rows, 0.3, "other")
    assert abs(test[other].mean() - 0.3) < 4 * np.sqrt(0.21 / other.sum())
    assert not context().split(rows, 0.0).any()
    assert context().split(rows, 1.0).all()
