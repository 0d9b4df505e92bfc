"""The numerical framework under Keras: the few operations that `keras.ops` does not have.

The only module that imports a framework; everything else uses `keras.ops`, which it hands out as `ops`. Importing it
starts the framework, so import it inside functions, in a process that will not fork afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from vacframe.core.contract.errors import UsageError

os.environ.setdefault("KERAS_BACKEND", "tensorflow" if find_spec("tensorflow") else "jax")
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
    from keras import ops

    NAME = keras.config.backend()
    if NAME == "tensorflow":
        import tensorflow as framework
    elif NAME == "jax":
        import jax as framework
    else:
        raise UsageError(
            f"KERAS_BACKEND is {NAME!r}; vacframe.ml runs on 'tensorflow' or 'jax'. Unset the variable, or set it to "
            "one of these."
        )

__all__ = ["jit", "keras", "library_versions", "ops", "random_normal", "random_uniform", "value_and_gradient"]


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` of tensors compiled into one graph; it is traced once per set of shapes."""
    return framework.function(function) if NAME == "tensorflow" else framework.jit(function)


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

    def taped(weights: list[Any], *rest: Any) -> tuple[Any, Any, list[Any]]:
        with framework.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            value, extra = function(weights, *rest)
        return value, extra, tape.gradient(value, weights)

    def differentiated(weights: list[Any], *rest: Any) -> tuple[Any, Any, list[Any]]:
        (value, extra), gradient = framework.value_and_grad(function, has_aux=True)(weights, *rest)
        return value, extra, gradient

    return taped if NAME == "tensorflow" else differentiated


def random_normal(shape: tuple[int, ...], seed: Any) -> Any:
    """Return standard normal float32 numbers that depend on `seed`, an int32 tensor of shape (2,), only."""
    if NAME == "tensorflow":
        return framework.random.stateless_normal(shape, seed)
    return framework.random.normal(_key(seed), shape)


def random_uniform(shape: tuple[int, ...], seed: Any) -> Any:
    """Return float32 numbers uniform in [0, 1) that depend on `seed`, an int32 tensor of shape (2,), only."""
    if NAME == "tensorflow":
        return framework.random.stateless_uniform(shape, seed)
    return framework.random.uniform(_key(seed), shape)


def _key(seed: Any) -> Any:
    """Return a key of JAX's Threefry generator."""
    bits = framework.lax.bitcast_convert_type(ops.cast(seed, "int32"), "uint32")
    return framework.random.wrap_key_data(bits, impl="threefry2x32")


def library_versions() -> dict[str, str]:
    """Return the versions of Keras and of the framework."""
    return {"keras": keras.__version__, NAME: framework.__version__}


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception of any of the frameworks means that a device's memory ran out."""
    name, text = type(error).__name__, str(error)
    return (
        isinstance(error, MemoryError)
        or name in ("ResourceExhaustedError", "OutOfMemoryError")
        or "RESOURCE_EXHAUSTED" in text
    )
