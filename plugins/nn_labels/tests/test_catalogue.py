"""Reddening, distances and positions in the catalogue, against the truth of made-up stars and against astropy."""

from types import SimpleNamespace

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Distance, Galactocentric, SkyCoord
from vacframe_nn_labels import plugin
from vacframe_nn_labels.conformance import make_all, paired_config, stars_with_photometry

from vacframe.astro.galactocentric import galactocentric
from vacframe.testing import run_product

CHUNKS = ("absolute_magnitude_labels", "star_pair_controls", "star_pair_extinction", "nn_labels")


@pytest.fixture(scope="module")
def survey():
    """All products of the plugin on stars with photometry."""
    config, inputs = paired_config(), stars_with_photometry()
    made = make_all(inputs, config)
    tables = {n: made[n].sort_by("obsid").to_pandas() for n in ("star_pair_extinction", "nn_labels")}
    return SimpleNamespace(config=config, inputs=inputs, made=made, **tables)


def test_distance_is_that_of_the_distance_modulus(survey):
    table = survey.nn_labels
    known = table["distance"].notna().to_numpy()
    assert known.sum() > 200
    ks = survey.inputs["photometry"]["ks"].astype(float)
    modulus = ks - 0.306 * table["ebv"] - table["m_ks_mag"]
    expected = Distance(distmod=modulus[known].to_numpy() * u.mag).kpc
    np.testing.assert_allclose(table["distance"][known], expected, rtol=1e-5)
    assert (table["flag_distance"].to_numpy() == (~known | (table["flag_m_ks_mag"] != 0))).all()


def test_distance_error_is_the_scatter_of_drawn_distances(survey):
    table = survey.nn_labels[survey.nn_labels["distance"].notna()]
    star = table.iloc[np.argsort(table["distance_error"] / table["distance"]).iloc[0]]
    rng = np.random.default_rng(1)
    terms = [(0, 0.005, 1.0), (star["ebv"], star["ebv_error"], 0.306), (0, star["err_m_ks_mag"], 1.0)]
    shift = sum(factor * sigma * rng.normal(size=20_000) for _, sigma, factor in terms)
    drawn = star["distance"] * (1 + np.log(10) / 5 * shift)
    assert star["distance_error"] == pytest.approx(drawn.std(), rel=0.02)


def test_positions_are_those_of_astropy(survey):
    table = survey.nn_labels[survey.nn_labels["distance"].notna()]
    frame = Galactocentric(galcen_distance=8.122 * u.kpc, z_sun=20.8 * u.pc)
    sky = SkyCoord(
        table["ra"].to_numpy() * u.deg, table["dec"].to_numpy() * u.deg, table["distance"].to_numpy() * u.kpc
    )
    there = sky.transform_to(frame).cartesian.xyz.to_value(u.kpc).T
    # astropy's centre is 0.07 degrees from l = b = 0.
    np.testing.assert_allclose(table[["x", "y", "z"]], there, atol=2e-3 * table["distance"].max())


def test_the_sun_and_the_axes():
    for distance, place in ((0.0, (-8.0, 0.0, 0.02)), (8.0, (0.0, 0.0, 0.0))):
        centre = SkyCoord(l=0 * u.deg, b=0 * u.deg, frame="galactic").icrs
        found, _ = galactocentric(
            np.array([centre.ra.deg]), np.array([centre.dec.deg]), np.array([distance]), 8.0, 0.02
        )
        np.testing.assert_allclose(np.ravel(found), place, atol=1e-4)
    ahead = SkyCoord(l=90 * u.deg, b=0 * u.deg, frame="galactic").icrs
    _, direction = galactocentric(np.array([ahead.ra.deg]), np.array([ahead.dec.deg]), np.array([1.0]), 8.0, 0.02)
    np.testing.assert_allclose(np.ravel(direction), (0, 1, 0), atol=1e-6)


