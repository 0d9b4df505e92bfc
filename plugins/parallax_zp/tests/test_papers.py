"""The published numbers can be measured from what the plugin makes."""

import math

import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_parallax_zp import plugin

from vacframe import Batch, names_in, select_rows, to_numpy
from vacframe.report.scorecard import incomparable
from vacframe.testing import run_product


def measure(number, tables):
    """Return what the scorecard measures."""
    table = tables[number.product]
    if number.where:
        columns = {n: to_numpy(table[n]) for n in names_in(number.where)}
        table = table.filter(np.asarray(select_rows(number.where, columns), dtype=bool))
    return number.measure(Batch(table.select(list(number.columns)), number.product))


@pytest.fixture(scope="module")
def tables(survey):
    giants = survey.tables["zp_giants"].to_pandas().drop_duplicates("source_id")
    second = {"source_id": giants["source_id"].to_numpy(), "plx": giants["parallax_giant"].to_numpy() - 0.0036}
    config = survey.config.model_copy(
        update={
            "second_distances": type(survey.config.distances)(product="prc", key="source_id", column="plx", unit="mas")
        }
    )
    made = dict(survey.tables) | {"prc": second}
    for name in ("zp_giants_counts", "parallax_zp_global", "parallax_zp_check"):
        made[name] = run_product(plugin, name, made, config=config).table
    return made


def test_every_number_is_measured(tables):
    paper = plugin.papers["wang2021"]
    found = {n.name: measure(n, tables) for n in paper.numbers}
    assert len(found) == 18
    assert [name for name, value in found.items() if math.isnan(value)] == []
    giants = tables["zp_giants"]
    assert found["giants, five parameters"] == len(
        pc.unique(giants.filter(pc.field("astrometric_params_solved") == 31)["source_id"])
    )
    assert found["parallax of the giants"] == tables["parallax_zp_global"]["parallax_giant"][0].as_py()
    assert found["red clump, stars"] == pc.count_distinct(giants["source_id"]).as_py()
    assert found["red clump, offset"] == pytest.approx(3.6, abs=1e-6)
    assert found["red clump at 0.45 mas"] == pytest.approx(3.6e-3 / 0.45, rel=0.1)
    assert found["offset, five parameters, corrected"] - found["offset, five parameters, raw"] > 20


def test_verdicts_follow_the_tolerance():
    numbers = {n.name: n for n in plugin.papers["wang2021"].numbers}
    raw = numbers["offset, five parameters, raw"]
    assert [raw.judge(v) for v in (-27.9, -27.0, -26.8, math.nan)] == ["agrees", "agrees", "differs", "not measured"]
    assert numbers["corrected pixels within 30 uas"].judge(0.99) == "agrees"


@pytest.mark.parametrize(
    ("distances", "second", "judged"),
    [
        ({"product": "nn_labels"}, {"product": "prc", "circularity": "independent"}, {"count", "offset", "check"}),
        ({"product": "nn_labels"}, {"product": "prc"}, {"count", "offset"}),
        ({"product": "nn_labels"}, {"product": "bayes_isochrone"}, {"count", "offset"}),
        ({"product": "geometric_distances"}, None, set()),
        ({"product": "mine"}, {"product": "prc", "circularity": "independent"}, set()),
        ({"product": "mine", "circularity": "independent"}, {"product": "prc"}, {"offset"}),
    ],
)
def test_offsets_from_distances_that_rest_on_the_same_parallaxes_are_not_judged(distances, second, judged):
    config = plugin.config_model(distances=distances, second_distances=second and second | {"key": "source_id"})
    numbers = plugin.papers["wang2021"].numbers
    unlike = incomparable(numbers, "", config)
    names = {
        "count": "giants, six parameters", "offset": "offset, five parameters, corrected", "check": "red clump, offset"
    }  # fmt: skip
    assert {kind for kind, name in names.items() if name not in unlike} == judged
    assert set(incomparable(numbers, "mock", config)) == {n.name for n in numbers}
