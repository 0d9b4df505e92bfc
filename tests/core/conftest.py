import importlib
import sys

import pytest

GOOD = '''
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel):
    scale: float = 2.0
    threads: int = 1

plugin = vf.Plugin("NAME", config=Config, citation="Nobody 2020")

@plugin.product(
    "lengths",
    kind="whole",
    table=vf.TableSchema(columns=(vf.column("x", "float64", "A length", unit="m", ucd="phys.size"),)),
    needs=[vf.all_rows("stars", ["y"]), vf.all_rows("dust", ["ebv"], optional=True)],
)
def run(inputs, context):
    """Lengths, doubled."""
    return {"x": [context.config.scale]}
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on ``sys.path`` for made-up plugins; their modules are forgotten after the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("fake_"):
            del sys.modules[name]


@pytest.fixture
def install(site):
    """Put module ``fake_<name>`` and the metadata of its distribution into the folder, as an installer would.

    The module is a good plugin, with texts replaced by `edits`, unless `code` is given.
    """

    def put(name, *, code=None, edits=None, target=None, entry_points=None, folder=site):
        folder.mkdir(parents=True, exist_ok=True)
        text = GOOD.replace("NAME", name) if code is None else code
        for old, new in (edits or {}).items():
            assert old in text
            text = text.replace(old, new)
        module = folder / f"fake_{name}.py"
        module.write_text(text)
        info = folder / f"fake_{name}-1.2.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fake-{name}\nVersion: 1.2\n")
        default = f"[vacframe.plugins]\n{name} = {target or f'fake_{name}:plugin'}\n"
        (info / "entry_points.txt").write_text(default if entry_points is None else entry_points)
        sys.modules.pop(f"fake_{name}", None)
        return module

    return put
