"""A one-layer atmosphere: lines and spectra (D. F. Gray, 2008, 3rd ed., chapter 13) of its `gas`.

All in cgs units, wavelengths in Å, temperatures in K. Every function is compiled by numba and works on one star, so
that a spectrum does not depend on which others are computed with it. Tables come as arguments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from vacframe_mock_survey.method.spectra.compilation import compiled
from vacframe_mock_survey.method.spectra.constants import AMU, HELIUM, SECOND_RADIATION, C, K
from vacframe_mock_survey.method.spectra.gas import abundances, continuum, layer, saha, species_strength
from vacframe_mock_survey.method.spectra.grids import (
    A_FIRST,
    A_STEP,
    DAMPINGS,
    ETA_FIRST,
    ETA_STEP,
    ETAS,
    MARGIN,
    OVER,
    PHASES,
    REACH,
    SCALE,
    STEP,
    ZONE_FIRST,
    ZONE_STEP,
    ZONES,
)
from vacframe_mock_survey.method.spectra.molecules import along, transmission

if TYPE_CHECKING:
    from vacframe_mock_survey.method.spectra.tables import Tables

MICROTURBULENCE = 1.5e5
"""cm/s."""

LINE_TEMPERATURE, LINE_DEPTH = 0.90, 0.15
"""Temperature, in units of Teff, and optical depth of the layer where metal lines form."""
CONTRAST = 0.45
"""Factor on the strength of metal lines: weak lines form deep, where they show less contrast than the surface would
give. Chosen, with the layer and the damping constant, so that solar lines get their measured equivalent widths."""
DEEP_TEMPERATURE, DEEP_DEPTH = 1.0, 0.7
"""The same for the wings of hydrogen lines, whose excitation is high."""
SURFACE_TEMPERATURE = 0.72
"""Temperature, in units of Teff, that the cores of the strongest lines show."""
STRONG = 0.5
"""Equivalent width, Å, from which a line's own profile is computed."""
COOLEST = 1000.0
"""K; below it, and for unknown labels, there is no spectrum."""
BALMER_DEPTH, PASCHEN_DEPTH = 0.74, 0.34
"""Limiting depth of hydrogen lines relative to that of metal lines: with their high excitation they form deeper.
Adjusted on LAMOST spectra."""
STARK, ALPHA_SHARE = 1.4e-2, 0.35
"""Wing constant: S(alpha) = STARK (n / 3)^2 alpha^-5/2, alpha in Å per unit field, of the order of Underhill &
Waddell's (1959, NBS Circular 603); the share of it in H-alpha, which forms higher. Adjusted on LAMOST spectra."""
CHROMOSPHERE, COLUMN, H_ALPHA = 2.0e6, 60.0, 0.6407 * 6564.6
"""Doppler velocity, cm/s, of the chromosphere, in which the cores of the Balmer lines of cool stars form, and its
optical depth in the core of H-alpha, as of Cram & Mullan (1979, ApJ 234, 579); the depth such that H-alpha of K giants
has 1.1 Å; strength and wavelength (Å) of H-alpha."""
COOLEST_CHROMOSPHERE = 4400.0
"""Teff, K, of dwarfs below which that depth declines, by e every 300 K (Stauffer & Hartmann 1986, ApJS 61, 531)."""
VEIL, VEIL_THETA, VEIL_SLOPE, VEIL_MOST = 0.40, 2.9, 0.4, 0.72
"""Optical depth at 4000 Å of the lines that are not in the list, at 5040 / Teff = 1.186 and solar metals; its growth,
dex, with 5040 / Teff and with metallicity; its largest value. Fitted to the colours of all MILES giants cooler than
5200 K: the flux at 4000 to 4600 Å relative to that at 5450 to 5700 Å."""
MOST_TRANSPARENT = 4.0
"""Largest ratio of the mean opacity to that at a wavelength: convection flattens the temperature below."""


