"""The plugin's needs and the paper's training sets."""

import pytest
from vacframe_nn_labels import plugin
from vacframe_nn_labels.conformance import paired_config


@pytest.mark.parametrize("config", [plugin.config_model(), paired_config()], ids=["paper", "paired"])
def test_needs_name_columns_that_the_products_have(config):
    tables = {p.name: p.table for p in plugin.provides(config)}
    for product in tables:
        for need in plugin.requires(product, config):
            if tables.get(need.product) is not None:
                assert set(need.names) <= set(tables[need.product].names), (product, need.product)


def test_default_sets_are_the_papers():
    names = {s.name: len(s.label_columns) for s in plugin.config_model().training_sets}
    assert names == {"pastel": 3, "apogee": 6, "lgmwas": 14}
    assert len(next(p for p in plugin.provides() if p.name == "nn_labels").companions) == 1
