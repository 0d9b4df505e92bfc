"""Importing and declaring is light; schemas use known units and UCDs."""

import subprocess
import sys

import pytest
from vacframe_nn_labels import plugin
from vacframe_nn_labels.conformance import paired_config

from vacframe.core.contract.schema import check_vocabulary

HEAVY = ("numpy", "scipy", "astropy", "pyarrow", "keras", "tensorflow", "sklearn", "numba", "healpy")


def test_listing_imports_no_numerics():
    code = (
        "import sys, vacframe_nn_labels as p\n"
        "config = p.plugin.config_model()\n"
        "for product in p.plugin.provides(config): p.plugin.requires(product.name, config)\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_units_and_ucds_are_known(kit):
    for config in (plugin.config_model(), kit.small_config(), paired_config()):
        for product in plugin.provides(config):
            assert product.table is None or check_vocabulary(product.table) == []


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
