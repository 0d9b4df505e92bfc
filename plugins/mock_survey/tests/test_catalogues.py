"""Labels, distances and dust of the mock against the truth."""

import healpy
import numpy as np
import pytest
from scipy.integrate import quad
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.frames import galactic
from vacframe_mock_survey.method.gaia.distances import geometric

from vacframe import to_numpy
from vacframe.testing import run_product


@pytest.fixture(scope="module")
def crowd(make_truth):
    return make_truth(stars=12000, shard_size=12000, halo_fraction=0.4)


def joined(truth, name, **options):
    made = run_product(plugin, name, {"mock_truth": truth}, config=MockSurveyConfig(**options)).table.to_pandas()
    return made.merge(truth.to_pandas(), how="left", on="source_id", suffixes=("", "_true")).set_index("source_id")


def spread(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


def test_apogee(crowd):
    table = joined(crowd, "apogee_labels", apogee_fraction=1.0)
    assert (table["mag_h"] < 13.8).all()
    good = table[(table["aspcapflag"] & (1 << 23)) == 0]
    assert 1 - len(good) / len(table) == pytest.approx(0.02, abs=0.01)
    for name in ("teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe", "rv"):
        pull = (good[name] - good[f"{name}_true"]) / good[f"{name}_error"]
        assert pull.std() == pytest.approx(1.0, abs=0.06)
    bad = table[(table["aspcapflag"] & (1 << 23)) > 0]
    assert ((bad["teff"] - bad["teff_true"]) / bad["teff_error"]).std() > 4
    clean = good[(good["snr"] > 150) & (good["feh_true"] > -0.5)]
    # Jönsson et al. (2020, AJ 160, 120): about 0.01 dex in [M/H] and [alpha/M], 0.03 in [N/Fe] of bright disc stars.
    assert clean["mh_error"].median() == pytest.approx(0.015, abs=0.005)
    assert clean["n_fe_error"].median() == pytest.approx(0.045, abs=0.015)
    row = table.iloc[0]
    hours, minutes, seconds = (int(row["apogee_id"][a:b]) for a, b in ((2, 4), (4, 6), (6, 10)))
    assert 15 * (hours + minutes / 60 + seconds / 360000) == pytest.approx(row["ra"], abs=5e-5)


def test_pastel_and_saga(crowd):
    pastel = joined(crowd, "pastel_labels", pastel_fraction=0.15)
    assert (pastel["mag_v_apass"] < np.where(pastel["feh_true"] < -2, 15, 13)).all()
    truth = crowd.to_pandas()
    poor = truth[(truth["feh"] < -1) & (truth["mag_v_apass"] < np.where(truth["feh"] < -2, 15, 13))]
    assert (pastel["feh_true"] < -1).sum() == pytest.approx(0.9 * len(poor), rel=0.1)
    for name in ("teff", "logg", "feh"):
        assert ((pastel[name] - pastel[f"{name}_true"]) / pastel[f"{name}_error"]).std() == pytest.approx(1, abs=0.15)
    assert (
        pastel.loc[pastel["year"] < 1990, "feh_error"].min() > pastel.loc[pastel["year"] >= 1990, "feh_error"].median()
    )
    saga = joined(crowd, "saga_labels", saga_fraction=1.0)
    assert (saga["feh_true"] < -1.5).all()
    assert len(saga) > 150
    assert 0.6 < (saga["feh_true"] < -2).mean() < 0.95
    enhanced = saga["object_class"].str.startswith("C-")
    assert enhanced.equals(saga["c_fe"] >= 0.7)
    assert saga.loc[saga["feh"] < -2.2, "is_cemp"].mean() == pytest.approx(0.22, abs=0.1)


def test_seismology_follows_the_scaling_relations(crowd):
    table = joined(crowd, "asteroseismic_labels", seismic_fraction=1.0)
    assert len(table) > 300
    assert (table["mass"] / table["mass_true"]).median() == pytest.approx(1.0, abs=0.02)
    for name in ("mass", "logg"):
        pull = (table[name] - table[f"{name}_true"]) / table[f"{name}_error"]
        assert spread(pull) == pytest.approx(1.0, abs=0.15)
    age = 10 ** (table["log_age"] - 9)
    assert np.exp(np.log(table["age"] / age).abs().median()) - 1 == pytest.approx(0.13, abs=0.06)
    clump = table[table["evolutionary_state"] == "RC"]
    # Clump giants pulsate near 30 to 40 microhertz (Girardi 2016, ARA&A 54, 95).
    assert 25 < clump["nu_max"].median() < 45


def test_cluster_members(crowd):
    table = joined(crowd, "cluster_members")
    assert (table["population"] == "cluster").all()
    assert (table["cluster"] == table["cluster_true"]).all()
    assert len(table) == (crowd["population"].to_pandas() == "cluster").sum()
    assert (table["feh"] - table["feh_true"]).abs().median() < 0.03
    np.testing.assert_allclose(np.log10(table["age"]) + 9, table["log_age"], atol=1e-5)
    assert table["probability"].between(0.6, 1.0).all()


def test_geometric_distances_are_the_posteriors_quantiles():
    parallax, error, length = np.array([2.0, 0.3, -0.05, 0.1]), np.array([0.02, 0.03, 0.05, 0.3]), 1.35
    got = geometric(parallax, error, length)
    for k in range(4):

        def posterior(r, k=k):
            return r**2 * np.exp(-0.5 * ((parallax[k] - 1 / r) / error[k]) ** 2 - r / length)

        peak = got["r_med_geo"][k] / 1e3
        total = quad(posterior, 1e-3, 40, points=[0.5 * peak, peak, 2 * peak], limit=500)[0]
        for name, share in (("r_lo_geo", 0.1587), ("r_med_geo", 0.5), ("r_hi_geo", 0.8413)):
            inside = quad(posterior, 1e-3, got[name][k] / 1e3, points=[0.5 * peak], limit=500)[0]
            assert inside / total == pytest.approx(share, abs=0.01)


def test_distances_of_the_survey(make_truth):
    crowd = make_truth(stars=12000, shard_size=12000, zero_point_offset=0.0, zero_point_pattern=0.0)
    sources = run_product(plugin, "gaia_sources", {"mock_truth": crowd}).table
    table = run_product(plugin, "geometric_distances", {"gaia_sources": sources, "mock_truth": crowd}).table.to_pandas()
    truth = crowd.to_pandas().set_index("source_id").loc[table["source_id"]]
    ratio = table["r_med_geo"].to_numpy() / (1e3 * truth["distance_kpc"].to_numpy())
    near, far = truth["distance_kpc"].to_numpy() < 2, truth["distance_kpc"].between(7, 9).to_numpy()
    assert np.nanmedian(ratio[near]) == pytest.approx(1.0, abs=0.01)
    # METHODS: geometric distances are about 25 % too short at 8 kpc and agree below 2.
    assert 0.65 < np.nanmedian(ratio[far]) < 0.95
    assert (table["r_med_geo"].isna().to_numpy() == np.isnan(sources["parallax"].to_pandas().to_numpy())).all()
    inside = (table["r_lo_geo"] < 1e3 * truth["distance_kpc"].to_numpy()) & (
        table["r_hi_geo"] > 1e3 * truth["distance_kpc"].to_numpy()
    )
    assert inside[near].mean() == pytest.approx(0.68, abs=0.05)


def test_dust_maps_are_the_stars_dust(crowd):
    config = MockSurveyConfig(reddening_map_order=7, dust_3d_order=5)
    whole = run_product(plugin, "reddening_map", config=config).table.to_pandas()
    cube = to_numpy(run_product(plugin, "dust_3d", config=config).table["ebv"])[0]
    star = crowd.to_pandas()
    x, y, z = galactic(star["ra"].to_numpy(), star["dec"].to_numpy())
    longitude, latitude = np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z))
    high = np.abs(latitude) > 20
    pixel = healpy.ang2pix(128, longitude, latitude, nest=True, lonlat=True)
    infinite = whole["ebv"].to_numpy()[pixel]
    # Clouds of 3 degrees change by some per cent within a pixel.
    assert (star["ebv"] <= infinite * 1.3)[high].mean() > 0.999
    beyond = high & (np.abs(star["z"]) > 1.0)
    assert (star["ebv"] / infinite)[beyond].median() == pytest.approx(1.0, abs=0.01)
    node = np.clip(np.rint((5 * np.log10(100 * star["distance_kpc"]) - 4) / 0.125), 0, 119).astype(int)
    near = cube[healpy.ang2pix(32, longitude, latitude, nest=True, lonlat=True), node]
    assert np.median(np.log(near / star["ebv"].to_numpy())[high]) == pytest.approx(0.0, abs=0.02)
    assert spread(np.log(near / star["ebv"].to_numpy())[high]) < 0.15
    assert (np.diff(cube, axis=1) >= -1e-6).all()


