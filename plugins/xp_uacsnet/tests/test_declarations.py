"""Needs name columns that the products have, whatever the configuration; the paper's settings are valid."""

from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.conformance import small_config


def test_needs_name_columns_that_the_products_have():
    for config in (plugin.config_model(), small_config(distance="parallax", giant_cut="logg")):
        tables = {p.name: p.table for p in plugin.provides(config)}
        for product in tables:
            for need in plugin.requires(product, config):
                own = tables.get(need.product)
                if own is not None and not own.open:
                    assert set(need.names) <= set(own.names), (product, need.product)


def test_what_is_not_asked_for_is_not_needed():
    def products(**changes):
        return {n.product for n in plugin.requires("xp_features", small_config(**changes))}

    assert products() == {"xp_sampled"}
    assert products(reddening="reddening_map") == {"xp_sampled", "reddening_map"}
    paper = {n.product for n in plugin.requires("xp_features", plugin.config_model())}
    assert paper == {"xp_sampled", "gaia_sources", "geometric_distances", "reddening_map"}
    assert products(correction="xp_correction_tables") == {"xp_sampled", "xp_correction_tables"}


def test_the_papers_settings_are_valid():
    (paper,) = plugin.papers.values()
    config = plugin.config_model(**paper.settings["plugins"]["xp_uacsnet"])
    assert (config.labels, config.test_labels) == ("pastel_labels", "saga_labels")
    assert (config.network.epochs, config.network.batch_size, config.network.gamma) == (30000, 512, 0.5)
    products = {p.name for p in plugin.provides(config)}
    assert {n.product for n in paper.numbers} <= products
    assert len({n.name for n in paper.numbers}) == len(paper.numbers) == 16
