"""Galactic coordinates against astropy's."""

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord

from vacframe.astro.galactic import equatorial, galactic


def positions(count=2000):
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    # Both poles of both frames.
    ra[:4], dec[:4] = (0.0, 90.0, 192.85948, 12.85948), (90.0, -90.0, 27.12825, -27.12825)
    return ra, dec


def test_galactic_equals_astropy():
    ra, dec = positions()
    longitude, latitude = galactic(ra, dec)
    expected = SkyCoord(ra * u.deg, dec * u.deg).galactic
    found = SkyCoord(longitude * u.deg, latitude * u.deg, frame="galactic")
    # Astropy's matrix comes from angles of the poles; the two agree to a tenth of a milliarcsecond's order.
    assert found.separation(expected).max() < 50 * u.mas
    assert longitude.min() >= 0
    assert longitude.max() < 360


def test_there_and_back():
    ra, dec = positions()
    back = SkyCoord(*(v * u.deg for v in equatorial(*galactic(ra, dec))))
    assert back.separation(SkyCoord(ra * u.deg, dec * u.deg)).max() < 0.001 * u.mas


def test_one_row_gives_the_bits_of_many():
    ra, dec = positions(50)
    many = np.array(galactic(ra, dec))
    single = np.array([np.array(galactic(ra[k : k + 1], dec[k : k + 1]))[:, 0] for k in range(50)]).T
    assert np.array_equal(many, single)