def test_dust_at_infinity_has_the_scale_of_the_real_sky():
    sky = (
        np.random.default_rng(3).uniform(0, 360, 3000),
        np.degrees(np.arcsin(np.random.default_rng(4).uniform(-1, 1, 3000))),
    )
    ebv = Dust(MockSurveyConfig(), 0).reddening(*sky, np.full(3000, 60.0))
    latitude = np.degrees(np.arcsin(galactic(*sky)[2]))
    # Schlegel, Finkbeiner & Davis (1998): medians of about 0.02 at the poles and 0.06 at |b| = 25 degrees.
    assert np.median(ebv[np.abs(latitude) > 65]) == pytest.approx(0.022, abs=0.008)
    assert np.median(ebv[np.abs(np.abs(latitude) - 25) < 5]) == pytest.approx(0.06, abs=0.02)


def test_colours_of_m_stars_separate_giants_from_dwarfs(make_truth):
    table = make_truth(stars=4000, m_giant_fraction=0.2).to_pandas()
    cool = table[table["teff"] < 4100]
    w = cool["abs_w1"] - cool["abs_w2"]
    # Li et al. (2016, RAA 16, 125): giants at -0.23 < W1-W2 < 0.02.
    giants = cool["is_giant"]
    assert w[giants].between(-0.23, 0.02).mean() > 0.97
    assert w[~giants & (cool["teff"] < 3800)].min() > 0.02
