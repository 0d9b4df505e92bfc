"""The plugin of one file in examples/hello_plugin: installed with -e into a new environment, found and built."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "hello_plugin"
STARS = """source_id,ra,dec,parallax,phot_g_mean_mag
11,10.5,20.25,100.0,5.0
12,200.0,-45.0,10.0,5.0
13,200.1,-45.0,-1.0,5.0
"""
CONFIG = '[sources.gaia_sources]\nfiles = ["stars.csv"]\nkey = "source_id"\n'

needed = ("uv", "hatchling")
missing = [n for n in needed if importlib.util.find_spec(n) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"to install a plugin offline takes {', '.join(missing)}")


class Environment:
    """A virtual environment that sees the packages of this one and has its own plugins."""

    def __init__(self, folder):
        self.folder = folder
        venv.create(folder / "env", with_pip=False, symlinks=True)
        self.python = folder / "env" / "bin" / "python"
        site = next((folder / "env" / "lib").glob("python3*")) / "site-packages"
        parent = sysconfig.get_paths()["purelib"]
        (site / "parent.pth").write_text(f"import site; site.addsitedir({parent!r})\n")

    def run(self, *command):
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, plugin):
        options = ("-q", "--offline", "--no-deps", "--no-build-isolation", "--python", str(self.python))
        self.run(sys.executable, "-m", "uv", "pip", "install", *options, "-e", str(plugin))

    def vacframe(self, *arguments):
        return self.run(self.python, "-c", "from vacframe.cli import main; main()", *arguments)


def test_a_plugin_of_one_file_is_found_after_an_editable_install_and_built(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "hello")
    (tmp_path / "stars.csv").write_text(STARS)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    environment = Environment(tmp_path)
    assert "hello" not in {p["name"] for p in json.loads(environment.vacframe("plugins", "--json"))}
    environment.install(tmp_path / "hello")
    found = {p["name"]: p for p in json.loads(environment.vacframe("plugins", "--json"))}
    assert found["hello"]["products"] == ["absolute_magnitudes"]
    assert found["hello"]["problem"] == ""

    build = ("build", "--products", "absolute_magnitudes", "--workers", "1", "--json")
    assert json.loads(environment.vacframe(*build))["ok"]
    rows = json.loads(environment.vacframe("show", "absolute_magnitudes", "--json"))["head"]
    assert {r["source_id"]: r["abs_g"] for r in rows} == {"11": 5.0, "12": 0.0, "13": None}

    module = tmp_path / "hello" / "vacframe_hello.py"
    text = module.read_text()
    assert "- 10}" in text
    module.write_text(text.replace("- 10}", "- 11}"))
    report = json.loads(environment.vacframe(*build))
    reasons = {p["name"]: p["reasons"] for p in report["products"]}
    assert list(reasons["absolute_magnitudes"]) == ["code"]
    assert reasons["gaia_sources"] == {}
