"""Absolute magnitudes to learn from: the cuts, and the numbers against a calculation by hand."""

import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from vacframe_nn_labels import plugin
from vacframe_nn_labels.bands import LABELS, SURVEYS, band_column
from vacframe_nn_labels.conformance import stars_with_photometry
from vacframe_nn_labels.method.refit import fitting_stars

from vacframe.astro.extinction import coefficient
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.photometry import PHOTOMETRY
from vacframe.testing import run_product

TWO = ["m_g", "m_ks"]


def true_ebv(stars):
    """Return the reddening of the made-up stars, with astropy's coordinates."""
    sky = SkyCoord(stars["gaia_sources"]["ra"], stars["gaia_sources"]["dec"], unit="deg").galactic
    pixels = healpy.ang2pix(32, sky.l.deg, sky.b.deg, nest=True, lonlat=True)
    return np.where(pixels % 2, 0.3, 0.01)


def make(inputs, **options):
    config = plugin.config_model(absolute_magnitudes={"labels": TWO, "maximum_ebv": 1.0} | options)
    return run_product(plugin, "absolute_magnitude_labels", inputs, config=config)


@pytest.fixture(scope="module")
def stars():
    return stars_with_photometry()


def test_by_hand(stars):
    table = make(stars, minimum_latitude=0.0).table.sort_by("source_id").to_pandas()
    rows = table["source_id"].to_numpy() - 10**18
    assert len(rows) == 400
    distance = stars["geometric_distances"]["r_med_geo"].astype(float)[rows]
    ebv = true_ebv(stars)[rows]
    np.testing.assert_allclose(table["ebv"], ebv, atol=1e-6)
    for label, product, column, factor in (
        ("m_g", "gaia_sources", "phot_g_mean_mag", 2.364), ("m_ks", "photometry", "ks", 0.306)
    ):  # fmt: skip
        expected = stars[product][column][rows] - factor * ebv - 5 * np.log10(distance / 10)
        np.testing.assert_allclose(table[label], expected, atol=2e-5)
    # 3 % of distance are 0.065 mag, and the magnitudes' own errors 0.005.
    np.testing.assert_allclose(table["m_g_error"], np.hypot(5 / np.log(10) * 0.03, 0.005), rtol=1e-3)


def test_every_cut_cuts(stars):
    everything = make(stars, minimum_latitude=0.0).table.num_rows
    cuts = {
        "maximum_distance": 1.0,
        "maximum_distance_error": 0.01,
        "minimum_latitude": 30.0,
        "maximum_ebv": 0.02,
        "maximum_magnitude_error": {"gaia": 0.001, "twomass": 0.001},
    }
    found = {n: make(stars, **{"minimum_latitude": 0.0, n: v}).table.num_rows for n, v in cuts.items()}
    assert found["maximum_distance_error"] == found["maximum_magnitude_error"] == 0
    assert found["maximum_ebv"] == (true_ebv(stars) < 0.02).sum()
    near = stars["geometric_distances"]["r_med_geo"] < 1000
    assert found["maximum_distance"] == near.sum()
    assert 0 < found["minimum_latitude"] < everything


def test_a_band_with_a_large_error_is_missing_alone(stars):
    table = make(stars, maximum_magnitude_error={"gaia": 0.01, "twomass": 0.001}).table.to_pandas()
    assert table["m_g"].notna().all()
    assert table[["m_ks", "m_ks_error"]].isna().all(axis=None)


def test_counts_say_where_stars_were_lost(stars):
    counts = make(stars, maximum_ebv=0.02).counts
    assert counts["sources"] == 400
    assert counts["after latitude"] > counts["after reddening"] == counts["with every magnitude"] > 0


@pytest.mark.parametrize("product", ["gaia_sources", "gaia_parallax_l21"])
def test_distances_from_parallaxes(stars, product):
    geometric = make(stars).table.sort_by("source_id").to_pandas()
    parallax = 1e3 / stars["geometric_distances"]["r_med_geo"].astype(float)
    gaia = stars["gaia_sources"] | {"parallax": parallax, "parallax_error": (0.03 * parallax).astype(np.float32)}
    corrected = {n: gaia[n] for n in ("source_id", "ra", "dec")} | {"parallax_corrected": parallax}
    inputs = stars | {"gaia_sources": gaia, "gaia_parallax_l21": corrected}
    table = make(inputs, distances=product).table.sort_by("source_id").to_pandas()
    np.testing.assert_allclose(table["m_g"], geometric["m_g"], atol=1e-5)
    np.testing.assert_allclose(table["m_g_error"], geometric["m_g_error"], rtol=1e-4)


def test_every_band_has_a_column_a_survey_and_a_coefficient():
    assert len(LABELS) == 14
    assert set(LABELS.values()) == set(SURVEYS)
    schemas = {"gaia_sources": GAIA_SOURCES, "photometry": PHOTOMETRY}
    for band in SURVEYS:
        product, column = band_column(band)
        assert {column, f"{column}_error"} <= set(schemas[product].names)
        assert coefficient(band) > 0


def test_the_refit_leaves_out_binaries_and_outliers_but_keeps_the_faintest():
    options = plugin.config_model().training_sets[2].refit
    rng = np.random.default_rng(3)
    label = np.linspace(0.0, 8.0, 1000)
    estimate = label + 0.1 * rng.normal(size=1000)
    estimate[:50] += 0.75  # pairs, brighter than their spectra say
    estimate[-50:] += 0.75
    estimate[-100:-50] -= 0.25  # too faint, but beyond M_G = 6.5
    kept = fitting_stars(label, estimate, options)
    assert not kept[:50].any()
    assert not kept[-50:].any()
    assert kept[-100:-50].all()
    assert 0.84 < kept[50:800].mean() < 0.94  # 0.866 of a Gaussian lie within 1.5 sigma; the others widen sigma
