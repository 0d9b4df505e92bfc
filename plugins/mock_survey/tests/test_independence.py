"""Nothing is shared with code that infers labels, so that a bug cannot hide in both."""

import ast
from pathlib import Path

import pytest
import vacframe_mock_survey

import vacframe

PACKAGE = Path(vacframe_mock_survey.__file__).parent
ALLOWED = ("vacframe.schemas", "vacframe.testing", "vacframe_mock_survey")
"""Packages that may be imported, beside the public names of ``vacframe`` itself."""


def imported_by(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names = {alias.name for alias in node.names} if node.module == "vacframe" else set()
            yield node.module
            yield from (f"vacframe.{name}" for name in names - set(vacframe.__all__))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_is_shared_with_code_that_infers(path):
    ours = {name for name in imported_by(path) if name.split(".")[0].startswith("vacframe")} - {"vacframe"}
    assert [name for name in ours if not f"{name}.".startswith(tuple(f"{a}." for a in ALLOWED))] == []
