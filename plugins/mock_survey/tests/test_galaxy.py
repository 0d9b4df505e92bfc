"""The Galaxy: frames, potential, kinematics, dust, clusters and the stream."""

import numpy as np
import pandas as pd
import pytest
from vacframe_mock_survey import MockSurveyConfig
from vacframe_mock_survey.method import frames as f
from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.galaxy.clusters import read_clusters
from vacframe_mock_survey.method.galaxy.potential import (
    RADII,
    circular_velocity,
    escape_velocity,
    radial_dispersion,
    tables,
    vertical_dispersion,
)
from vacframe_mock_survey.method.stars.chemistry import carbon_nitrogen

from vacframe import RowRandom


@pytest.fixture(scope="module")
def stars(make_truth):
    return make_truth(stars=12000, shard_size=12000, stream_fraction=0.05, halo_fraction=0.2).to_pandas()


def test_frames_agree_with_astropy():
    from astropy import units as u
    from astropy.coordinates import CartesianDifferential, Galactocentric, SkyCoord

    frame = Galactocentric(
        galcen_distance=f.R_SUN * u.kpc, z_sun=f.Z_SUN * u.kpc,
        galcen_v_sun=CartesianDifferential(*f.SUN_VELOCITY, unit=u.km / u.s),
    )  # fmt: skip
    ra, dec, distance = (
        np.array([0.0, 83.0, 200.0, 266.4]),
        np.array([-5.0, 21.0, 55.0, -29.0]),
        np.array([0.3, 1, 4, 8]),
    )
    rv, pmra, pmdec = (
        np.array([10.0, -50.0, 200.0, 3.0]),
        np.array([3.0, -20.0, 1.0, 0.2]),
        np.array([5.0, 4.0, -8.0, 1.0]),
    )
    sky = SkyCoord(
        ra * u.deg, dec * u.deg, distance * u.kpc, pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr,
        radial_velocity=rv * u.km / u.s,
    ).transform_to(frame)  # fmt: skip
    position = f.galactocentric(tuple(a * distance for a in f.galactic(ra, dec)))
    velocity = f.space_velocity(ra, dec, distance, rv, pmra, pmdec)
    # Astropy's default axes differ from the Hipparcos rotation by milliarcseconds of arc: 1e-5 of 8 kpc.
    np.testing.assert_allclose(np.array(position), sky.cartesian.xyz.to_value(u.kpc), atol=2e-4)
    expected = np.array([v.to_value(u.km / u.s) for v in (sky.v_x, sky.v_y, sky.v_z)])
    np.testing.assert_allclose(np.array(velocity), expected, atol=0.02)
    back = f.observed_motion(ra, dec, distance, velocity)
    np.testing.assert_allclose(np.array(back), np.array([rv, pmra, pmdec]), atol=1e-9)
    helio = f.heliocentric(position)
    np.testing.assert_allclose(np.array(f.equatorial(helio))[:, 1:], np.array([ra, dec])[:, 1:], atol=1e-9)


def test_potential_is_galpys():
    from galpy.potential import MWPotential2014, evaluatezforces, vcirc, vesc

    radius = np.array([4.0, 8.122, 20.0])
    for ours, theirs in ((circular_velocity, vcirc), (escape_velocity, vesc)):
        np.testing.assert_allclose(ours(radius), 229.0 * theirs(MWPotential2014, radius / f.R_SUN), rtol=2e-3)
    # The vertical Jeans equation by direct integration.
    s = np.linspace(0.0, 20.0, 20001)
    force = -evaluatezforces(MWPotential2014, np.full(s.shape, 1.0), (0.5 + s) / f.R_SUN)
    expected = np.sqrt(np.trapezoid(np.exp(-s / 0.9) * force, s) / f.R_SUN) * 229.0
    got = vertical_dispersion(np.array([f.R_SUN]), np.array([0.5]), np.array([0.9]))[0]
    assert got == pytest.approx(expected, rel=0.02)


def test_isotropic_halo_in_a_flat_rotation_curve():
    # A scale-free tracer in a flat curve has sigma_r = v_c / sqrt(slope - 2 beta); the potential is nearly that.
    for slope, beta in ((3.4, 0.0), (3.0, 0.9)):
        sigma = radial_dispersion(np.array([15.0]), slope, 0.01, beta)[0]
        assert sigma == pytest.approx(circular_velocity(np.array([17.0]))[0] / np.sqrt(slope - 2 * beta), rel=0.08)


