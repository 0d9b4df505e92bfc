"""The doors between rooms: kept as the tree stands, and noticed where a forbidden import is added."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("importlinter", reason="import-linter is not installed (extra lint)")
PLUGINS = sorted((ROOT / "plugins").glob("*/src"))
FORBIDDEN = {
    "an upper room": ("src/vacframe/core/store/ledger.py", "from vacframe.core.planning import states\n"),
    "inside a function": (
        "src/vacframe/core/columns/digest.py",
        "def later():\n    from vacframe.core.build import build_graph\n    return build_graph\n",
    ),
    "the core and astronomy": ("src/vacframe/core/planning/pilot.py", "import vacframe.astro.robust\n"),
    "a module in no room": ("src/vacframe/core/stray.py", '"""Stray."""\n'),
    "a circle": ("src/vacframe/core/store/files.py", "from vacframe.core.store.product_store import ProductStore\n"),
    "a plugin behind the facade": (
        "plugins/parallax_zp/src/vacframe_parallax_zp/config.py",
        "from vacframe.core.store.ledger import Ledger\n",
    ),
    "a plugin and another": ("plugins/nn_labels/src/vacframe_nn_labels/config.py", "import vacframe_surveys\n"),
}


def lint(root):
    paths = [root / "src", *(root / p.relative_to(ROOT) for p in PLUGINS)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as f; f()", "--no-cache"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    for folder in (ROOT / "src", *PLUGINS):
        shutil.copytree(folder, root / folder.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__"))
    return root


def test_all_doors_are_kept(copy):
    status, said = lint(copy)
    assert status == 0, said


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_forbidden_import_is_noticed(copy, what):
    name, text = FORBIDDEN[what]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.write_text((before or "") + text)
    try:
        status, said = lint(copy)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert status == 1, said
    assert "BROKEN" in said
