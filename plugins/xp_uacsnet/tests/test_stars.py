"""Selection, flags and joins of `xp_features` and `xp_training_set`."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.conformance import sampled_spectra, small_config
from vacframe_xp_uacsnet.flags import Flag

from vacframe.astro.galactic import galactic
from vacframe.testing import run_product


def in_order(table, keys):
    """Return the rows with these keys, in this order (a product is sorted by its place on the sky)."""
    place = {key: row for row, key in enumerate(table["source_id"].to_pylist())}
    return table.take([place[int(key)] for key in keys if int(key) in place])


def test_galactic_coordinates_are_those_of_astropy():
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 360, 500), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 500)))
    lon, lat = galactic(ra, dec)
    ours = SkyCoord(lon * units.deg, lat * units.deg, frame="galactic")
    # Astropy goes by way of FK5, whose axes differ from ICRS's by some 20 milliarcsec.
    assert ours.separation(SkyCoord(ra * units.deg, dec * units.deg).galactic).arcsec.max() < 0.05


@pytest.fixture(scope="module")
def survey():
    """Spectra with all products that the paper's own configuration reads."""
    spectra, labels = sampled_spectra(60)
    keys, colour = spectra["source_id"], spectra["phot_bp_mean_mag"] - spectra["phot_rp_mean_mag"]
    _, lat = galactic(spectra["ra"], spectra["dec"])
    gaia = {n: spectra[n] for n in ("source_id", "ra", "dec")}
    gaia |= {n: v for n, v in spectra.items() if n.startswith("phot_")}
    gaia["phot_bp_rp_excess_factor"] = (1.10 + 0.15 * colour**2).astype(np.float32)
    # Distances put half of the stars a magnitude above the line that parts giants from dwarfs, half below it.
    bp_rp0 = colour - (2.998 - 1.737) * 0.1
    line = -(bp_rp0**2) + 6.5 * bp_rp0 - 1.8
    offset = np.where(np.arange(60) % 2 == 0, -1.0, 1.0)
    modulus = spectra["phot_g_mean_mag"] - 2.364 * 0.1 - (line + offset)
    distance = 10 ** (0.2 * modulus + 1)
    pixels = np.arange(12 * 4**2)
    dust = {"healpix": pixels, "healpix_order": np.full(len(pixels), 2, np.int8)}
    tables = {
        "xp_sampled": {n: spectra[n] for n in ("source_id", "ra", "dec", "flux", "flux_error")},
        "gaia_sources": {n: v[::-1] for n, v in gaia.items()},
        "geometric_distances": {"source_id": keys, "r_med_geo": distance.astype(np.float32)},
        "reddening_map": dust | {"ebv": np.full(len(pixels), 0.1, np.float32)},
        "reference_labels": labels,
    }
    expected = (offset < 0) & (np.abs(distance * np.sin(np.deg2rad(lat))) > 200) & (bp_rp0 > 0.7) & (bp_rp0 < 1.9)
    return SimpleNamespace(tables=tables, expected=expected, latitude=lat)


def test_the_cuts_of_section_2_3(survey):
    made = run_product(plugin, "xp_features", survey.tables, config=plugin.config_model()).table
    made = in_order(made, survey.tables["xp_sampled"]["source_id"])
    np.testing.assert_array_equal(made["giant"].to_numpy(zero_copy_only=False), survey.expected)
    np.testing.assert_allclose(made["ebv"].to_numpy(), 0.1, rtol=1e-6)
    np.testing.assert_allclose(made["gb"].to_numpy(), survey.latitude, atol=1e-9)
    trained = made["for_training"].to_numpy(zero_copy_only=False)
    g0 = made["g0"].to_numpy()
    np.testing.assert_array_equal(trained, survey.expected & (np.abs(survey.latitude) > 20) & (g0 > 6))
    assert 0 < trained.sum() < survey.expected.sum()


