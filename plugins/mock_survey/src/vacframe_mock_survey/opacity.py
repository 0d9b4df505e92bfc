"""Gas, continuous opacity and line strengths of a one-layer atmosphere (D. F. Gray, 2008, 3rd ed., chapters 8, 13).

All in cgs units, wavelengths in Å, temperatures in K. Scalar kernels compiled by numba, so that each star is computed
alone and its spectrum does not depend on which others are computed with it.
"""

from __future__ import annotations

import math

import numba
import numpy as np

K = 1.380649e-16
H = 6.62607015e-27
C = 2.99792458e10
EV = 1.602176634e-12
M_E = 9.1093837015e-28
AMU = 1.66053906660e-24
"""CODATA 2018, cgs."""
LN10 = math.log(10.0)

SPECIES = {
    "3.0": (1.05, 5.392, 2.1, 1.0, 6.9, 0), "6.0": (8.43, 11.260, 9.3, 6.0, 12.0, 0),
    "7.0": (7.83, 14.534, 4.5, 9.0, 14.0, 0), "8.0": (8.69, 13.618, 8.9, 4.0, 16.0, 1),
    "11.0": (6.24, 5.139, 2.05, 1.0, 23.0, 0), "12.0": (7.60, 7.646, 1.02, 2.0, 24.3, 1),
    "13.0": (6.45, 5.986, 5.8, 1.0, 27.0, 0), "14.0": (7.51, 8.152, 9.4, 5.8, 28.1, 1),
    "16.0": (7.12, 10.360, 8.2, 4.2, 32.1, 1), "19.0": (5.03, 4.341, 2.2, 1.0, 39.1, 0),
    "20.0": (6.34, 6.113, 1.2, 2.2, 40.1, 1), "21.0": (3.15, 6.561, 12.0, 23.0, 45.0, 0),
    "22.0": (4.95, 6.828, 30.0, 56.0, 47.9, 1), "23.0": (3.93, 6.746, 45.0, 44.0, 50.9, 0),
    "24.0": (5.64, 6.767, 10.0, 7.2, 52.0, 0), "25.0": (5.43, 7.434, 6.4, 7.7, 54.9, 0),
    "26.0": (7.50, 7.902, 27.0, 43.0, 55.8, 0), "27.0": (4.99, 7.881, 33.0, 28.0, 58.9, 0),
    "28.0": (6.22, 7.640, 30.0, 10.7, 58.7, 0), "29.0": (4.19, 7.726, 2.4, 1.0, 63.5, 0),
    "30.0": (4.56, 9.394, 1.0, 2.0, 65.4, 0), "38.0": (2.87, 5.695, 1.25, 2.2, 87.6, 0),
    "39.0": (2.21, 6.217, 12.0, 15.0, 88.9, 0), "40.0": (2.58, 6.634, 34.0, 43.0, 91.2, 0),
    "56.0": (2.18, 5.212, 2.6, 4.2, 137.3, 0), "57.0": (1.10, 5.577, 20.0, 28.0, 138.9, 0),
    "58.0": (1.58, 5.539, 70.0, 190.0, 140.1, 0), "60.0": (1.42, 5.525, 50.0, 130.0, 144.2, 0),
    "63.0": (0.52, 5.670, 8.5, 15.0, 152.0, 0),
}  # fmt: skip
"""Element by atomic number: solar abundance (Asplund et al. 2009, ARA&A 47, 481), ionisation energy in eV (NIST),
partition functions of the neutral and the ion near 5500 K (Gray, table D.2, rounded), atomic mass, whether it is an
alpha element. Lines of ions have the species number plus 0.1."""
SPECIES = SPECIES | {f"{key[:-1]}1": value for key, value in SPECIES.items()}

NUMBER = np.array([round(float(k) * 10) for k in SPECIES])
ABUNDANCE, IONISATION, U_NEUTRAL, U_ION, MASS, IS_ALPHA = (np.array(column) for column in zip(*SPECIES.values(), strict=True))
IS_ION = NUMBER % 10 == 1
_DONORS = np.array([int(np.flatnonzero(NUMBER == n)[0]) for n in (60, 110, 120, 130, 140, 200, 260, 280)])
"""Elements that give the electrons of cool atmospheres."""

ZONES = np.linspace(3600.0, 9200.0, 15)
"""Wavelengths at which the continuous opacity is computed."""
MICROTURBULENCE = 1.5e5
"""cm/s."""
HELIUM = 0.085
"""Helium atoms per hydrogen atom."""

LOG_ETA = np.linspace(-5.0, 8.0, 131)
LOG_A = np.linspace(-4.0, 1.0, 21)
"""Axes of the curve of growth: log10 of the central opacity ratio and of the damping parameter."""


