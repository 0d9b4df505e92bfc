import healpy
import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.frames import galactic
from vacframe_mock_survey.method.gaia.zero_point import ecliptic_latitude
from vacframe_mock_survey.method.stars.chemistry import iron

from vacframe import SourceFile, VacframeError
from vacframe.testing import run_product


def rows(table):
    return table.drop_columns(["_file", "_row"]).sort_by("obsid")


def test_same_stars_for_any_sharding(make_truth):
    whole = rows(make_truth(stars=700))
    assert rows(make_truth(stars=700, shard_size=1)).equals(whole)
    assert rows(make_truth(stars=700, shard_size=333)).equals(whole)
    assert rows(make_truth(stars=900, shard_size=128)).slice(0, 700).equals(whole)


def test_seed_changes_the_stars(make_truth):
    assert rows(make_truth(stars=50)).equals(rows(make_truth(stars=50)))
    assert not rows(make_truth(stars=50, seed=1))["teff"].equals(rows(make_truth(stars=50))["teff"])


def test_identifiers(truth):
    source_id = truth["source_id"].to_numpy()
    pixel = healpy.ang2pix(4096, truth["ra"].to_numpy(), truth["dec"].to_numpy(), nest=True, lonlat=True)
    # The pixel in a real source_id differs from that of ra, dec for a few rows in a thousand.
    assert 0 < (source_id >> 35 != pixel).mean() < 0.01
    assert len(np.unique(source_id)) == len(np.unique(truth["obsid"].to_numpy())) == truth.num_rows


def test_distributions(truth):
    table = truth.to_pandas()
    singles = ["mass_ratio", "period", "rv_amplitude", "orbital_phase"]
    singles += [name for name in table.columns if name.startswith("companion_")]
    assert not table.drop(columns=[*singles, "cluster"]).isna().any().any()
    assert table[singles].isna().all(axis=1).equals(~table["is_binary"])
    assert table["cluster"].notna().equals(table["population"] == "cluster")
    assert table["teff"].between(3100, 8100).all()
    assert table["dec"].between(-10.5, 60.5).all()
    field = table[~table["population"].isin(["cluster", "sagittarius"])]
    assert 0.35 < field["is_giant"].mean() < 0.45
    assert table["population"].value_counts(normalize=True).to_dict() == pytest.approx(
        {"thin": 0.68, "thick": 0.20, "halo": 0.04, "gse": 0.04, "cluster": 0.03, "sagittarius": 0.01}, abs=0.03
    )
    # Distances lie on nodes 7 % apart; the tables of the sky are made for mean heights.
    assert field["mag_r_sdss"].between(8.8, 18.0).all()
    medians = table.groupby("population")[["mh", "alpha_m", "distance_kpc"]].median()
    assert medians["mh"]["thin"] > medians["mh"]["thick"] > medians["mh"]["gse"] > medians["mh"]["halo"]
    assert medians["alpha_m"]["halo"] > medians["alpha_m"]["gse"] > medians["alpha_m"]["thin"] + 0.1


def test_magnitudes_agree(truth):
    table = truth.to_pandas()
    modulus = 5 * np.log10(100 * table["distance_kpc"])
    for band, coefficient in (("ks", 0.302), ("g_sdss", 3.303)):
        expected = table[f"abs_{band}"] + modulus + coefficient * table["ebv"]
        np.testing.assert_allclose(table[f"mag_{band}"], expected, atol=2e-5)
    np.testing.assert_allclose(table["parallax"], 1 / table["distance_kpc"])


def test_models_lie_on_the_isochrones(truth, isochrones):
    # The main sequence of the synthetic table: gravity falls linearly from 4.9 at the bottom to 4.1 at the turn-off.
    table = truth.to_pandas()
    giants = table[table["logg"] < 2.2]
    expected = 4 * (np.log10(giants["teff"]) - 3.7614) + np.log10(giants["mass"]) - (giants["logg"] - 4.438)
    np.testing.assert_allclose(giants["abs_g"], 4.74 - 2.5 * expected, atol=0.15)


def test_salaris_relation():
    # Salaris, Chieffi & Straniero (1993): enhanced by 10**0.3, [M/H] exceeds [Fe/H] by 0.2135.
    assert iron(np.array([0.0]), np.array([0.3]))[0] == pytest.approx(-0.2135, abs=1e-4)


def test_no_models_is_an_error(isochrones):
    with pytest.raises(VacframeError, match="no models near"):
        run_product(
            plugin,
            "mock_truth",
            {"isochrones": isochrones},
            files=[SourceFile("shard 0", shard=0)],
            config=MockSurveyConfig(stars=5, teff_min=30000.0, teff_max=40000.0),
        )


def test_no_shards_give_no_stars(isochrones):
    assert run_product(plugin, "mock_truth", {"isochrones": isochrones}).table.num_rows == 0


def test_unusable_isochrones_are_an_error(isochrones):
    gone = {**isochrones, "mag_g": np.full(len(isochrones["mh"]), 99.0)}
    for table in (gone, {name: values[:0] for name, values in isochrones.items()}):
        with pytest.raises(VacframeError, match="no usable models"):
            run_product(plugin, "mock_truth", {"isochrones": table}, files=[SourceFile("shard 0", shard=0)])


def test_frames_agree_with_astropy():
    from astropy import units as u
    from astropy.coordinates import BarycentricTrueEcliptic, SkyCoord

    ra, dec = np.array([0.0, 83.0, 200.0, 266.4]), np.array([-5.0, 21.0, 55.0, -29.0])
    sky = SkyCoord(ra * u.deg, dec * u.deg)
    np.testing.assert_allclose(np.array(galactic(ra, dec)), sky.galactic.cartesian.xyz.value, atol=3e-7)
    latitude = sky.transform_to(BarycentricTrueEcliptic(equinox="J2000")).lat.deg
    np.testing.assert_allclose(ecliptic_latitude(ra, dec), latitude, atol=0.01)


def test_giants_are_counted(isochrones):
    made = run_product(
        plugin,
        "mock_truth",
        {"isochrones": isochrones},
        files=[SourceFile("0", shard=0)],
        config=MockSurveyConfig(stars=60),
    )
    assert made.counts["giants"] == pc.sum(made.table["is_giant"]).as_py()
