"""The demonstration's whole graph, on fewer stars: what a build has just made, another process's plan calls fresh."""

import subprocess
import sys
from pathlib import Path

import pytest

import vacframe as vf

MOCK = "vacframe_mock_survey"
pytest.importorskip(MOCK, reason="the plugins that the demonstration needs are not installed")
EXAMPLE = Path(__file__).parents[1] / "examples" / "mock.toml"
PRODUCTS = (
    "nn_labels", "crossmatch", "gaia_parallax_spatial", "parallax_zp_global", "bayes_isochrone", "xp_metallicities",
)  # fmt: skip
SMALLER = (
    "plugins.mock_survey.stars=2500", "plugins.xp_uacsnet.network.epochs=2", "plugins.bayes_isochrone.age_step=2.0",
)  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The example with networks of two epochs."""
    table = "[[plugins.nn_labels.training_sets]]"
    text = EXAMPLE.read_text().replace(table, f"{table}\nepochs = 2")
    path = tmp_path_factory.mktemp("config") / "vacframe.toml"
    path.write_text(text)
    return path


PLAN = """
import sys, vacframe as vf
plan = vf.Workspace(sys.argv[1], sys.argv[2], sys.argv[3].split(";")).plan(*sys.argv[4].split(","))
print(len(plan.tasks), [t.to_json() for t in plan.tasks if t.action != "fresh"])
"""


@pytest.mark.parametrize(("order", "workers"), [(0, 1), (1, 2)])
def test_all_is_fresh_to_another_process(tmp_path, config, order, workers):
    settings = (*SMALLER, f"pixel_order={order}")
    outcome = vf.Workspace(tmp_path, config, settings).build(*PRODUCTS, workers=workers)
    assert outcome.ok, outcome.failures
    arguments = [str(tmp_path), str(config), ";".join(settings), ",".join(PRODUCTS)]
    planned = subprocess.run([sys.executable, "-c", PLAN, *arguments], capture_output=True, text=True, check=True)
    count, stale = planned.stdout.split(maxsplit=1)
    assert stale.strip() == "[]", stale
    assert int(count) > 100
