"""Moving sources and separations against astropy; ties, and nothing to match."""

import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Distance, SkyCoord
from astropy.time import Time
from erfa import ErfaWarning

from vacframe.astro.sky_match import MovingSources, nearest_moving, separation, unit_vectors


@pytest.fixture
def stars():
    rng = np.random.default_rng(7)
    ra, dec = rng.uniform(0, 360, 200), np.degrees(np.arcsin(rng.uniform(-1, 1, 200)))
    dec[:2] = 89.9999, -90.0
    return ra, dec, *rng.normal(0, 3000, (2, 200))


@pytest.mark.parametrize("year", [1990.0, 2000.0, 2016.0, 2031.5])
def test_motion_is_that_of_astropy(stars, year):
    ra, dec, pmra, pmdec = stars
    sky = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr,
        distance=Distance(np.full(200, 1e6), u.kpc), obstime=Time(2016.0, format="jyear", scale="tcb"),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)
        moved = sky.apply_space_motion(Time(year, format="jyear", scale="tcb"))
    mine = MovingSources.of(ra, dec, pmra, pmdec, 2016.0).at(year)
    assert separation(mine, unit_vectors(moved.ra.deg, moved.dec.deg)).max() < 1e-5


def test_separations_are_exact_at_every_angle(stars):
    ra, dec = (v[2:] for v in stars[:2])
    first = SkyCoord(ra * u.deg, dec * u.deg)
    for angle in (1e-5, 1.0, 3600.0, 648000.0):
        second = first.directional_offset_by(np.arange(198) * u.deg, angle * u.arcsec)
        mine = separation(unit_vectors(ra, dec), unit_vectors(second.ra.deg, second.dec.deg))
        np.testing.assert_allclose(mine, angle, rtol=1e-7, atol=1e-9)


def test_of_two_equally_near_the_smaller_key():
    sources = MovingSources.of(np.full(3, 10.0), np.full(3, 5.0), np.zeros(3), np.zeros(3), 2016.0)
    found = nearest_moving(np.array([10.0]), np.array([5.0]), np.array([[2000.0]]), sources, np.array([9, 4, 7]), 1.0)
    assert (found.row[0], found.candidates[0], found.epoch[0]) == (1, 3, 2000.0)


def test_nothing_to_match():
    none = np.empty(0)
    empty = MovingSources.of(none, none, none, none, 2016.0)
    one = MovingSources.of(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1), 2016.0)
    for sources, epoch in ((empty, 2000.0), (one, np.nan)):
        found = nearest_moving(np.ones(1), np.ones(1), np.array([[epoch]]), sources, np.arange(1), 3.0)
        assert found.row.tolist() == [-1]
        assert found.candidates.tolist() == [0]
        assert np.isnan(found.separation).all()
    assert len(nearest_moving(none, none, np.empty((0, 2)), one, np.arange(1), 3.0).row) == 0
