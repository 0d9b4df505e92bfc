"""Fixtures of tests of builds: a site with the synthetic plugin, and a project with star files."""

import engine_plugin
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CONFIG = """
[sources.stars]
files = ["stars*.parquet"]
[sources.partners]
files = ["partners.parquet"]
key = "star"
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    return engine_plugin.activate(monkeypatch, tmp_path / "site")


@pytest.fixture
def project(tmp_path, site):
    engine_plugin.write_stars(tmp_path / "stars.parquet")
    engine_plugin.write_stars(tmp_path / "stars2.parquet", 50, first=1000)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    partners = engine_plugin.write_stars(tmp_path / "partners.parquet", 400, first=0)
    random = np.random.default_rng(9)
    moved = {"star": partners["star"], "ra": random.uniform(0, 360, 400), "dec": random.uniform(-80, 80, 400)}
    pq.write_table(pa.table({**moved, "value": np.arange(400.0)}), tmp_path / "partners.parquet")
    return tmp_path