def test_giants_by_parallax_or_gravity_of_the_users_own_spectra(survey):
    spectra, _ = sampled_spectra(60)
    keys = spectra["source_id"]
    distance = survey.tables["geometric_distances"]["r_med_geo"].astype(float)
    gravity = np.where(np.arange(60) % 3 == 0, 3.6, 3.4).astype(np.float32)
    parallax = np.where(np.arange(60) < 50, 1000.0 / distance, -0.1)
    own = spectra | {"ebv": np.full(60, 0.1, np.float32), "parallax": parallax, "logg": gravity}
    found = {}
    for cut, distances in (("magnitude", "parallax"), ("logg", "none")):
        height = 0.2 if distances == "parallax" else 0.0
        config = small_config(giant_cut=cut, distance=distances, minimum_height=height)
        made = run_product(plugin, "xp_features", {"xp_sampled": own}, config=config).table
        found[cut] = in_order(made, keys)["giant"].to_numpy(zero_copy_only=False)
    # A parallax below zero is no distance, and a star without one is not known to be a giant.
    np.testing.assert_array_equal(found["magnitude"], survey.expected & (np.arange(60) < 50))
    colour = own["phot_bp_mean_mag"] - own["phot_rp_mean_mag"] - (2.998 - 1.737) * 0.1
    np.testing.assert_array_equal(found["logg"], (gravity < 3.5) & (colour > 0.7) & (colour < 1.9))
    assert 0 < found["magnitude"].sum() < 50


def test_a_poor_excess_factor_is_cut(survey):
    gaia = dict(survey.tables["gaia_sources"])
    gaia["phot_bp_rp_excess_factor"] = gaia["phot_bp_rp_excess_factor"] + np.float32(1)
    made = run_product(
        plugin, "xp_features", survey.tables | {"gaia_sources": gaia}, config=plugin.config_model()
    ).table
    assert not any(made["giant"].to_pylist())


def test_flags_say_what_is_missing(survey):
    spectra = {n: v.copy() for n, v in survey.tables["xp_sampled"].items()}
    spectra["flux"][3, :160] = np.nan
    gaia = {n: v.copy() for n, v in survey.tables["gaia_sources"].items()}
    gaia["phot_g_mean_mag"][-5] = 18.0
    dust = survey.tables["reddening_map"] | {"ebv": np.where(np.arange(192) == 0, np.nan, 0.1).astype(np.float32)}
    tables = survey.tables | {"xp_sampled": spectra, "gaia_sources": gaia, "reddening_map": dust}
    made = run_product(plugin, "xp_features", tables, config=plugin.config_model())
    table = in_order(made.table, spectra["source_id"])
    flags = table["flags"].to_numpy()
    assert (flags & Flag.NOT_CORRECTED).all()
    assert made.counts["spectra without systematic correction"] == 60
    assert np.flatnonzero(flags & Flag.MISSING_FLUX).tolist() == [3]
    assert flags[4] & Flag.CORRECTION_RANGE
    unknown = np.isnan(table["ebv"].to_numpy())
    np.testing.assert_array_equal((flags & Flag.NO_REDDENING) > 0, unknown)
    assert not table["for_training"][3].as_py()


def test_a_star_in_both_catalogues_only_trains():
    spectra, labels = sampled_spectra(100)
    config = small_config(test_labels="saga_labels")
    features = run_product(plugin, "xp_features", {"xp_sampled": spectra}, config=config).table
    first = {n: v[:60] for n, v in labels.items()}
    second = {n: v[40:] for n, v in labels.items()} | {"feh": labels["feh"][40:] + np.float32(1)}
    tables = {"xp_features": features, "reference_labels": first, "saga_labels": second}
    made = run_product(plugin, "xp_training_set", tables, config=config)
    table = in_order(made.table, labels["source_id"])
    both = np.isin(labels["source_id"], table["source_id"].to_numpy())
    np.testing.assert_array_equal(table["in_training"].to_pylist(), (np.arange(100) < 60)[both])
    feh = np.concatenate([labels["feh"][:60], labels["feh"][60:] + np.float32(1)])
    np.testing.assert_array_equal(table["feh"].to_numpy(), feh[both])
    assert made.counts["test labels of training stars, not used"] == both[40:60].sum()


def test_the_split_does_not_depend_on_the_other_stars():
    spectra, labels = sampled_spectra(100)
    config = small_config()
    features = run_product(plugin, "xp_features", {"xp_sampled": spectra}, config=config).table
    parts = []
    for rows in (slice(0, 100), slice(0, 50)):
        tables = {"xp_features": features, "reference_labels": {n: v[rows] for n, v in labels.items()}}
        made = run_product(plugin, "xp_training_set", tables, config=config).table
        parts.append(dict(zip(made["source_id"].to_pylist(), made["in_training"].to_pylist(), strict=True)))
    assert all(parts[0][key] == value for key, value in parts[1].items())
    assert 0.5 < np.mean(list(parts[0].values())) < 0.9
