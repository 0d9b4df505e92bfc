"""What the plugin declares."""

import pytest
from vacframe_surveys import plugin
from vacframe_surveys.config import SurveysConfig

from vacframe import ConfigError, Kind
from vacframe.schemas import SOURCES
from vacframe.testing import product_of, run_product

READERS = {"lamost_spectra", "gaia_xp_spectra", "isochrones", "reddening_map", "dust_3d"}
"""Products with a reader of the plugin's own."""
TABLES = sorted(set(SOURCES) - READERS - {"crossmatch"})


def test_every_shared_source_is_declared_with_its_schema():
    products = {p.name: p for p in plugin.provides(None)}
    assert sorted(products) == sorted(SOURCES)
    assert all(p.kind is (Kind.sky if n == "crossmatch" else Kind.source) for n, p in products.items())
    assert all(set(SOURCES[n].columns) <= set(p.table.columns) for n, p in products.items())
    assert {n for n, p in products.items() if p.table != SOURCES[n]} == {"reddening_map", "dust_3d", "isochrones"}
    assert {n for n, p in products.items() if p.files.formats} == READERS
    assert {n for n, p in products.items() if p.files.shards} == {"isochrones", "dust_3d"}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_a_file_says_what_to_write(name):
    with pytest.raises(ConfigError, match=rf"\[sources\.{name}\]\nfiles = "):
        run_product(plugin, name)


def test_reference_labels_may_be_keyed_by_source_id():
    assert product_of(plugin, "reference_labels").table.key == "obsid"
    assert product_of(plugin, "reference_labels", SurveysConfig(reference_key="source_id")).table.key == "source_id"
