import importlib
import os
import sys

import pytest

from vacframe.core.contract.errors import PluginError
from vacframe.core.registry.fingerprint import closure, code_fingerprint, library_versions

FILES = {
    "__init__.py": "from .registry import plugin\nfrom . import first, second\nfrom .deep import shared as renamed\n",
    "registry.py": "plugin = object()\n",
    "first.py": '''"""First product."""
from __future__ import annotations
from typing import TYPE_CHECKING
from fpx import plugin, renamed
if TYPE_CHECKING:
    from fpx import second
# a comment
def run(inputs, context):
    """Make it."""
    from .impl import compute
    return compute(1, 2)
''',
    "second.py": "from fpx.registry import plugin\ndef run(inputs, context):\n    return 2\n",
    "impl.py": "import numpy as np\nimport fpx.deep.util\ndef compute(a, b):\n    return a + b\n",
    "deep/__init__.py": "from .shared_impl import shared\nfrom .noise import other\nVALUE = 3\n",
    "deep/shared_impl.py": "def shared():\n    return 1\n",
    "deep/noise.py": "def other():\n    return 1\n",
    "deep/util.py": "X = 1\n",
    "lone.py": "from fpx.deep import VALUE\n",
    "dynamic.py": "from importlib import import_module\nm = import_module('fpx.impl')\n",
    "table.csv": "1,2\n",
    "vacframe.json": "{}",
    "__pycache__/first.cpython-311.pyc": "x",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / "fpx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path / "fpx"
    assert "fpx" not in sys.modules


def changed(package, name, old, new, module="fpx.first"):
    before = code_fingerprint(module)
    path = package / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    later = path.stat().st_mtime_ns + 10**9  # the clock of a file system may be coarser than a test
    os.utime(path, ns=(later, later))
    return code_fingerprint(module) != before


def test_closure_follows_imports_and_skips_what_only_init_reads(package):
    modules = {"fpx.first", "fpx.registry", "fpx.impl", "fpx.deep", "fpx.deep.util", "fpx.deep.shared_impl"}
    assert set(closure("fpx.first")) == (modules - {"fpx.deep"}) | {"fpx/table.csv"}
    assert set(closure("fpx.second")) == {"fpx.second", "fpx.registry", "fpx/table.csv"}


def test_a_name_defined_in_init_brings_init_and_its_imports(package):
    expected = {"fpx.lone", "fpx.deep", "fpx.deep.shared_impl", "fpx.deep.noise", "fpx/table.csv"}
    assert set(closure("fpx.lone")) == expected


def test_import_module_with_a_literal_is_followed(package):
    assert "fpx.impl" in closure("fpx.dynamic")


@pytest.mark.parametrize(
    "text",
    [
        "import vacframe as vf\nx = vf.read_table\n",
        "def f():\n    from vacframe import read_table\n    return read_table\n",
    ],
)
def test_public_names_of_vacframe_are_followed_to_the_code_that_reads_files(package, text):
    (package / "reader.py").write_text(text)
    assert "vacframe.io.tables" in closure("fpx.reader")
    (package / "other.py").write_text(text.replace("read_table", "Batch"))
    assert not any(name.startswith("vacframe.") for name in closure("fpx.other"))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("first.py", "# a comment", "# another comment\n\n"),
        ("first.py", '"""Make it."""', '"""Make it well.\n\n    As the paper says.\n    """'),
        ("first.py", '"""First product."""', ""),
        ("first.py", "compute(1, 2)", "compute(\n        1,\n        2,\n    )"),
        ("first.py", "    from fpx import second", "    from fpx import deep, second"),
        ("second.py", "return 2", "return 3"),
        ("__init__.py", "from . import first, second", "from . import first, lone, second"),
        ("deep/noise.py", "return 1", "return 2"),
        ("vacframe.json", "{}", '{"a": 1}'),
    ],
)
def test_unchanged_by(package, name, old, new):
    assert not changed(package, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("first.py", "compute(1, 2)", "compute(1, 2.0)"),
        ("impl.py", "a + b", "a - b"),
        ("registry.py", "object()", "dict()"),
        ("deep/util.py", "X = 1", "X = True"),
        ("deep/shared_impl.py", "return 1", "return 2"),
        ("table.csv", "1,2", "1,3"),
    ],
)
def test_changed_by(package, name, old, new):
    assert changed(package, name, old, new)


def test_a_new_sibling_product_changes_nothing(package):
    before = code_fingerprint("fpx.first")
    (package / "third.py").write_text("def run(inputs, context):\n    return 3\n")
    (package / "__init__.py").write_text(FILES["__init__.py"] + "from . import third\n")
    assert code_fingerprint("fpx.first") == before


def test_extra_packages_count_where_they_are_reached(package, tmp_path):
    shared = tmp_path / "fpshared"
    (shared / "astro").mkdir(parents=True)
    for name in ("__init__.py", "astro/__init__.py", "astro/unused.py"):
        (shared / name).write_text("")
    (shared / "astro" / "dust.py").write_text("R = 3.1\n")
    (shared / "astro" / "curve.txt").write_text("1\n")
    (shared / "core.py").write_text("A = 1\n")
    (package / "second.py").write_text("from fpshared.astro import dust\nfrom fpshared.core import A\n")
    found = closure("fpx.second", ("fpshared.astro",))
    assert set(found) == {"fpx.second", "fpshared.astro.dust", "fpshared.astro/curve.txt", "fpx/table.csv"}
    (package / "second.py").write_text("from fpshared import astro\n")
    assert "fpshared.astro" in closure("fpx.second", ("fpshared.astro",))


def test_single_file_module(tmp_path, monkeypatch):
    path = tmp_path / "fpsingle.py"
    path.write_text("import json\nX = 1\n")
    (tmp_path / "notes.txt").write_text("not of this module")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    before = code_fingerprint("fpsingle")
    assert set(closure("fpsingle")) == {"fpsingle"}
    path.write_text("import json\nX = 12\n")
    assert code_fingerprint("fpsingle") != before
    assert "fpsingle" not in sys.modules


def test_import_cycles_end(package):
    (package / "impl.py").write_text("from fpx import first, cyclic\n")
    (package / "__init__.py").write_text("from fpx.deep import cyclic\n")
    (package / "deep" / "__init__.py").write_text("from fpx import cyclic\n")
    assert "fpx.impl" in closure("fpx.first")


def test_errors_name_the_module_and_the_line(package):
    with pytest.raises(PluginError, match=r"fpx\.absent"):
        code_fingerprint("fpx.absent")
    (package / "impl.py").write_text("x = 1\ndef broken(:\n")
    with pytest.raises(PluginError, match=r"impl\.py: line 2"):
        code_fingerprint("fpx.first")


def test_library_versions():
    import numpy

    assert library_versions(("numpy", "no-such-library")) == {
        "numpy": numpy.__version__,
        "no-such-library": "not installed",
    }