def test_orbit_keeps_energy_and_angular_momentum():
    from galpy.potential import MWPotential2014, evaluatePotentials

    place, speed = tables()["orbit"][:, :3], tables()["orbit"][:, 3:]
    momentum = place[:, 0] * speed[:, 1] - place[:, 1] * speed[:, 0]
    np.testing.assert_allclose(momentum, momentum[0], rtol=1e-6)
    phi = evaluatePotentials(MWPotential2014, np.hypot(place[:, 0], place[:, 1]) / f.R_SUN, place[:, 2] / f.R_SUN)
    energy = 0.5 * (speed**2).sum(axis=1) + phi * 229.0**2
    np.testing.assert_allclose(energy, energy[0], rtol=1e-6)
    assert RADII[0] < np.sqrt((place**2).sum(axis=1)).min() < 20 < np.sqrt((place**2).sum(axis=1)).max()


def test_velocities_near_the_sun(stars):
    near = stars[(stars["distance_kpc"] < 1.0) & (stars["z"].abs() < 0.5)]
    thin, thick = (near[near["population"] == p] for p in ("thin", "thick"))
    # Bland-Hawthorn & Gerhard (2016, ARA&A 54, 529), section 5.3: (35, 25)±5 and (50, 50)±10 km/s for R and z of old
    # thin and thick disc; Bensby et al. (2014): thick disc lag of 46 km/s.
    assert thin["vx"].std() == pytest.approx(35, abs=8)
    assert thin["vz"].std() == pytest.approx(20, abs=5)
    assert thick["vx"].std() == pytest.approx(62, abs=12)
    assert thick["vz"].std() == pytest.approx(42, abs=10)
    assert circular_velocity(np.array([8.0]))[0] - thick["vy"].mean() == pytest.approx(60, abs=25)
    assert thin["vy"].mean() > thick["vy"].mean() + 25
    old, young = thin["log_age"] > 9.7, thin["log_age"] < 9.35
    assert thin.loc[old, "vz"].std() > 1.15 * thin.loc[young, "vz"].std()


def test_gse_is_radial_and_does_not_rotate(stars):
    gse, halo = (stars[stars["population"] == p] for p in ("gse", "halo"))

    def spherical(t):
        r, flat = np.sqrt(t.x**2 + t.y**2 + t.z**2), np.hypot(t.x, t.y)
        v_r = (t.x * t.vx + t.y * t.vy + t.z * t.vz) / r
        v_phi = (t.x * t.vy - t.y * t.vx) / flat
        return v_r, v_phi, (t.z * v_r / r - t.vz) * r / flat

    for table, beta in ((gse, 0.9), (halo, 0.3)):
        v_r, v_phi, v_theta = spherical(table)
        assert 1 - (v_phi.var() + v_theta.var()) / (2 * v_r.var()) == pytest.approx(beta, abs=0.1)
        assert abs(v_phi.mean()) < 12
    # Belokurov et al. (2018): about 180 km/s of radial dispersion; median [Fe/H] -1.29 (Wang et al. 2023).
    assert spherical(gse)[0].std() == pytest.approx(180, abs=25)
    assert gse["feh"].median() == pytest.approx(-1.27, abs=0.08)
    assert gse["alpha_m"].median() < halo["alpha_m"].median() - 0.05


def test_nobody_escapes(stars):
    bound = stars[~stars["population"].isin(["sagittarius", "cluster"])]
    radius = np.sqrt(bound["x"] ** 2 + bound["y"] ** 2 + bound["z"] ** 2)
    speed = np.sqrt(bound["vx"] ** 2 + bound["vy"] ** 2 + bound["vz"] ** 2)
    assert (speed <= 1.02 * escape_velocity(radius.to_numpy())).mean() > 0.999


def test_motions_are_those_of_the_velocities(stars):
    table = stars.iloc[::50]
    names = ("ra", "dec", "distance_kpc", "rv", "pmra", "pmdec")
    velocity = f.space_velocity(*(table[n].to_numpy(float) for n in names))
    np.testing.assert_allclose(np.array(velocity).T, table[["vx", "vy", "vz"]], atol=0.01)
    position = f.galactocentric(
        tuple(a * table["distance_kpc"].to_numpy() for a in f.galactic(table["ra"].to_numpy(), table["dec"].to_numpy()))
    )
    np.testing.assert_allclose(np.array(position).T, table[["x", "y", "z"]], atol=1e-6)


def test_thin_disc_has_a_metallicity_gradient(make_truth):
    table = make_truth(
        stars=12000, shard_size=12000, thick_fraction=0.0, halo_fraction=0.0, cluster_fraction=0.0,
        stream_fraction=0.0, giant_fraction=0.9,
    ).to_pandas()  # fmt: skip
    slope = np.polyfit(np.hypot(table["x"], table["y"]), table["mh"], 1)[0]
    # Anders et al. (2017): -0.06 dex/kpc; what a survey limited by magnitude sees of it is a little less.
    assert slope == pytest.approx(-0.06, abs=0.02)


