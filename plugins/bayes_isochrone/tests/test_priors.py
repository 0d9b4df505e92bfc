"""Priors against the published formulae."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.integrate import quad
from vacframe_bayes_isochrone.config import BayesIsochroneConfig
from vacframe_bayes_isochrone.method.prior_weights import (
    age_prior,
    cells,
    metallicity_prior,
    stars_at_points,
    stars_below,
)
from vacframe_bayes_isochrone.method.sightline_priors import line_of_sight, log_densities, log_mean_dust
from vacframe_bayes_isochrone.priors import BINNEY_2014, Component, DustPrior, PowerLawImf

from vacframe import Batch, VacframeError


def test_imf_is_burnett_and_binneys():
    """M^-1.3 below 0.5, 0.536 M^-2.2 to 1, 0.536 M^-2.519 above (Burnett & Binney 2010, eq. 4)."""

    def published(m):
        return m**-1.3 if m < 0.5 else 0.536 * m**-2.2 if m < 1 else 0.536 * m**-2.519

    for low, high in ((0.2, 0.4), (0.4, 0.8), (0.9, 1.3), (2.0, 5.0)):
        ours = np.diff(stars_below(PowerLawImf(), np.array([low, high])))[0]
        assert ours == pytest.approx(quad(published, low, high, points=(0.5, 1.0))[0], rel=1e-3)


def test_points_share_out_every_star_of_an_isochrone():
    mass = np.array([[0.5, 0.7, 0.9, np.nan, 1.0, 1.001]])
    weight = stars_at_points(PowerLawImf(), mass)
    assert weight[0, 3] == 0
    parts = stars_below(PowerLawImf(), np.array([0.5, 0.9, 1.0, 1.001]))
    assert weight.sum() == pytest.approx(parts[1] - parts[0] + parts[3] - parts[2])


def test_components_integrate_to_one():
    ages, mh = np.linspace(0.01, 14.0, 2001), np.linspace(-6, 4, 2001)
    for component in BINNEY_2014:
        assert age_prior(component, ages).sum() == pytest.approx(1, abs=2e-3)
        assert metallicity_prior(component, mh).sum() == pytest.approx(1, abs=1e-6)


def test_thin_disc_ages():
    """p(age) = 0.05203 exp(0.119 age / Gyr) for 0 to 10 Gyr."""
    ages = np.arange(0.5, 10, 1.0)
    density = age_prior(BINNEY_2014[0], ages) / np.diff(cells(ages))
    expected = [quad(lambda t: 0.05203 * np.exp(0.119 * t), a - 0.5, a + 0.5)[0] for a in ages]
    np.testing.assert_allclose(density, expected, rtol=1e-3)


def test_densities_at_the_sun_and_far_away():
    config = BayesIsochroneConfig()
    distance = line_of_sight()
    density = log_densities(np.array([0.0, 180.0]), np.array([90.0, 0.0]), config) - 3 * np.log(distance)
    np.testing.assert_allclose(density[:, :, 0], 0, atol=0.01)
    at = np.argmin(np.abs(distance - 1.0))
    thin, thick, halo = density[0, :, at]
    assert thin == pytest.approx(-distance[at] / 0.3, rel=1e-3)
    assert thick == pytest.approx(-distance[at] / 0.9, rel=1e-3)
    far = np.argmin(np.abs(distance - 30.0))
    ratio = (density[1, 2, far] - density[1, 2, at]) / np.log((8.33 + distance[far]) / (8.33 + distance[at]))
    assert ratio == pytest.approx(-3.39, rel=0.01)
    assert halo < 0


def dust_pixels(values, scale=None):
    """Pixels of order 0 of a dust map."""
    flat = pa.array(np.asarray(values, "f4").ravel())
    ebv = flat if np.ndim(values) == 1 else pa.FixedSizeListArray.from_arrays(flat, np.shape(values)[1])
    columns = {"healpix": np.arange(12), "healpix_order": np.zeros(12, np.int8), "ebv": ebv}
    return Batch(pa.table(columns | {"scale": pa.array([scale] * 12, pa.string())}), "dust")


GL, GB = np.array([10.0, 120.0, 200.0]), np.array([2.0, 40.0, -60.0])


def test_mean_dust_reaches_the_maps_value():
    """3.1 (0.6 + 0.2 (1 - tanh((E - 0.15) / 0.3))) E at infinity (Sharma et al. 2011; Binney et al. 2014)."""
    inputs = {"reddening_map": dust_pixels(np.full(12, 0.3))}
    dust, unknown = log_mean_dust(GL, GB, inputs, BayesIsochroneConfig())
    assert not unknown.any()
    total = 3.1 * 0.3 * (0.6 + 0.2 * (1 - np.tanh(0.5)))
    np.testing.assert_allclose(np.exp(dust[:, -1]), total, rtol=1e-3)
    assert (np.diff(dust, axis=1) >= 0).all()


@pytest.mark.parametrize(("scale", "av"), [(None, 2.742), ("sfd", 2.742), ("bayestar19", 0.7927 / 0.288), ("av", 1.0)])
def test_maps_count_on_their_own_scale(scale, av):
    """A_J of a Bayestar map is 0.7927 E (Green et al. 2019), and 0.288 A_V here."""
    along = np.repeat(np.linspace(0.1, 1.2, 120)[None], 12, axis=0)
    config = BayesIsochroneConfig(dust=DustPrior(profile="dust_3d"))
    dust, _ = log_mean_dust(GL, GB, {"dust_3d": dust_pixels(along, scale)}, config)
    np.testing.assert_allclose(np.exp(dust[:, -1]), 1.2 * av, rtol=1e-3)
    if scale in ("bayestar19", "av"):
        total, _ = log_mean_dust(GL, GB, {"reddening_map": dust_pixels(along[:, -1], scale)}, BayesIsochroneConfig())
        np.testing.assert_allclose(np.exp(total[:, -1]), 1.2 * av, rtol=1e-3)


def test_a_scale_has_to_be_known():
    inputs = {"reddening_map": dust_pixels(np.full(12, 0.3), "mine")}
    with pytest.raises(VacframeError, match=r"scale mine is not known; .*bayes_isochrone\.dust.av_per_unit.mine"):
        log_mean_dust(GL, GB, inputs, BayesIsochroneConfig())
    config = BayesIsochroneConfig(dust=DustPrior(av_per_unit={"mine": 2.0}))
    assert np.exp(log_mean_dust(GL, GB, inputs, config)[0][:, -1]) == pytest.approx(0.6, rel=1e-3)


def test_components_need_ages_of_the_grid():
    with pytest.raises(ValueError, match="component a: age_min 5 is not below age_max 3 Gyr"):
        Component(name="a", age_min=5.0, age_max=3.0)
    with pytest.raises(ValueError, match="component old has ages 14 to 15 Gyr, none of which is among"):
        BayesIsochroneConfig(components=(Component(name="old", age_min=14.0, age_max=15.0),))
