"""Dust along lines of sight, against adaptive quadrature; extinction coefficients, against those of packages."""

import os
from itertools import pairwise
from pathlib import Path

import healpy
import numpy as np
import pytest
from extinction_coefficient import extinction_coefficient
from scipy.integrate import quad

from vacframe.astro.dust import FAR, DustCube, DustDisc, analytic_disc_profile, av_infinity
from vacframe.astro.extinction import COEFFICIENTS, SCALES, coefficient

DISC = DustDisc()
EDGES = (0.02, 0.1, 0.3, 1.0, 3.0, 7.0, 8.0, 9.0, 15.0, 30.0, FAR)
# Scipy's quadrature breaks the integral here: the mid-plane at 15 pc and the kinks of flare and warp.
BREAKS = (0.0, 0.005, 0.01, 0.015, 0.03, 0.06, 0.2, 0.6, 2.0, 5.0, 6.5, 7.5, 8.5, 10.0, 12.0, 20.0)


def written_out(lon, lat, d):
    """Return the density of METHODS.md section 4, written out anew for one place."""
    l, b = np.radians(lon), np.radians(lat)  # noqa: E741
    x, y, z = d * np.cos(b) * np.cos(l), d * np.cos(b) * np.sin(l), 0.015 + d * np.sin(b)
    radius = np.hypot(8.0 - x, y)
    flare = 1 + 0.0054 * min(1.12 * 8, radius - 1.12 * 8) if radius > 1.12 * 8 else 1
    warp = 0.18 * min(8.4, radius - 8.4) * y / radius if radius > 8.4 else 0
    return np.exp((8.0 - radius) / 4.2 - abs(z - warp) / (0.088 * flare))


@pytest.mark.parametrize(
    ("lon", "lat"), [(0, 0), (0, 3), (45, -1), (90, 5), (90, -40), (180, 2), (200, 90), (270, -90)]
)
def test_disc_equals_quadrature(lon, lat):
    cuts = sorted({*BREAKS, *EDGES})
    parts = [quad(lambda d: written_out(lon, lat, d), a, b, limit=200)[0] for a, b in pairwise(cuts)]
    expected = np.cumsum(parts)[[cuts.index(e) - 1 for e in EDGES]]
    found = DISC.integrals(np.array([lon]), np.array([lat]), np.array(EDGES))[0]
    assert np.abs(found - expected).max() < 2e-4 * expected[-1]
    assert DISC.column([lon], [lat])[0] == pytest.approx(found[-1], rel=1e-4)
    np.testing.assert_allclose(DISC.density(lon, lat, np.array(EDGES)), [written_out(lon, lat, d) for d in EDGES])


def test_the_warp_rises_towards_90_degrees():
    """Beyond 8.4 kpc the dust lies north of the plane at l = 90 and south of it at l = 270 degrees."""
    heights = np.linspace(-3, 3, 1201)
    for lon, side in ((90, 1), (270, -1)):
        across = 10.0
        density = DISC.density(lon, np.degrees(np.arctan2(heights - DISC.z_sun, across)), np.hypot(across, heights))
        radius = np.hypot(8.0, across)
        expected = side * 0.18 * (radius - 8.4) * across / radius
        assert heights[density.argmax()] == pytest.approx(expected, abs=0.03)
    total = DISC.integrals(np.array([90.0, 90.0]), np.array([5.0, -5.0]), np.array([3.0, FAR]))
    behind = total[:, 1] - total[:, 0]
    assert behind[0] > 10 * behind[1]


def test_profile_is_a_fraction_of_the_extinction():
    lon, lat = np.array([10.0, 120.0, 300.0]), np.array([0.5, -20.0, 70.0])
    distance = np.array([0.0, 0.05, 0.5, 5.0, FAR, 1e4])
    profile = analytic_disc_profile(lon, lat, distance)
    np.testing.assert_array_equal(profile[:, 0], 0.0)
    np.testing.assert_array_equal(profile[:, -2:], 1.0)
    assert (np.diff(profile, axis=1) >= 0).all()
    np.testing.assert_array_equal(analytic_disc_profile(lon[1:2], lat[1:2], distance)[0], profile[1])
    # Straight up an exponential layer: 1 - exp(-d / h), but for the 15 pc below the mid-plane.
    up = analytic_disc_profile(np.array([0.0]), np.array([90.0]), distance, DustDisc(z_sun=0.0))
    np.testing.assert_allclose(up[0, 1:4], 1 - np.exp(-distance[1:4] / 0.088), atol=1e-4)


