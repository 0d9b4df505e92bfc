"""Typed decorators around numba: compiled at the first call, cached on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import is_jitted

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile for one thread.

    A compiled function that calls those of other modules takes `compiled_with` instead.
    """
    return cast(Function, _cached(function))


def compiled_parallel(function: Function) -> Function:
    """Compile with `numba.prange` loops over all threads (``NUMBA_NUM_THREADS``)."""
    return cast(Function, _cached(function, parallel=True))


def compiled_with(*modules: ModuleType, parallel: bool = False) -> Callable[[Function], Function]:
    """Compile a function that calls compiled functions of `modules`; those call none of further modules.

    numba's cache on disk notices a changed source file only for the module of the function itself, and would go on
    using old code of the others. Their files become part of its stamp here.
    """

    def decorate(function: Function) -> Function:
        return cast(Function, _cached(function, modules, parallel))

    return decorate


def _cached(function: Callable[..., object], modules: tuple[ModuleType, ...] = (), parallel: bool = False) -> Any:
    options: dict[str, Any] = {"error_model": "numpy", "parallel": parallel}
    dispatcher: Any = numba.njit(cache=True, **options)(function)
    if modules and not stamp(dispatcher, [_content_of(module) for module in modules]):
        return numba.njit(**options)(function)
    return dispatcher


def stamp(dispatcher: Any, contents: list[str]) -> bool:
    """Make the cache on disk of a compiled function depend on more files than its own.

    numba has no public way; this function alone uses its private names.

    Parameters
    ----------
    dispatcher : numba dispatcher
        Compiled with ``cache=True``, not called yet.
    contents : list of str
        Digest of each further file.

    Returns
    -------
    bool
        Whether this numba has the names; if not, its cache would go on using old code and must not be used.
    """
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if not hasattr(file, "_source_stamp"):
        return False
    cast(Any, file)._source_stamp = (cast(Any, file)._source_stamp, *contents)
    return True


def _content_of(module: ModuleType) -> str:
    """Return the digest of the file of a module."""
    jitted = [value for value in vars(module).values() if is_jitted(value)]
    if not any(value.py_func.__module__ == module.__name__ for value in jitted):
        raise ValueError(f"{module.__name__} has no compiled function")
    return hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest()


def read_only(values: np.ndarray, dtype: type) -> np.ndarray:
    """Return a contiguous read-only view (a copy where needed), so that a kernel is compiled for one type only."""
    view: np.ndarray = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