@compiled
def planck_ratio(wavelength: float, cool: float, hot: float) -> float:
    """Return B(cool) / B(hot) at a wavelength."""
    x = SECOND_RADIATION / wavelength
    return math.expm1(x / hot) / math.expm1(x / cool)


@compiled
def doppler_velocity(temperature: float, mass: float) -> float:
    """Return the Doppler velocity, cm/s, thermal and turbulent, of an atom of a mass in atomic units."""
    return math.sqrt(2.0 * K * temperature / (mass * AMU) + MICROTURBULENCE**2)


@compiled
def damping(wavelength: float, temperature: float, gas_pressure: float, velocity: float) -> float:
    """Return the damping parameter a: radiation and van der Waals broadening.

    Radiation by the classical constant; van der Waals 10**-7.8 s-1 cm3 at 10^4 K, of the order of Unsöld's value for
    iron lines.
    """
    width = velocity / (wavelength * 1e-8)
    hydrogen_density = gas_pressure / ((1.0 + HELIUM) * K * temperature)
    gamma = 0.2223e16 / wavelength**2 + 10.0**-7.8 * hydrogen_density * (temperature / 1e4) ** 0.3
    return gamma / (4.0 * math.pi * width)


@compiled
def grow(growth: np.ndarray, log_eta: float, log_a: float) -> float:
    """Return the integral that `curve_of_growth` tabulates, by bilinear interpolation."""
    x = min(max((log_eta - ETA_FIRST) / ETA_STEP, 0.0), ETAS - 1.001)
    y = min(max((log_a - A_FIRST) / A_STEP, 0.0), DAMPINGS - 1.001)
    i, j = int(x), int(y)
    u, v = x - i, y - j
    low = growth[j, i] * (1 - u) + growth[j, i + 1] * u
    return low + (growth[j + 1, i] * (1 - u) + growth[j + 1, i + 1] * u - low) * v


