"""The gas of an atmosphere: ionisation, molecules, pressures, continuous opacity (Gray, 2008, 3rd ed., chapter 8).

In cgs units, wavelengths in Å, temperatures in K; compiled by numba, as all of `atmosphere`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from vacframe_mock_survey.method.spectra.compilation import compiled
from vacframe_mock_survey.method.spectra.constants import AMU, HELIUM

if TYPE_CHECKING:
    from vacframe_mock_survey.method.spectra.tables import Tables


@compiled
def saha(temperature: float, electron_pressure: float, energy: float, ratio: float) -> float:
    """Return N(ion)/N(neutral) for an ionisation energy (eV) and ratio of partition functions (Gray, eq. 1.21)."""
    return 0.6665 * ratio * temperature**2.5 * 10.0 ** (-5040.0 / temperature * energy) / electron_pressure


@compiled
def hydrogen_minus(wavelength: float, temperature: float, electron_pressure: float) -> float:
    """Return the opacity of H- per neutral hydrogen atom, cm2 (Gray, eqs. 8.12 and 8.13)."""
    theta = 5040.0 / temperature
    w = wavelength
    bound = (
        1.99654
        + w * (-1.18267e-5 + w * (2.64243e-6 + w * (-4.40524e-10
        + w * (3.23992e-14 + w * (-1.39568e-18 + w * 2.78701e-23)))))
    ) * 1e-18  # fmt: skip
    out = 4.158e-10 * bound * electron_pressure * theta**2.5 * 10.0 ** (0.754 * theta)
    x = math.log10(w)
    f0 = -2.2763 + x * (-1.6850 + x * (0.76661 - x * 0.053346))
    f1 = 15.2827 + x * (-9.2846 + x * (1.99381 - x * 0.142631))
    f2 = -197.789 + x * (190.266 + x * (-67.9775 + x * (10.6913 - x * 0.625151)))
    t = math.log10(theta)
    return out * (1.0 - 10.0 ** (-1.2398e4 / w * theta)) + 1e-26 * electron_pressure * 10.0 ** (f0 + t * (f1 + t * f2))


@compiled
def hydrogen(wavelength: float, temperature: float) -> float:
    """Return the bound-free opacity of neutral hydrogen per atom, cm2 (Gray, eq. 8.8, Gaunt factors 1)."""
    theta = 5040.0 / temperature
    total = 0.0
    for n in range(2, 7):
        if wavelength < 911.753 * n * n:
            total += 10.0 ** (-theta * 13.5984 * (1.0 - 1.0 / (n * n))) / n**3
    return 1.0449e-26 * wavelength**3 * total


@compiled
def continuum(wavelength: float, temperature: float, electron_pressure: float) -> float:
    """Return the continuous opacity per hydrogen nucleus, cm2: H-, H, scattering by electrons and by hydrogen.

    Rayleigh scattering after Dalgarno (1962), quoted by Kurucz (1970, SAO Special Report 309).
    """
    ionised = saha(temperature, electron_pressure, 13.598, 0.5)
    neutral = 1.0 / (1.0 + ionised)
    kappa = hydrogen_minus(wavelength, temperature, electron_pressure) + hydrogen(wavelength, temperature)
    square = 1.0 / (wavelength * wavelength)
    kappa += square * square * (5.799e-13 + square * (1.422e-6 + square * 2.784))
    return (kappa + 6.6524e-25 * ionised) * neutral


@compiled
def electron_pressure(
    gas_pressure: float, ionised: np.ndarray, abundance: np.ndarray, guess: float, t: Tables
) -> float:
    """Return the electron pressure, dyn/cm2, by Newton's method in its logarithm.

    Parameters
    ----------
    gas_pressure : float
        dyn/cm2.
    ionised : ndarray, shape (1 + number of donors,)
        N(ion)/N(neutral) at an electron pressure of 1 dyn/cm2 of hydrogen and the donors.
    abundance : ndarray
        By number relative to hydrogen, as of `abundances`.
    guess : float
        Where to start.
    """
    pe = min(guess, 0.9 * gas_pressure)
    for _ in range(20):
        electrons = ionised[0] / (pe + ionised[0])
        slope = electrons / (pe + ionised[0])
        for k in range(t.donors.size):
            part = abundance[t.donors[k]] * ionised[k + 1] / (pe + ionised[k + 1])
            electrons += part
            slope += part / (pe + ionised[k + 1])
        step = math.log(electrons * (gas_pressure - pe) / (1.0 + HELIUM) / pe)
        step /= 1.0 + pe * slope / electrons + pe / (gas_pressure - pe)
        pe = min(pe * math.exp(step), 0.9 * gas_pressure)
        if abs(step) < 1e-8:
            break
    return pe


@compiled
def layer(temperature: float, logg: float, depth: float, abundance: np.ndarray, t: Tables) -> tuple[float, float]:
    """Return gas and electron pressure, dyn/cm2, at optical depth `depth` (5000 Å) in hydrostatic equilibrium."""
    gravity = 10.0**logg
    log_pg, pe = 4.0, 1.0
    ionised = np.empty(1 + t.donors.size)
    ionised[0] = saha(temperature, 1.0, 13.598, 0.5)
    for k in range(t.donors.size):
        i = t.donors[k]
        ionised[k + 1] = saha(temperature, 1.0, t.ionisation[i], t.ion_ratio[i])
    for _ in range(12):
        pe = electron_pressure(10.0**log_pg, ionised, abundance, pe, t)
        kappa = continuum(5000.0, temperature, pe) / ((1.0 + 4.0 * HELIUM) * AMU)
        # Opacity grows with depth: the mean above the layer is about half of its own.
        log_pg = 0.5 * (log_pg + math.log10(depth * gravity / (0.5 * kappa)))
    return 10.0**log_pg, pe


@compiled
def abundances(metals: float, alpha: float, carbon: float, nitrogen: float, t: Tables) -> np.ndarray:
    """Return abundances by number relative to hydrogen of all species.

    Parameters
    ----------
    metals : float
        [X/H] of the elements that are neither alpha elements nor carbon nor nitrogen.
    alpha, carbon, nitrogen : float
        What the alpha elements, carbon and nitrogen have beyond `metals`, dex.
    """
    out = np.empty(t.abundance.size)
    for i in range(t.abundance.size):
        excess = alpha * t.is_alpha[i]
        if t.element[i] == 6:
            excess = carbon
        elif t.element[i] == 7:
            excess = nitrogen
        out[i] = 10.0 ** (t.abundance[i] - 12.0 + metals + excess)
    return out


@compiled
def species_strength(temperature: float, pe: float, abundance: np.ndarray, t: Tables) -> np.ndarray:
    """Return log10 of (atoms per hydrogen nucleus in the stage / its partition function) of every species."""
    out = np.empty(abundance.size)
    for i in range(abundance.size):
        x = saha(temperature, pe, t.ionisation[i], t.ion_ratio[i])
        share = x / (1.0 + x) if t.is_ion[i] else 1.0 / (1.0 + x)
        out[i] = math.log10(abundance[i] * share / t.partition[i])
    return out