def curve_of_growth() -> np.ndarray:
    """Return log10 of the integral of eta H / (1 + eta H) over v, H the Voigt function (Minnaert's formula).

    Returns
    -------
    ndarray, shape (21, 131)
        By `LOG_A` and `LOG_ETA`; times the Doppler width and the limiting depth it is the equivalent width.
    """
    from scipy.special import voigt_profile

    v = np.sinh(np.linspace(0.0, np.arcsinh(3e4), 1500))
    eta = 10.0 ** LOG_ETA[:, None]
    out = []
    for a in 10.0**LOG_A:
        profile = math.sqrt(math.pi) * voigt_profile(v, math.sqrt(0.5), a)
        out.append(np.log10(2.0 * np.trapezoid(eta * profile / (1.0 + eta * profile), v, axis=1)))
    return np.array(out)


@numba.njit(cache=True)
def saha(temperature: float, electron_pressure: float, energy: float, ratio: float) -> float:
    """Return N(ion)/N(neutral) for an ionisation energy (eV) and ratio of partition functions (Gray, eq. 1.21)."""
    return (
        0.6665 * ratio * temperature**2.5 * 10.0 ** (-5040.0 / temperature * energy) / electron_pressure
    )


@numba.njit(cache=True)
def hydrogen_minus(wavelength: float, temperature: float, electron_pressure: float) -> float:
    """Return the opacity of H- per neutral hydrogen atom, cm2 (Gray, eqs. 8.12 and 8.13)."""
    theta = 5040.0 / temperature
    w = wavelength
    bound = (
        1.99654 + w * (-1.18267e-5 + w * (2.64243e-6 + w * (-4.40524e-10 + w * (3.23992e-14 + w * (-1.39568e-18 + w * 2.78701e-23)))))
    ) * 1e-18  # fmt: skip
    out = 4.158e-10 * bound * electron_pressure * theta**2.5 * 10.0 ** (0.754 * theta)
    x = math.log10(w)
    f0 = -2.2763 + x * (-1.6850 + x * (0.76661 - x * 0.053346))
    f1 = 15.2827 + x * (-9.2846 + x * (1.99381 - x * 0.142631))
    f2 = -197.789 + x * (190.266 + x * (-67.9775 + x * (10.6913 - x * 0.625151)))
    t = math.log10(theta)
    return out * (1.0 - 10.0 ** (-1.2398e4 / w * theta)) + 1e-26 * electron_pressure * 10.0 ** (f0 + t * (f1 + t * f2))


@numba.njit(cache=True)
def hydrogen(wavelength: float, temperature: float) -> float:
    """Return the bound-free opacity of neutral hydrogen per atom, cm2 (Gray, eq. 8.8, Gaunt factors 1)."""
    theta = 5040.0 / temperature
    total = 0.0
    for n in range(2, 7):
        if wavelength < 911.753 * n * n:
            total += 10.0 ** (-theta * 13.5984 * (1.0 - 1.0 / (n * n))) / n**3
    return 1.0449e-26 * wavelength**3 * total


@numba.njit(cache=True)
def continuum(wavelength: float, temperature: float, electron_pressure: float) -> float:
    """Return the continuous opacity per hydrogen nucleus, cm2: H-, H, electron scattering."""
    ionised = saha(temperature, electron_pressure, 13.598, 0.5)
    neutral = 1.0 / (1.0 + ionised)
    kappa = (hydrogen_minus(wavelength, temperature, electron_pressure) + hydrogen(wavelength, temperature)) * neutral
    return kappa + 6.6524e-25 * ionised * neutral


@numba.njit(cache=True)
def electron_pressure(gas_pressure: float, ionised: np.ndarray, abundance: np.ndarray) -> float:
    """Return the electron pressure, by bisection in its logarithm.

    Parameters
    ----------
    gas_pressure : float
        dyn/cm2.
    ionised : ndarray, shape (1 + number of donors,)
        N(ion)/N(neutral) at an electron pressure of 1 dyn/cm2 of hydrogen and the donors.
    abundance : ndarray
        By number relative to hydrogen, as of `abundances`.
    """
    low, high = -6.0, math.log10(gas_pressure)
    for _ in range(26):
        middle = 0.5 * (low + high)
        pe = 10.0**middle
        electrons = ionised[0] / (pe + ionised[0])
        for k in range(_DONORS.size):
            electrons += abundance[_DONORS[k]] * ionised[k + 1] / (pe + ionised[k + 1])
        if electrons * (gas_pressure - pe) / (1.0 + HELIUM) > pe:
            low = middle
        else:
            high = middle
    return 10.0 ** (0.5 * (low + high))


@numba.njit(cache=True)
def layer(temperature: float, logg: float, depth: float, abundance: np.ndarray) -> tuple[float, float]:
    """Return gas and electron pressure, dyn/cm2, at optical depth `depth` (5000 Å) in hydrostatic equilibrium."""
    gravity = 10.0**logg
    log_pg = 4.0
    pe = 1.0
    ionised = np.empty(1 + _DONORS.size)
    ionised[0] = saha(temperature, 1.0, 13.598, 0.5)
    for k in range(_DONORS.size):
        i = _DONORS[k]
        ionised[k + 1] = saha(temperature, 1.0, IONISATION[i], U_ION[i] / U_NEUTRAL[i])
    for _ in range(12):
        pe = electron_pressure(10.0**log_pg, ionised, abundance)
        kappa = continuum(5000.0, temperature, pe) / ((1.0 + 4.0 * HELIUM) * AMU)
        # Opacity grows with depth: the mean above the layer is about half of its own.
        log_pg = 0.5 * (log_pg + math.log10(depth * gravity / (0.5 * kappa)))
    return 10.0**log_pg, pe


