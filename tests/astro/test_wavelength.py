"""Vacuum and air wavelengths against published pairs."""

import numpy as np
import pytest

from vacframe.astro.wavelength import air_refraction, air_to_vacuum, log_grid, vacuum_to_air
from vacframe.core.contract.errors import VacframeError

# SDSS, "Vacuum or air wavelengths" (DR7 help pages, products/spectra/vacwavelength): air, vacuum, Angstrom.
SDSS_PAIRS = np.array(
    [
        (4861.363, 4862.721),  # H beta
        (4958.911, 4960.295),  # [O III]
        (5006.843, 5008.239),  # [O III]
        (6548.05, 6549.86),  # [N II]
        (6562.801, 6564.614),  # H alpha
        (6583.45, 6585.27),  # [N II]
        (6716.44, 6718.29),  # [S II]
        (6730.82, 6732.68),  # [S II]
    ]
)
# Ca II triplet (NIST air wavelengths; vacuum as used for LAMOST by Qiu et al. 2023).
CALCIUM = np.array([(8498.02, 8500.36), (8542.09, 8544.44), (8662.14, 8664.52)])


@pytest.mark.parametrize("pairs", [SDSS_PAIRS, CALCIUM])
def test_published_pairs(pairs):
    np.testing.assert_allclose(air_to_vacuum(pairs[:, 0]), pairs[:, 1], atol=0.01)
    np.testing.assert_allclose(vacuum_to_air(pairs[:, 1]), pairs[:, 0], atol=0.01)


def test_refraction_agrees_with_birch_and_downs():
    """Morton 2000, ApJS 130, 403, equation 8 (Birch & Downs 1994): another measurement of standard air."""
    wavenumber2 = (1e4 / np.linspace(3700, 9100, 50)) ** 2
    other = 8.34254e-5 + 2.406147e-2 / (130 - wavenumber2) + 1.5998e-4 / (38.9 - wavenumber2)
    np.testing.assert_allclose(air_refraction(1e4 / np.sqrt(wavenumber2)), other, rtol=0, atol=1e-8)


def test_there_and_back():
    vacuum = np.linspace(2400, 16800, 1000)
    np.testing.assert_allclose(air_to_vacuum(vacuum_to_air(vacuum)), vacuum, rtol=0, atol=1e-9)


def test_outside_the_formula_is_an_error():
    with pytest.raises(VacframeError, match="wavelength 1216 Å"):
        vacuum_to_air(np.array([5000.0, 1216.0]))


def test_log_grid_is_that_of_lamost_headers():
    grid = log_grid(3.5682, 1e-4, 3909)
    np.testing.assert_allclose(np.diff(np.log10(grid)), 1e-4, rtol=1e-8)
    np.testing.assert_allclose(grid[[0, -1]], [3699.985, 9099.133], atol=1e-3)
