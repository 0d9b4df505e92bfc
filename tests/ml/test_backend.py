"""Only `vacframe.ml.backend` knows the framework."""

import ast
from pathlib import Path

import vacframe

FRAMEWORKS = {"tensorflow", "jax", "torch"}


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_one_module_imports_a_framework():
    root = Path(vacframe.__file__).parent
    users = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if FRAMEWORKS & set(_imported(ast.parse(path.read_text())))
    }
    assert users == {"ml/backend.py"}


def test_the_core_imports_no_machine_learning():
    root = Path(vacframe.__file__).parent / "core"
    for path in root.rglob("*.py"):
        modules = {n.module for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)}
        assert not any(str(m).startswith("vacframe.ml") for m in modules), path
