"""Importing and declaring is light; schemas use known units and UCDs; defaults are the paper's."""

import subprocess
import sys

import pytest
from pydantic import ValidationError
from vacframe_parallax_zp import plugin

from vacframe.core.contract.schema import check_vocabulary

HEAVY = ("numpy", "scipy", "astropy", "pyarrow", "keras", "tensorflow", "numba", "healpy", "matplotlib")


def test_listing_imports_no_numerics():
    code = (
        "import sys, vacframe_parallax_zp as p\n"
        "config = p.plugin.config_model()\n"
        "for product in p.plugin.provides(config): p.plugin.requires(product.name, config)\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_units_and_ucds_are_known():
    for product in plugin.provides():
        assert check_vocabulary(product.table) == []


def test_default_pixels_are_the_papers():
    grids = {p.name: p.grid for p in plugin.provides() if p.grid}
    assert {name: (g.frame, 12 * 4**g.order) for name, g in grids.items()} == {
        "parallax_zp_map_galactic": ("galactic", 12_288),
        "parallax_zp_map_equatorial": ("icrs", 12_288),
    }


def test_cuts_that_are_off_need_no_product():
    cuts = {"maximum_ks_error": "off", "bp_rp": "off", "maximum_ruwe": None}
    distances = {"product": "clusters", "key": "source_id", "column": "d", "unit": "pc", "snr": "off", "logg": []}
    config = plugin.config_model(cuts=cuts, distances=distances)
    needs = {n.product: n.names for n in plugin.requires("zp_candidates", config)}
    assert set(needs) == {"gaia_sources", "gaia_parallax_l21", "clusters"}
    assert needs["clusters"] == ("source_id", "d")
    assert not {"ruwe", "phot_bp_mean_mag"} & set(needs["gaia_sources"])


@pytest.mark.parametrize(
    ("distances", "spectra", "expected"),
    [
        ({}, True, {"nn_labels"}),
        ({"product": "geometric_distances"}, True, {"geometric_distances", "nn_labels"}),
        ({"product": "bayes_isochrone", "labels": "lamost_stars", "logg": ["logg"]}, True,
         {"bayes_isochrone", "lamost_stars"}),
        ({"product": "geometric_distances", "snr": "off", "logg": []}, False, {"geometric_distances"}),
        ({"product": "mine", "key": "source_id", "labels": "off"}, False, {"mine"}),
        ({"product": "mine", "key": "source_id", "labels": "theirs", "labels_key": "source_id"}, False,
         {"mine", "theirs"}),
    ],
)  # fmt: skip
def test_sample_is_one_of_spectra_where_distances_or_labels_are(distances, spectra, expected):
    config = plugin.config_model(distances=distances)
    needs = {n.product for n in plugin.requires("zp_candidates", config)}
    always = {"gaia_sources", "gaia_parallax_l21", "photometry"}
    assert needs == always | expected | ({"crossmatch"} if spectra else set())
    table = next(p for p in plugin.provides(config) if p.name == "zp_giants").table
    assert table.key == ("obsid" if spectra else "source_id")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cuts": {"bp_rp": (1.65, 0.3)}}, "not ascending"),
        ({"check": {"edges": (0.0, 1.0, 0.5)}}, "do not ascend"),
        (
            {
                "distances": {"product": "mine", "key": "source_id", "labels": "off"},
                "second_distances": {"product": "p"},
            },
            "key source_id is needed",
        ),
        ({"second_distances": {"product": "nn_labels", "key": "source_id"}}, "which `distances` names too"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        plugin.config_model(**settings)
