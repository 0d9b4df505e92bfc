"""Visits and binaries."""

import numpy as np
import pytest
from vacframe_mock_survey.method.drawing.visits import LAST_DAY, carry


@pytest.fixture(scope="module")
def pairs(make_truth):
    options = {"stars": 6000, "shard_size": 6000, "binary_fraction": 0.8, "repeat_fraction": 0.5, "position_error": 0.0}
    truth = make_truth(**options).to_pandas().set_index("source_id")
    return truth, make_truth(product="mock_observations", **options).to_pandas()


def test_positions_are_carried_as_astropy_does():
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    ra, dec = np.array([0.0001, 120.0, 359.9999, 40.0]), np.array([10.0, 89.5, -5.0, -60.0])
    pmra, pmdec = np.array([-3000.0, 500.0, 4000.0, -10.0]), np.array([1000.0, -800.0, 20.0, 10000.0])
    sky = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr, distance=1 * u.kpc,
        radial_velocity=0 * u.km / u.s, obstime=Time(2016.0, format="jyear"),
    ).apply_space_motion(Time(2000.0, format="jyear"))  # fmt: skip
    got = SkyCoord(*(np.array(v) * u.deg for v in carry(ra, dec, pmra, pmdec, -16.0)))
    # A star carried along the tangent moves 5e-9 radian less per arcminute squared: 0.1 mas after 160 arcsec.
    assert got.separation(sky).to_value(u.mas).max() < 0.2


def test_visits(pairs):
    truth, visits = pairs
    number = visits.groupby("source_id").size()
    assert set(number.index) == set(truth.index)
    assert (number > 1).mean() == pytest.approx(0.5, abs=0.03)
    assert (number > 2).sum() == pytest.approx((number > 1).sum() / 2, rel=0.1)
    first = visits[visits["visit"] == 0].set_index("source_id")
    assert first["obsid"].equals(truth.loc[first.index, "obsid"])
    assert visits["obsid"].is_unique
    assert visits["lmjd"].max() <= LAST_DAY
    moved = np.hypot(
        (first["ra"] - truth.loc[first.index, "ra"]) * np.cos(np.radians(first["dec"])),
        first["dec"] - truth.loc[first.index, "dec"],
    )
    expected = np.hypot(truth["pmra"], truth["pmdec"]).loc[first.index] * 16 / 3.6e6
    np.testing.assert_allclose(moved[moved < 0.1], expected[moved < 0.1], rtol=1e-3, atol=1e-9)


def test_input_catalogue_has_errors(make_truth):
    visits = [
        make_truth(stars=2000, product="mock_observations", position_error=e).to_pandas().set_index("obsid")
        for e in (0.0, 0.3)
    ]
    north = 3600 * (visits[1]["dec"] - visits[0]["dec"])
    east = 3600 * (visits[1]["ra"] - visits[0]["ra"]) * np.cos(np.radians(visits[0]["dec"]))
    assert north.std() == pytest.approx(0.3, rel=0.06)
    assert east[east.abs() < 3].std() == pytest.approx(0.3, rel=0.06)
    again = visits[1].join(north.rename("north"))
    assert np.ptp(again.groupby("source_id")["north"].agg(np.ptp)) < 1e-6


def test_velocities_of_binaries_follow_kepler(pairs):
    truth, visits = pairs
    star = truth.loc[visits["source_id"]]
    moved = visits["rv"].to_numpy() - star["rv"].to_numpy()
    single = ~star["is_binary"].to_numpy()
    assert np.abs(moved[single]).max() < 1e-4
    amplitude = star["rv_amplitude"].to_numpy()
    assert (np.abs(moved[~single]) <= amplitude[~single] + 1e-3).all()
    # The mean square of a sine is one half.
    assert np.mean((moved / amplitude)[~single] ** 2) == pytest.approx(0.5, abs=0.03)
    pair = truth[truth["is_binary"]]
    second = pair["mass_ratio"] * pair["mass_initial"]
    # K = 212.9 km/s (P/day) ** (-1/3) m2 sin i (m1 + m2) ** (-2/3): Hilditch (2001), An Introduction to Close Binary
    # Stars, eq. 2.53.
    largest = 212.9 * pair["period"] ** (-1 / 3) * second * (pair["mass"] + second) ** (-2 / 3)
    sin_i = pair["rv_amplitude"] / largest
    assert sin_i.between(0, 1.001).all()
    assert sin_i.mean() == pytest.approx(np.pi / 4, abs=0.02)


def test_pairs_are_brighter(pairs):
    pair = pairs[0][pairs[0]["is_binary"]]
    brighter = pair["binary_brightening"]
    assert brighter.between(0.0, 0.7526).all()
    dwarfs = ~pair["is_giant"] & (pair["mass_initial"] < 0.8)
    assert brighter[dwarfs & (pair["mass_ratio"] > 0.98)].median() == pytest.approx(0.73, abs=0.04)
    assert brighter[pair["mass_ratio"] < 0.3].max() < 0.05
    # Raghavan et al. (2010): log10 P/day of 5.03 with dispersion 2.28, cut at 6.5.
    assert np.log10(pair.loc[~pair["is_giant"], "period"]).median() == pytest.approx(4.5, abs=0.4)
