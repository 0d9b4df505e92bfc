"""Where the real data lie, and one made-up survey that several tests look at."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.conformance import chain, made_up

SHARED = Path(os.environ.get("VACFRAME_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")


@pytest.fixture(scope="session")
def oracle():
    """Stars with zero points that others computed: dict of columns, shape (n,) each."""
    folder = SHARED / "zeropoint_oracle"
    if not folder.is_dir():
        pytest.skip(f"zero points computed by others are not at {folder}")
    lines = [line.split() for path in sorted(folder.glob("*.zeropoint.txt")) for line in path.open()]
    rows = [line for line in lines if len(line) == 12]
    names = {"g": 0, "nu_eff": 4, "pseudocolour": 5, "ecl_lat": 6, "solved": 7, "zero_point": 10, "corrected": 11}
    table = {name: np.array([float(row[k]) for row in rows]) for name, k in names.items()}
    return table | {"cluster": np.array([row[3] for row in rows])}


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