@numba.njit(cache=True)
def abundances(mh: float, alpha: float) -> np.ndarray:
    """Return abundances by number relative to hydrogen of all species, for [M/H] of the non-alpha metals."""
    out = np.empty(ABUNDANCE.size)
    for i in range(ABUNDANCE.size):
        out[i] = 10.0 ** (ABUNDANCE[i] - 12.0 + mh + alpha * IS_ALPHA[i])
    return out


@numba.njit(cache=True)
def species_strength(temperature: float, pe: float, abundance: np.ndarray) -> np.ndarray:
    """Return log10 of (atoms per hydrogen nucleus in the stage / its partition function) of every species."""
    out = np.empty(abundance.size)
    for i in range(abundance.size):
        x = saha(temperature, pe, IONISATION[i], U_ION[i] / U_NEUTRAL[i])
        if IS_ION[i]:
            out[i] = math.log10(abundance[i] * x / (1.0 + x) / U_ION[i])
        else:
            out[i] = math.log10(abundance[i] / (1.0 + x) / U_NEUTRAL[i])
    return out


@numba.njit(cache=True)
def planck_ratio(wavelength: float, cool: float, hot: float) -> float:
    """Return B(cool) / B(hot) at a wavelength."""
    x = 1.438776877e8 / wavelength
    return math.expm1(x / hot) / math.expm1(x / cool)


@numba.njit(cache=True)
def doppler_velocity(temperature: float, mass: float) -> float:
    """Return the Doppler velocity, cm/s, thermal and turbulent, of an atom of a mass in atomic units."""
    return math.sqrt(2.0 * K * temperature / (mass * AMU) + MICROTURBULENCE**2)


@numba.njit(cache=True)
def damping(wavelength: float, temperature: float, gas_pressure: float, velocity: float) -> float:
    """Return the damping parameter a: radiation and van der Waals broadening.

    Radiation by the classical constant; van der Waals 10**-7.8 s-1 cm3 at 10^4 K, of the order of Unsöld's value for iron lines.
    """
    width = velocity / (wavelength * 1e-8)
    hydrogen_density = gas_pressure / ((1.0 + HELIUM) * K * temperature)
    gamma = 0.2223e16 / wavelength**2 + 10.0**-7.8 * hydrogen_density * (temperature / 1e4) ** 0.3
    return gamma / (4.0 * math.pi * width)


@numba.njit(cache=True)
def grow(growth: np.ndarray, log_eta: float, log_a: float) -> float:
    """Return the integral that `curve_of_growth` tabulates, by bilinear interpolation of its logarithm."""
    x = min(max((log_eta - LOG_ETA[0]) * 10.0, 0.0), LOG_ETA.size - 1.001)
    y = min(max((log_a - LOG_A[0]) * 4.0, 0.0), LOG_A.size - 1.001)
    i, j = int(x), int(y)
    u, v = x - i, y - j
    low = growth[j, i] * (1 - u) + growth[j, i + 1] * u
    high = growth[j + 1, i] * (1 - u) + growth[j + 1, i + 1] * u
    if log_eta < LOG_ETA[0]:
        return math.exp(LN10 * (low * (1 - v) + high * v + log_eta - LOG_ETA[0]))
    return math.exp(LN10 * (low * (1 - v) + high * v))


LINE_CONSTANT = math.log10(math.sqrt(math.pi) * (4.80320425e-10) ** 2 / (M_E * C) * 1e-8)
"""log10 of sqrt(pi) e^2 / (m c), times Å in cm: central cross-section is this × gf × wavelength(Å) / velocity."""


def equivalent_widths(lines: np.ndarray, teff: float, logg: float, metals: float) -> np.ndarray:
    """Return equivalent widths, Å, of lines in one star (used when the table of lines was chosen).

    Parameters
    ----------
    lines : ndarray, shape (n, 4)
        Vacuum wavelength (Å), species, excitation (eV), log gf.
    teff, logg, metals : float
        The star: K, dex, dex.
    """
    abundance = abundances(metals, 0.0)
    temperature = 0.87 * teff
    gas, pe = layer(temperature, logg, 0.15, abundance)
    number = species_strength(temperature, pe, abundance)
    growth = curve_of_growth()
    out = np.empty(len(lines))
    for i, (wavelength, species, excitation, log_gf) in enumerate(lines):
        s = int(np.flatnonzero(round(species * 10) == NUMBER)[0])
        velocity = doppler_velocity(temperature, MASS[s])
        eta = log_gf + math.log10(wavelength) + LINE_CONSTANT + number[s] - math.log10(velocity)
        eta -= 5040.0 / temperature * excitation + math.log10(continuum(wavelength, temperature, pe))
        a = math.log10(damping(wavelength, temperature, gas, velocity))
        out[i] = wavelength * velocity / C * grow(growth, eta, a)
    return out
