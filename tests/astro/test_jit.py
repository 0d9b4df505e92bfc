"""Compiled functions of several modules are compiled again when any of them changes."""

import subprocess
import sys

import numba
import pytest

from vacframe.astro import jit, kernels
from vacframe.astro.jit import compiled_with, stamp

INNER = """
from vacframe.astro.jit import compiled

@compiled
def inner(x):
    return x + {}
"""
OUTER = """
import inner_module
from vacframe.astro.jit import compiled_with

@compiled_with(inner_module)
def outer(x):
    return 2 * inner_module.inner(x)

if __name__ == "__main__":
    import outer_module
    print(outer_module.outer(1), sum(outer_module.outer.stats.cache_hits.values()))
"""


def _twice(x):
    return 2 * x


@pytest.fixture
def run(tmp_path):
    (tmp_path / "outer_module.py").write_text(OUTER)

    def call(number):
        (tmp_path / "inner_module.py").write_text(INNER.format(number))
        done = subprocess.run(
            [sys.executable, "-B", "outer_module.py"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return [int(n) for n in done.stdout.split()]

    return call


def test_a_change_of_another_module_is_noticed(run):
    assert run(1) == [4, 0]
    assert run(1) == [4, 1]  # from the cache
    assert run(20) == [42, 0]


def test_the_pinned_numba_has_the_private_names_of_its_cache():
    """Else functions of several modules are compiled anew in every process: find the new names for `jit.stamp`."""
    dispatcher = numba.njit(cache=True)(_twice)
    own = dispatcher._cache._cache_file._source_stamp
    assert stamp(dispatcher, ["digest"])
    assert dispatcher._cache._cache_file._source_stamp == (own, "digest")


def test_a_numba_without_them_compiles_without_its_cache(monkeypatch):
    monkeypatch.setattr(jit, "stamp", lambda dispatcher, contents: False)
    dispatcher = compiled_with(kernels)(_twice)
    assert dispatcher(2) == 4
    assert dispatcher.stats.cache_path is None


def test_a_module_without_compiled_functions_is_refused():
    with pytest.raises(ValueError, match=r"vacframe\.astro\.jit has no compiled function"):
        compiled_with(jit)(_twice)


def test_what_kernels_call_of_other_modules_is_in_their_stamp():
    """Cholesky's method is inlined into the fits: their caches have to notice when it changes."""
    for function in (kernels.fit_rows, kernels.normalise_rows, kernels._fit_row, kernels._normalise_block):
        assert len(function._cache._cache_file._source_stamp) == 2, function.__name__
