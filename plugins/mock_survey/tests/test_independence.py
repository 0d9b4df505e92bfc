import ast
import subprocess
import sys
from pathlib import Path

import pytest
import vacframe_mock_survey

PACKAGE = Path(vacframe_mock_survey.__file__).parent
HEAVY = ("numpy", "scipy", "astropy", "pyarrow", "numba", "healpy", "tensorflow", "pandas")


def test_import_is_light():
    code = f"import sys, vacframe_mock_survey; print([m for m in {HEAVY!r} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.stem)
def test_nothing_is_shared_with_code_that_infers(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    ours = {name for name in imported if name.split(".")[0].startswith("vacframe")}
    allowed = ("vacframe", "vacframe.schemas", "vacframe.testing", "vacframe_mock_survey")
    assert {n for n in ours if n != "vacframe" and not n.startswith(allowed[1:])} == set()