def test_distances_have_to_ascend():
    with pytest.raises(ValueError, match="ascending distances from 0 to 100 kpc"):
        DISC.integrals(np.zeros(1), np.zeros(1), np.array([2.0, 1.0]))


def test_av_infinity_lowers_high_reddenings():
    """Sharma's f is 0.8 at E(B-V) = 0.15 and falls from 0.892 to 0.6."""
    np.testing.assert_allclose(av_infinity([0.15, 5.0]), [3.1 * 0.8 * 0.15, 3.1 * 0.6 * 5.0])
    assert av_infinity([1e-6])[0] / 1e-6 == pytest.approx(3.1 * 0.8924, rel=1e-4)


def test_cube_interpolates_in_modulus_and_holds_at_the_ends():
    values = np.arange(1.0, 5.0)[None] * np.arange(1, 13)[:, None]
    cube = DustCube.whole_sky(values, 5.0, 1.0)
    lon, lat = healpy.pix2ang(1, [3, 7], nest=True, lonlat=True)
    distance = 10.0 ** (0.2 * np.array([5.0, 6.5, 8.0, 12.0]) - 2.0)
    np.testing.assert_allclose(cube.reddening(lon, lat, distance), [[4, 10, 16, 16], [8, 20, 32, 32]])
    own = np.array([[0.05, 0.1], [0.0, np.nan]])
    np.testing.assert_allclose(cube.reddening(lon, lat, own), [[2, 4], [0, np.nan]])


def test_cube_without_some_pixels():
    cube = DustCube(1, np.array([3, 9]), np.array([[0.1, 0.2], [0.3, 0.4]], np.float32), 4.0, 0.5)
    lon, lat = healpy.pix2ang(2, [9, 10, 3], nest=True, lonlat=True)
    np.testing.assert_allclose(cube.reddening(lon, lat, np.array([1e3]))[:, 0], [0.4, np.nan, 0.2], rtol=1e-6)
    assert DustCube.whole_sky(np.ones((48, 2)), 4, 1).reddening(
        lon, lat, np.array([1.0]), smooth=True
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DustCube.whole_sky(np.ones((47, 2)), 4, 1), "47 rows are no whole sky"),
        (lambda: DustCube(0, np.array([2, 1]), np.ones((2, 3)), 4, 1), "pixels have to ascend"),
        (lambda: DustCube(0, np.array([1]), np.ones((1, 1)), 4, 1), r"shape \(1, 1\) for 1 pixels"),
    ],
)
def test_impossible_cubes(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_real_map_against_bayestar_values():
    """The map of Galaxia_wrap was built from Bayestar; mwdust's spot values of Bayestar19 differ by its resolution."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("VACFRAME_SHARED_DATA", default)) / "dust"
    if not folder.is_dir():
        pytest.skip("no real data: set VACFRAME_SHARED_DATA to their folder")
    cube = DustCube.whole_sky(np.load(folder / "combined1719_hpxlevel_5.npy"), 4.0, 0.125)
    lon, lat, distance, expected = np.loadtxt(folder / "mwdust_green19_benchmark.dat", delimiter=",", unpack=True)
    found = cube.reddening(lon, lat, distance[:, None], smooth=True)[:, 0]
    assert np.corrcoef(found, expected)[0, 1] > 0.9
    assert abs(np.median(found - expected)) < 0.02


def test_coefficients():
    for band, theirs in {"g": "G", "bp": "BP", "rp": "RP", "ks": "Ks"}.items():
        assert coefficient(band) == pytest.approx(extinction_coefficient(theirs, mode="simple")[0], abs=1e-3)
    assert tuple(COEFFICIENTS) == SCALES
    assert all(c.value > 0 and c.reference for bands in COEFFICIENTS.values() for c in bands.values())
    # Cardelli, Clayton & Mathis (1989) at the wavelengths of 2MASS, where the law is a power of wavelength.
    for band, micron in {"j": 1.235, "h": 1.662, "ks": 2.159}.items():
        law = (0.574 - 0.527 / 3.1) * micron**-1.61
        assert coefficient(band, "av") == pytest.approx(law, rel=0.015)


def test_unknown_coefficients_are_named():
    with pytest.raises(KeyError, match="no extinction scale 'sdf'; there are sfd, bayestar19, av"):
        coefficient("j", "sdf")
    with pytest.raises(KeyError, match="of 'w1' on scale 'av'; v, j, h, ks"):
        coefficient("w1", "av")
