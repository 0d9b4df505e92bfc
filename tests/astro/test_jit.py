"""Compiled functions of several modules are compiled again when any of them changes."""

import subprocess
import sys

import pytest

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
