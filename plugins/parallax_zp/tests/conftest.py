"""Where the real data lie, and one made-up survey that several tests look at."""

import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.conformance import chain, made_up

SHARED = Path(os.environ.get("VACFRAME_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")


@pytest.fixture(scope="session")
def clusters():
    """The example ``parallax_zp_clusters.py``, which reads the real clusters."""
    path = Path(__file__).parents[3] / "examples" / "parallax_zp_clusters.py"
    if not path.is_file():
        pytest.skip(f"the example is not at {path}")
    spec = importlib.util.spec_from_file_location("parallax_zp_clusters", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle(clusters):
    """Real stars with zero points that others computed: dict of columns, shape (n,) each."""
    folder = SHARED / "zeropoint_oracle"
    if not folder.is_dir():
        pytest.skip(f"zero points computed by others are not at {folder}")
    return clusters.read_stars(folder)


@pytest.fixture(scope="session")
def shared():
    """The folder of real data."""
    return SHARED


@pytest.fixture(scope="session")
def survey():
    """150,000 made-up stars over a half of the sky with a known pattern, and the plugin's products of them."""
    config = plugin.config_model(maps={"order": 3})
    stars = made_up(150_000, cap=180.0)
    return SimpleNamespace(config=config, stars=stars, tables=chain(stars.inputs, config))
