"""Several builds of one workspace at the same time: each ends well, and what is published is what one makes."""

import os
import subprocess
import sys

import engine_plugin
import pytest

from vacframe.workspace import Workspace

CONFIG = 'pixel_order = 1\n[sources.stars]\nfiles = ["stars*.parquet"]\n'
PRODUCTS = ("stars", "fluxes", "noisy", "summary")
BUILD = """
import sys
from vacframe.workspace import Workspace
if __name__ == "__main__":
    report = Workspace(sys.argv[1], sys.argv[2]).build(*sys.argv[3:], workers=1)
    sys.exit(0 if report.ok else str([f.error for f in report.failures]))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    for number in range(3):
        engine_plugin.write_stars(tmp_path / f"stars{number}.parquet", 100, first=1000 * number)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    (tmp_path / "build.py").write_text(BUILD)
    return tmp_path


def start(project, *products):
    command = [sys.executable, "build.py", "ws", "vacframe.toml", *products]
    return subprocess.Popen(command, cwd=project, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_builds_at_the_same_time_publish_what_one_alone_makes(project):
    alone = Workspace(project / "alone", project / "vacframe.toml")
    assert alone.build("noisy", "summary", workers=1).ok
    running = [start(project, *p) for p in (("noisy",), ("summary",), ("noisy", "summary"), ("fluxes",))]
    said = [child.communicate()[0].decode() for child in running]
    assert [child.returncode for child in running] == [0] * len(running), said
    ws = Workspace(project / "ws", project / "vacframe.toml")
    for product in PRODUCTS:
        assert ws.version(product).manifest["digest"] == alone.version(product).manifest["digest"]
    assert ws.verify() == []
    assert ws.build("noisy", "summary", workers=1).ran == 0


def test_a_reader_sees_whole_versions_while_a_build_replaces_them(project):
    ws = Workspace(project / "ws", project / "vacframe.toml")
    assert ws.build("fluxes", workers=1).ok
    seen = {ws.read("fluxes").num_rows}
    engine_plugin.write_stars(project / "stars3.parquet", 60, first=5000)
    child = start(project, "fluxes")
    while child.poll() is None:
        seen.add(ws.read("fluxes").num_rows)
    assert child.returncode == 0, child.communicate()[0]
    seen.add(ws.read("fluxes").num_rows)
    assert seen == {300, 360}