def test_errors_of_a_position_are_those_of_the_distance(survey):
    table = survey.nn_labels[survey.nn_labels["distance"].notna()]
    total = np.sqrt(sum(table[f"{axis}_error"].astype(float) ** 2 for axis in "xyz"))
    np.testing.assert_allclose(total, table["distance_error"], rtol=1e-5)


def test_reddened_stars_are_told_from_others(survey):
    table = survey.star_pair_extinction
    sky = SkyCoord(table["ra"], table["dec"], unit="deg").galactic
    behind = healpy.ang2pix(32, sky.l.deg, sky.b.deg, nest=True, lonlat=True) % 2 == 1
    known = table["ebv"].notna().to_numpy()
    assert np.median(table["ebv"][known & behind]) == pytest.approx(0.3, abs=0.02)
    assert np.median(table["ebv"][known & ~behind]) == pytest.approx(0.01, abs=0.02)
    assert (table["ebv_pairs"][known] >= 5).all()
    controls = survey.made["star_pair_controls"]["obsid"].to_numpy()
    assert not np.isin(table["obsid"][behind], controls).any()


def test_the_catalogue_has_all_that_the_networks_give(survey):
    estimates = survey.made["nn_estimates"].sort_by("obsid").to_pandas()
    assert survey.nn_labels[estimates.columns].equals(estimates)


@pytest.mark.parametrize("product", CHUNKS)
def test_chunks_do_not_matter(survey, product):
    inputs = survey.inputs | survey.made
    made = run_product(plugin, product, inputs, config=survey.config, chunk_bytes=8000)
    assert made.table.equals(survey.made[product])


def test_the_best_spectrum_of_a_star(survey):
    estimates = survey.made["nn_estimates"]
    extinction = survey.made["star_pair_extinction"].to_pandas().sort_values("obsid")
    star = np.arange(len(extinction)) // 2
    pairs = {}
    for name, table in (("star_pair_extinction", extinction), ("nn_estimates", estimates.to_pandas())):
        table = table.sort_values("obsid").drop(columns="_healpix_29")
        table["source_id"] = 10**18 + star
        pairs[name] = {n: table[n].to_numpy() for n in table}
    unknown = pairs["nn_estimates"]["source_id"] == 10**18
    for table in pairs.values():
        table["source_id"] = np.ma.masked_array(table["source_id"], unknown)
    found = run_product(plugin, "nn_labels", survey.inputs | pairs, config=survey.config).table.sort_by("obsid")
    snr = extinction["snr_g"].to_numpy().reshape(-1, 2)
    best = np.ravel(snr == snr.max(axis=1, keepdims=True)).astype(int)
    np.testing.assert_array_equal(found["uqflag"].to_numpy(), np.where(unknown, 1, best))


def test_without_labels_for_pairs_there_is_no_reddening(kit):
    config = kit.small_config()
    products = {p.name: p.table for p in plugin.provides(config)}
    assert products["nn_labels"].names == products["nn_estimates"].names
    assert [n.product for n in plugin.requires("nn_labels", config)] == ["nn_estimates"]
    off = plugin.config_model(star_pairs={"labels": "off"})
    assert off.distance_magnitude is None
    paper = plugin.config_model()
    assert paper.pair_labels == ("teff_pastel", "logg_pastel", "feh_pastel")
    assert paper.distance_magnitude == "m_ks_lgmwas"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"star_pairs": {"labels": ["teff_tiny", "logg_tiny", "feh_tiny"]}}, "star_pairs.labels names logg_tiny"),
        ({"distances": {"magnitude": "m_ks_x"}}, "distances.magnitude names m_ks_x"),
        ({"distances": {"magnitude": "feh_tiny"}}, "name star_pairs.labels too"),
        ({"star_pairs": {"colours": [["rp", "bp"]]}}, "name the bluer band first"),
        ({"absolute_magnitudes": {"labels": ["m_k"]}}, "labels are different ones of m_g, m_bp"),
    ],
)
def test_columns_that_no_set_gives_are_refused(kit, changes, message):
    sets = kit.small_config().training_sets
    with pytest.raises(ValueError, match=message):
        plugin.config_model(training_sets=sets, **changes)
