"""Typed decorators around numba: compiled at the first call, cached on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np

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
    dispatcher: Any = numba.njit(cache=True, error_model="numpy", parallel=parallel)(function)
    if modules:
        file = dispatcher._cache._cache_file  # numba has no public way
        others = [f._cache._cache_file._source_stamp for m in modules for f in _compiled_in(m)[:1]]
        file._source_stamp = (file._source_stamp, *others)
    return dispatcher


def _compiled_in(module: ModuleType) -> list[Any]:
    found = [v for v in vars(sys.modules[module.__name__]).values() if hasattr(v, "_cache") and hasattr(v, "py_func")]
    own = [v for v in found if v.py_func.__module__ == module.__name__]
    if not own:
        raise ValueError(f"{module.__name__} has no compiled function")
    return own


def read_only(values: np.ndarray, dtype: type) -> np.ndarray:
    """Return a contiguous read-only view (a copy where needed), so that a kernel is compiled for one type only."""
    view: np.ndarray = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
