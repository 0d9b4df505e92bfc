"""Compilation of this package's functions by numba, kept on disk until one of its modules changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numba


def compiled(function: Any) -> Any:
    """Compile a function; what is kept on disk counts until any module here changes.

    numba looks at the function's own file only, but compiles functions and constants of others into it.
    """
    dispatcher: Any = numba.njit(cache=True, error_model="numpy")(function)
    dispatcher._cache._cache_file._source_stamp = _stamp()  # numba has no public way
    return dispatcher


@lru_cache(maxsize=1)
def _stamp() -> tuple[tuple[str, float, int], ...]:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((file.name, file.stat().st_mtime, file.stat().st_size) for file in files)