def test_cluster_stars_are_alike(stars):
    members = stars[stars["population"] == "cluster"]
    literature = pd.DataFrame(read_clusters()).set_index("name")
    groups = members.groupby("cluster")
    assert len(groups) >= 15
    for name, group in groups:
        star = literature.loc[name]
        assert group["log_age"].nunique() == 1
        assert group["feh"].median() == pytest.approx(star["feh"], abs=0.03)
        assert group["distance_kpc"].median() == pytest.approx(star["distance"], rel=0.01)
        separation = np.hypot((group["ra"] - star["ra"]) * np.cos(np.radians(star["dec"])), group["dec"] - star["dec"])
        assert np.radians(separation.median()) * star["distance"] * 1e3 < 3 * star["radius"]
        assert group["pmra"].median() == pytest.approx(star["pmra"], abs=0.5)
        assert group["rv"].median() == pytest.approx(star["rv"], abs=3 * star["dispersion"] + 1)


def test_stream_is_of_m_giants_on_the_orbit(stars):
    stream = stars[stars["population"] == "sagittarius"]
    assert len(stream) > 300
    assert (stream["teff"] < 4400).mean() > 0.9
    path = tables()["orbit"]
    distance = np.sqrt(((stream[["x", "y", "z"]].to_numpy()[:, None] - path[None, ::3, :3]) ** 2).sum(axis=2)).min(
        axis=1
    )
    assert np.median(distance) < 2.5
    # Its plane: the pole of the Sagittarius stream, within some degrees (Majewski et al. 2003, ApJ 599, 1082: l 273.8,
    # b -13.5 degrees; heliocentric from near the plane of the orbit).
    pole = np.linalg.svd(stream[["x", "y", "z"]].to_numpy())[2][2]
    expected = np.array(f.unit_vector(273.8, -13.5))
    assert np.degrees(np.arccos(abs(pole @ expected))) < 15


def test_dust_grows_with_distance_and_has_clouds():
    config = MockSurveyConfig(dust_clouds=0.0)
    dust = Dust(config, 0)
    distance = np.geomspace(0.01, 30, 200)
    # Toward the pole: the layer's column above the Sun, at 20.8 pc, of 0.25 mag/kpc and 0.1 kpc.
    ra, dec = np.full(200, 192.859), np.full(200, 27.128)
    up = dust.reddening(ra, dec, distance)
    assert (np.diff(up) >= -1e-12).all()
    assert up[-1] == pytest.approx(0.025 * np.exp(-0.208), rel=0.01)
    nodes = dust.along(ra[:1], dec[:1], np.linspace(0.02, 2.0, 400))[0]
    np.testing.assert_allclose(nodes[-1], up[-1], rtol=0.02)
    cloudy = Dust(MockSurveyConfig(dust_clouds=0.4), 0)
    sky = (
        np.random.default_rng(1).uniform(0, 360, 4000),
        np.degrees(np.arcsin(np.random.default_rng(2).uniform(-1, 1, 4000))),
    )
    assert np.log(cloudy.clouds(*sky)).std() == pytest.approx(0.4, rel=0.2)
    assert cloudy.clouds(*sky).mean() == pytest.approx(1.0, abs=0.15)


def test_dust_may_scatter_from_star_to_star(make_truth):
    smooth, rough = (make_truth(stars=2000, dust_scatter=s).to_pandas().set_index("source_id") for s in (0.0, 1.0))
    ratio = np.log(rough["ebv"] / smooth["ebv"].reindex(rough.index))
    assert ratio.mean() == pytest.approx(0.0, abs=0.1)
    assert ratio.std() == pytest.approx(1.0, abs=0.1)
    np.testing.assert_array_equal(rough["distance_kpc"], smooth["distance_kpc"].reindex(rough.index))


def test_giants_lose_carbon_and_gain_nitrogen():
    n = 4000
    star = {"feh": np.full(n, 0.0), "alpha_m": np.full(n, 0.03), "logg": np.full(n, 2.5), "mass": np.full(n, 1.0)}
    rng = RowRandom(np.arange(n), 5)

    def ratio(**change):
        found = carbon_nitrogen(star | {k: np.full(n, v) for k, v in change.items()}, 0.2, RowRandom(np.arange(n), 5))
        return np.median(found["c_fe"] - found["n_fe"])

    assert ratio(logg=4.5) == pytest.approx(0.0, abs=0.05)
    # Martig et al. (2016, MNRAS 456, 3655, figure 1): [C/N] about -0.2 at 1, -0.6 at 1.8 solar masses.
    assert ratio(mass=1.0) == pytest.approx(-0.2, abs=0.1)
    assert ratio(mass=1.8) == pytest.approx(-0.6, abs=0.12)
    poor = carbon_nitrogen(star | {"feh": np.full(n, -2.5), "logg": np.full(n, 4.5)}, 0.2, rng)
    # Placco et al. (2014): 0.20 at -2, 0.43 at -3.
    assert poor["is_cemp"].mean() == pytest.approx(0.30, abs=0.03)
    assert (poor["c_fe"] > 0.7).mean() == pytest.approx(poor["is_cemp"].mean())