@compiled
def hydrogen_lines(
    transmission: np.ndarray, shift: float, teff: float, logg: float, abundance: np.ndarray, t: Tables
) -> None:
    """Multiply the hydrogen lines into a subpixel transmission; `shift` is the Doppler shift in pixels."""
    temperature = DEEP_TEMPERATURE * teff
    _, pe = layer(temperature, logg, DEEP_DEPTH, abundance, t)
    electrons = pe / (K * temperature)
    field = 1.25e-9 * electrons ** (2.0 / 3.0)
    ionised = saha(temperature, pe, 13.598, 0.5)
    velocity = doppler_velocity(temperature, 1.008)
    faint = max(0.0, COOLEST_CHROMOSPHERE - teff) if logg > 3.5 else 0.0
    chromosphere = COLUMN * math.exp(-faint / 300.0)
    for k in range(t.hydrogen.shape[0]):
        first_level, n, strength = t.hydrogen[k]
        inner = 1.0 / (first_level * first_level)
        wavelength = 911.7634 / (inner - 1.0 / (n * n))
        lower = 10.0 ** (-5040.0 / temperature * 13.598 * (1.0 - inner)) / inner / (1.0 + ionised)
        kappa = continuum(wavelength, temperature, pe)
        # pi e^2 / (m c^2) lambda^2 f N2 / kappa: opacity ratio integrated over wavelength in Å.
        total = 8.8528e-13 * (wavelength * 1e-8) ** 2 * strength * lower / kappa * 1e8
        doppler = wavelength * velocity / C
        wing = total * STARK * (n / 3.0) ** 2 * field**1.5
        if n < 3.5:
            wing *= ALPHA_SHARE
        core = total / (math.sqrt(math.pi) * doppler)
        high = wavelength * CHROMOSPHERE / C
        column = chromosphere * strength * wavelength / H_ALPHA if first_level < 2.5 else 0.0
        limit = 1.0 - planck_ratio(wavelength, SURFACE_TEMPERATURE * teff, teff)
        limit *= BALMER_DEPTH if first_level < 2.5 else PASCHEN_DEPTH
        # Half of the way to the neighbour in the series bounds the profile.
        reach = min(250.0, (wing / 0.003) ** 0.4 + 5.0 * max(doppler, high))
        center = (math.log10(wavelength) - t.first) / STEP + shift
        half = reach / (wavelength * SCALE)
        first = max(0, int((center - half + REACH) * OVER))
        last = min(OVER * transmission.shape[1] - 1, int((center + half + REACH) * OVER) + 1)
        for i in range(first, last + 1):
            distance = abs((i / OVER - REACH - center) * wavelength * SCALE)
            v = distance / doppler
            square = distance * distance + 0.3
            eta = wing / (square * math.sqrt(math.sqrt(square)))
            if v < 5.0:
                eta += core * math.exp(-v * v)
            if distance < 3.0 * high:
                eta += column * math.exp(-((distance / high) ** 2))
            # The core forms higher, where it is cooler, than the wings.
            transmission[i % OVER, i // OVER] *= 1.0 - limit * (0.65 + 0.35 * eta / (eta + 100.0)) * eta / (1.0 + eta)


@compiled
def strong_line(
    transmission: np.ndarray, center: float, wavelength: float, eta0: float, a: float, doppler: float, limit: float
) -> None:
    """Multiply one damped line into a subpixel transmission (Minnaert's formula, wings a / (sqrt(pi) v^2))."""
    scale = wavelength * SCALE
    reach = min(150.0, doppler * math.sqrt(eta0 * a / (1.7725 * 0.003)) + 4.0 * doppler)
    half = reach / scale
    first = max(0, int((center - half + REACH) * OVER))
    last = min(OVER * transmission.shape[1] - 1, int((center + half + REACH) * OVER) + 1)
    step = scale / OVER / doppler
    for i in range(first, last + 1):
        v = (i / OVER - REACH - center) * scale / doppler
        if abs(v) > 4.0 + step:
            wing = eta0 * a / (1.7724538509 * (v * v + 1.5))
            transmission[i % OVER, i // OVER] *= 1.0 - limit * wing / (1.0 + wing)
            continue
        total = 0.0
        # A core narrower than a subpixel is averaged over it.
        for k in range(-2, 3):
            u = v + 0.2 * k * step
            h = eta0 * (a / (1.7724538509 * (u * u + 1.5)) + math.exp(-u * u))
            total += h / (1.0 + h)
        transmission[i % OVER, i // OVER] *= 1.0 - limit * 0.2 * total


@compiled
def star_spectrum(
    teff: float,
    logg: float,
    metals: float,
    alpha: float,
    carbon: float,
    nitrogen: float,
    velocity: float,
    t: Tables,
    out: np.ndarray,
) -> None:
    """Fill `out`, shape (n_pixel,), with the normalised spectrum of one star."""
    if not math.isfinite(teff + logg + metals + alpha + carbon + nitrogen + velocity) or teff < COOLEST:
        out[:] = np.nan
        return
    pixels = t.pixel_zone.size
    abundance = abundances(metals, alpha, carbon, nitrogen, t)
    temperature = LINE_TEMPERATURE * teff
    gas, pe = layer(temperature, logg, LINE_DEPTH, abundance, t)
    number = species_strength(temperature, pe, abundance, t)
    log_kappa = np.empty(ZONES)
    limit = np.empty(ZONES)
    for z in range(ZONES):
        log_kappa[z] = math.log10(continuum(ZONE_FIRST + z * ZONE_STEP, temperature, pe) / CONTRAST)
        limit[z] = 1.0 - planck_ratio(ZONE_FIRST + z * ZONE_STEP, SURFACE_TEMPERATURE * teff, teff)
    speed = np.empty(number.size)
    log_a = np.empty((number.size, ZONES))
    for s in range(number.size):
        speed[s] = doppler_velocity(temperature, t.mass[s])
        number[s] -= math.log10(speed[s])
        for z in range(ZONES):
            log_a[s, z] = math.log10(damping(ZONE_FIRST + z * ZONE_STEP, temperature, gas, speed[s]))
    theta = 5040.0 / temperature
    shift = math.log10(1.0 + velocity / 299792.458) / STEP
    broad = np.ones((OVER, pixels + 2 * REACH + 1))
    hydrogen_lines(broad, shift, teff, logg, abundance, t)
    weak = np.zeros(pixels + 2 * MARGIN)
    for i in range(t.place.size):
        z, s = t.zone[i], t.species[i]
        log_eta = t.strength[i] + number[s] - theta * t.excitation[i] - log_kappa[z]
        if log_eta < ETA_FIRST:
            continue
        depth = limit[z] * speed[s] / (C * SCALE) * grow(t.growth, log_eta, log_a[s, z])
        center = t.place[i] + shift
        if depth * t.wavelength[i] * SCALE > STRONG:
            doppler = t.wavelength[i] * speed[s] / C
            strong_line(broad, center, t.wavelength[i], 10.0**log_eta, 10.0 ** log_a[s, z], doppler, limit[z])
            continue
        nearest = math.floor(center)
        first = nearest - REACH + MARGIN
        if first < 0 or first > weak.size - 2 * REACH - 1:
            continue
        row = t.kernel[int((center - nearest) * PHASES)]
        for k in range(2 * REACH + 1):
            weak[first + k] += depth * row[k]
    weak = weak[MARGIN : MARGIN + pixels]
    veil = np.empty(pixels)
    transmission(shift, teff, logg, abundance, t, veil)
    total = np.zeros(pixels)
    for k in range(t.smooth.size):
        row, tap = broad[k % OVER, k // OVER : k // OVER + pixels], t.smooth[k]
        for j in range(pixels):
            total[j] += tap * row[j]
    unlisted = min(VEIL * 10.0 ** (VEIL_THETA * (5040.0 / teff - 1.186) + VEIL_SLOPE * metals), VEIL_MOST)
    lowest = np.empty(pixels)
    along(limit, t, lowest)
    for j in range(pixels):
        # Lines of all kinds show the light of the surface where they are opaque.
        low = lowest[j]
        molecules = max(veil[j] - 1.0 + low, 0.0) / low
        atoms = max(total[j] - 1.0 + low, 0.0) * math.exp(-weak[j] / low - unlisted * t.veil[j] * molecules)
        out[j] = 1.0 - low + atoms * molecules


@compiled
def continuum_flux(
    teff: float, logg: float, metals: float, alpha: float, wavelength: np.ndarray, t: Tables, out: np.ndarray
) -> None:
    """Fill `out` with the flux without lines per wavelength, any unit, at `wavelength` (Å), shape (n,) both.

    Planck's function at the temperature that a grey atmosphere has at the depth seen, T^4 = Teff^4 (1 + r) / 2, where r
    is the mean opacity over that at the wavelength (Eddington's approximation, Gray, eq. 7.29): hydrogen's
    discontinuities come out of it.
    """
    if not math.isfinite(teff + logg + metals + alpha) or teff < COOLEST:
        out[:] = np.nan
        return
    abundance = abundances(metals, alpha, 0.0, 0.0, t)
    temperature = DEEP_TEMPERATURE * teff
    _, pe = layer(temperature, logg, DEEP_DEPTH, abundance, t)
    light, through = 0.0, 0.0
    for i in range(wavelength.size):
        out[i] = continuum(wavelength[i], temperature, pe)
        x = 5000.0 / wavelength[i]
        weight = x**5 / math.expm1(SECOND_RADIATION / (wavelength[i] * teff)) * wavelength[i]
        light += weight
        through += weight / out[i]
    for i in range(wavelength.size):
        ratio = min(light / through / out[i], MOST_TRANSPARENT)
        seen = teff * (0.5 * (1.0 + ratio)) ** 0.25
        out[i] = (5000.0 / wavelength[i]) ** 5 / math.expm1(SECOND_RADIATION / (wavelength[i] * seen))
