"""The numerical framework under Keras: the few operations that `keras.ops` does not have.

The only module that imports a framework; everything else uses `keras.ops`, which it hands out as `ops`. Importing it
starts the framework, so import it inside functions, in a process that will not fork afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vacframe.core.errors import UsageError

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # its products do not depend on the number of threads


@contextmanager
def _quiet() -> Iterator[None]:
    """Discard what libraries write to the standard error file (TensorFlow's greetings obey no setting)."""
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)


with _quiet():
    import keras
    import tensorflow as tf
    from keras import ops

__all__ = ["jit", "keras", "library_versions", "ops", "random_normal", "random_uniform", "value_and_gradient"]

if keras.config.backend() != "tensorflow":
    raise UsageError(
        f"KERAS_BACKEND is {keras.config.backend()!r}; vacframe.ml runs on 'tensorflow'. Unset the variable, or set it "
        "to tensorflow."
    )


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` of tensors compiled into one graph; it is traced once per set of shapes."""
    return tf.function(function)


def value_and_gradient(
    function: Callable[..., tuple[Any, Any]],
) -> Callable[..., tuple[Any, Any, list[Any]]]:
    """Return a function that also gives the gradient with respect to its first argument.

    Parameters
    ----------
    function : callable
        ``function(weights, *rest) -> (value, extra)``, `weights` a list of tensors, `value` a scalar.

    Returns
    -------
    callable
        ``(weights, *rest) -> (value, extra, gradient)``; `gradient` is a list like `weights`.
    """

    def evaluated(weights: list[Any], *rest: Any) -> tuple[Any, Any, list[Any]]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            value, extra = function(weights, *rest)
        return value, extra, tape.gradient(value, weights)

    return evaluated


def random_normal(shape: tuple[int, ...], seed: Any) -> Any:
    """Return standard normal float32 numbers that depend on `seed`, an int32 tensor of shape (2,), only."""
    return tf.random.stateless_normal(shape, seed)


def random_uniform(shape: tuple[int, ...], seed: Any) -> Any:
    """Return float32 numbers uniform in [0, 1) that depend on `seed`, an int32 tensor of shape (2,), only."""
    return tf.random.stateless_uniform(shape, seed)


def library_versions() -> dict[str, str]:
    """Return the versions of Keras and of the framework."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception of any of the frameworks means that a device's memory ran out."""
    name, text = type(error).__name__, str(error)
    return (
        isinstance(error, MemoryError)
        or name in ("ResourceExhaustedError", "OutOfMemoryError")
        or "RESOURCE_EXHAUSTED" in text
    )
