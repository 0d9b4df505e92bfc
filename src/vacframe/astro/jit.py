"""Typed decorators around numba: compiled at the first call, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile for one thread.

    A kernel and the compiled functions that it calls belong in one module: numba's cache notices a changed
    source file only for the module of the function that is called.
    """
    return cast(Function, numba.njit(cache=True, error_model="numpy")(function))


def compiled_parallel(function: Function) -> Function:
    """Compile with `numba.prange` loops over all threads (``NUMBA_NUM_THREADS``)."""
    return cast(Function, numba.njit(cache=True, error_model="numpy", parallel=True)(function))


def read_only(values: np.ndarray, dtype: type) -> np.ndarray:
    """Return a contiguous read-only view (a copy where needed), so that a kernel is compiled for one type only."""
    view: np.ndarray = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
