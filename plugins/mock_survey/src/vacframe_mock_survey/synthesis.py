"""Normalised spectra at the survey's resolution, and the tables that they are computed from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numba
import numpy as np

from vacframe_mock_survey import opacity as op

FIRST, STEP, PIXELS = 3.5682, 1e-4, 3909
LINE_TEMPERATURE, LINE_DEPTH = 0.90, 0.15
"""Temperature, in units of Teff, and optical depth of the layer where metal lines form."""
CONTRAST = 0.45
"""Factor on the strength of metal lines: weak lines form deep, where they show less contrast than the surface would
give. Chosen, with the layer and the damping constant, so that solar lines get their measured equivalent widths."""
DEEP_TEMPERATURE, DEEP_DEPTH = 0.97, 0.7
"""The same for the wings of hydrogen lines, whose excitation is high."""
SURFACE_TEMPERATURE = 0.72
"""Temperature, in units of Teff, that the cores of the strongest lines show."""
RESOLUTION = 1800.0
OVER = 5
"""Subpixels per pixel for strong lines."""
STRONG = 0.5
"""Equivalent width, Å, from which a line's own profile is computed."""
FAINTEST = -2.5
"""log10 of the central opacity ratio below which a line is left out: less than 0.2 mÅ."""
PHASES = 128
REACH = 6
"""Pixels each side that a weak line spreads over."""
_SIGMA = 1.0 / (RESOLUTION * 2.354820045 * math.log(10.0) * STEP)
"""Instrumental width in pixels, the same all over the spectrum."""

HYDROGEN = np.array(
    [
        *((2, 3 + k, f) for k, f in enumerate((
            0.6407, 0.1193, 0.04467, 0.02209, 0.01270, 0.008036, 0.005429, 0.003851, 0.002835, 0.002151, 0.001672,
            0.001326, 0.001070, 0.000877,
        ))),
        *((3, 8 + k, f) for k, f in enumerate((
            0.02766, 0.01846, 0.01300, 0.009532, 0.007212, 0.005591, 0.004425, 0.003563, 0.002911, 0.002410, 0.002018,
        ))),
    ]
)  # fmt: skip
"""Lower and upper level and oscillator strength of Balmer and Paschen lines (Wiese, Smith & Glennon 1966, NSRDS-NBS 4;
the highest ones by their scaling as n^-3)."""
BALMER_DEPTH, PASCHEN_DEPTH = 0.74, 0.35
"""Limiting depth of hydrogen lines relative to that of metal lines: with their high excitation they form deeper.
Adjusted on LAMOST spectra."""
STARK = 8.0e-3
"""Wing constant of H-alpha: S(alpha) = STARK (n / 3)^2 alpha^-5/2, alpha in Å per unit field; of the order of
Underhill & Waddell's (1959, NBS Circular 603), adjusted on LAMOST spectra."""
MOLECULES = {
    "CH": ("6.0", "1.0", 3.47, 14.46, 2858.0, 4.0, 0.930),
    "MgH": ("12.0", "1.0", 1.27, 5.83, 1495.0, 2.0, 0.968),
    "CN": ("6.0", "7.0", 7.72, 1.90, 2068.0, 2.0, 6.462),
    "C2": ("6.0", "6.0", 6.24, 1.82, 1855.0, 4.0, 6.000),
    "TiO": ("22.0", "8.0", 6.87, 0.535, 1009.0, 6.0, 11.99),
}
"""Atoms, dissociation energy (eV), rotational and vibrational constant (1/cm), electronic statistical weight of the
ground state, reduced mass: Huber & Herzberg (1979), Constants of Diatomic Molecules (C2 with half of its low triplet)."""
MOLECULAR_SATURATION = 6.0
"""How early the summed absorption of a molecule's lines saturates; adjusted on the G band of LAMOST spectra."""
BAND_TEMPERATURES = np.array([3200.0, 4000.0, 5200.0])
BAND_MARGIN = 150
"""Pixels by which the molecular tables extend beyond the grid."""


@dataclass(frozen=True)
class Tables:
    """What the kernels read.

    Attributes
    ----------
    place : ndarray, shape (n_lines,)
        Pixel coordinate of the lines at rest.
    wavelength, excitation, strength : ndarray, shape (n_lines,)
        Vacuum Å, eV, log gf plus log wavelength plus the constants of the cross-section.
    species, zone : ndarray of int, shape (n_lines,)
        Index into `opacity.SPECIES`; index into `opacity.ZONES`.
    growth : ndarray
        `opacity.curve_of_growth`.
    kernel : ndarray, shape (PHASES, 2 REACH + 1)
        Instrumental profile by subpixel phase, each row of sum 1.
    smooth : ndarray, shape (n,)
        The same on subpixels.
    pixel_zone : ndarray, shape (PIXELS,)
        Place of the pixels on `opacity.ZONES`, fractional index.
    bands : ndarray, shape (n_molecule, 3, PIXELS + 2 BAND_MARGIN), float32
        Molecular opacity at `BAND_TEMPERATURES`, already at the survey's resolution.
    """

    place: np.ndarray
    wavelength: np.ndarray
    excitation: np.ndarray
    strength: np.ndarray
    species: np.ndarray
    zone: np.ndarray
    growth: np.ndarray
    kernel: np.ndarray
    smooth: np.ndarray
    pixel_zone: np.ndarray
    bands: np.ndarray


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables, read from the package's data once per process."""
    folder = Path(__file__).parent / "data"
    lines = np.loadtxt(folder / "lines.csv", delimiter=",", skiprows=1)
    offsets = np.arange(-REACH, REACH + 1)[None, :] - (np.arange(PHASES) / PHASES)[:, None]
    kernel = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    sub = np.arange(-REACH * OVER, REACH * OVER + 1) / OVER
    smooth = np.exp(-0.5 * (sub / _SIGMA) ** 2)
    smooth /= smooth.sum()
    fine = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / _SIGMA) ** 2)
    stored = np.load(folder / "bands.npz")
    bands = [[np.convolve(stored[f"{m}_{k}"], fine / fine.sum(), mode="same") for k in range(3)] for m in MOLECULES]
    numbers = np.round(lines[:, 1] * 10).astype(int)
    return Tables(
        place=(np.log10(lines[:, 0]) - FIRST) / STEP,
        wavelength=lines[:, 0],
        excitation=lines[:, 2],
        strength=lines[:, 3] + np.log10(lines[:, 0]) + op.LINE_CONSTANT,
        species=np.array([int(np.flatnonzero(op.NUMBER == n)[0]) for n in numbers]),
        zone=np.abs(op.ZONES[None, :] - lines[:, :1]).argmin(axis=1),
        growth=op.curve_of_growth(),
        kernel=kernel / kernel.sum(axis=1, keepdims=True),
        smooth=smooth,
        pixel_zone=np.interp(10.0 ** (FIRST + STEP * np.arange(PIXELS)), op.ZONES, np.arange(op.ZONES.size)),
        bands=np.array(bands, dtype=np.float32),
    )


_ATOM = np.array(
    [[-1 if k == "1.0" else int(np.flatnonzero(op.NUMBER == round(float(k) * 10))[0]) for k in m[:2]] for m in MOLECULES.values()]
)  # fmt: skip
_CONSTANTS = np.array([m[2:] for m in MOLECULES.values()])
_HELIUM = op.HELIUM
_C, _O = (int(np.flatnonzero(op.NUMBER == n)[0]) for n in (60, 80))


@numba.njit(cache=True)
def equilibrium(temperature: float, energy: float, b: float, w: float, g: float, mass: float, weights: float) -> float:
    """Return N(XY) / (N(X) N(Y)), cm3: the law of mass action for a diatomic molecule (Gray, section 13; Tatum 1966).

    `weights` is the product of the atoms' partition functions.
    """
    kt = op.K * temperature
    rotation = kt / (op.H * op.C * b)
    vibration = 1.0 / (1.0 - math.exp(-op.H * op.C * w / kt))
    volume = (op.H**2 / (2.0 * math.pi * mass * op.AMU * kt)) ** 1.5
    return volume * g * rotation * vibration / weights * math.exp(energy * op.EV / kt)


@numba.njit(cache=True)
def molecule_strength(temperature: float, gas_pressure: float, pe: float, abundance: np.ndarray) -> np.ndarray:
    """Return molecules per hydrogen nucleus over their partition function, for CH, MgH, CN, C2, TiO."""
    nuclei = gas_pressure / ((1.0 + _HELIUM) * op.K * temperature)
    free = np.empty(abundance.size)
    for i in range(abundance.size):
        free[i] = abundance[i] / (1.0 + op.saha(temperature, pe, op.IONISATION[i], op.U_ION[i] / op.U_NEUTRAL[i]))
    # Carbon and oxygen left over by CO (11.09 eV, 1.93 and 2170 1/cm, weight 1; Huber & Herzberg 1979).
    bound = equilibrium(temperature, 11.09, 1.93, 2170.0, 1.0, 6.857, op.U_NEUTRAL[_C] * op.U_NEUTRAL[_O]) * nuclei
    total = free[_C] + free[_O] + 1.0 / bound
    co = 0.5 * (total - math.sqrt(max(total * total - 4.0 * free[_C] * free[_O], 0.0)))
    free[_C] = max(free[_C] - co, 1e-4 * free[_C])
    free[_O] = max(free[_O] - co, 1e-4 * free[_O])
    out = np.empty(_ATOM.shape[0])
    for m in range(_ATOM.shape[0]):
        x, y = _ATOM[m]
        energy, b, w, g, mass = _CONSTANTS[m]
        amount = free[x] * (1.0 if y < 0 else free[y])
        weights = op.U_NEUTRAL[x] * (2.0 if y < 0 else op.U_NEUTRAL[y])
        ratio = equilibrium(temperature, energy, b, w, g, mass, weights) * nuclei
        # No more molecules than atoms of the rarer kind.
        number = amount * ratio / (1.0 + ratio * (1.0 if y < 0 else free[y]))
        kt = op.K * temperature
        partition = g * kt / (op.H * op.C * b) / (1.0 - math.exp(-op.H * op.C * w / kt))
        out[m] = number / partition
    return out


@numba.njit(cache=True)
def hydrogen_lines(transmission, shift, teff, logg, abundance):  # type: ignore[no-untyped-def]
    """Multiply the hydrogen lines into a subpixel transmission; `shift` is the Doppler shift in pixels."""
    temperature = DEEP_TEMPERATURE * teff
    _, pe = op.layer(temperature, logg, DEEP_DEPTH, abundance)
    electrons = pe / (op.K * temperature)
    field = 1.25e-9 * electrons ** (2.0 / 3.0)
    ionised = op.saha(temperature, pe, 13.598, 0.5)
    velocity = op.doppler_velocity(temperature, 1.008)
    for k in range(HYDROGEN.shape[0]):
        first_level, n, strength = HYDROGEN[k]
        inner = 1.0 / (first_level * first_level)
        wavelength = 911.7634 / (inner - 1.0 / (n * n))
        lower = 10.0 ** (-5040.0 / temperature * 13.598 * (1.0 - inner)) / inner / (1.0 + ionised)
        kappa = op.continuum(wavelength, temperature, pe)
        # pi e^2 / (m c^2) lambda^2 f N2 / kappa: opacity ratio integrated over wavelength in Å.
        total = 8.8528e-13 * (wavelength * 1e-8) ** 2 * strength * lower / kappa * 1e8
        doppler = wavelength * velocity / op.C
        wing = total * STARK * (n / 3.0) ** 2 * field**1.5
        core = total / (math.sqrt(math.pi) * doppler)
        limit = 1.0 - op.planck_ratio(wavelength, SURFACE_TEMPERATURE * teff, teff)
        limit *= BALMER_DEPTH if first_level < 2.5 else PASCHEN_DEPTH
        # Half of the way to the neighbour in the series bounds the profile.
        reach = min(250.0, (wing / 0.003) ** 0.4 + 5.0 * doppler)
        center = (math.log10(wavelength) - FIRST) / STEP + shift
        half = reach / (wavelength * STEP * 2.302585093)
        first = max(0, int((center - half + REACH) * OVER))
        last = min(OVER * transmission.shape[1] - 1, int((center + half + REACH) * OVER) + 1)
        for i in range(first, last + 1):
            distance = abs((i / OVER - REACH - center) * wavelength * STEP * 2.302585093)
            v = distance / doppler
            square = distance * distance + 0.3
            eta = wing / (square * math.sqrt(math.sqrt(square)))
            if v < 5.0:
                eta += core * math.exp(-v * v)
            transmission[i % OVER, i // OVER] *= 1.0 - limit * eta / (1.0 + eta)


@numba.njit(cache=True)
def strong_line(transmission, center, wavelength, eta0, a, doppler, limit):  # type: ignore[no-untyped-def]
    """Multiply one damped line into a subpixel transmission (Minnaert's formula, wings a / (sqrt(pi) v^2))."""
    scale = wavelength * STEP * 2.302585093
    reach = min(150.0, doppler * math.sqrt(eta0 * a / (1.7725 * 0.003)) + 4.0 * doppler)
    half = reach / scale
    first = max(0, int((center - half + REACH) * OVER))
    last = min(OVER * transmission.shape[1] - 1, int((center + half + REACH) * OVER) + 1)
    step = scale / OVER / doppler
    for i in range(first, last + 1):
        v = (i / OVER - REACH - center) * scale / doppler
        total = 0.0
        # A core narrower than a subpixel is averaged over it.
        for k in range(-2, 3):
            u = v + 0.2 * k * step
            h = a / (1.7724538509 * (u * u + 1.5))
            if abs(u) < 5.0:
                h += math.exp(-u * u)
            total += eta0 * h / (1.0 + eta0 * h)
        transmission[i % OVER, i // OVER] *= 1.0 - limit * 0.2 * total


@numba.njit(cache=True)
def star_spectrum(teff, logg, metals, alpha, velocity, place, wavelength, excitation, strength, species, zone, growth, kernel, smooth, bands, pixel_zone, out):  # type: ignore[no-untyped-def]  # noqa: E501
    """Fill `out`, shape (PIXELS,), with the normalised spectrum of one star."""
    abundance = op.abundances(metals, alpha)
    temperature = LINE_TEMPERATURE * teff
    gas, pe = op.layer(temperature, logg, LINE_DEPTH, abundance)
    number = op.species_strength(temperature, pe, abundance)
    log_kappa = np.empty(op.ZONES.size)
    limit = np.empty(op.ZONES.size)
    for z in range(op.ZONES.size):
        log_kappa[z] = math.log10(op.continuum(op.ZONES[z], temperature, pe) / CONTRAST)
        limit[z] = 1.0 - op.planck_ratio(op.ZONES[z], SURFACE_TEMPERATURE * teff, teff)
    speed = np.empty(number.size)
    log_a = np.empty((number.size, op.ZONES.size))
    for s in range(number.size):
        speed[s] = op.doppler_velocity(temperature, op.MASS[s])
        number[s] -= math.log10(speed[s])
        for z in range(op.ZONES.size):
            log_a[s, z] = math.log10(op.damping(op.ZONES[z], temperature, gas, speed[s]))
    theta = 5040.0 / temperature
    shift = math.log10(1.0 + velocity / 299792.458) / STEP
    transmission = np.ones((OVER, PIXELS + 2 * REACH + 1))
    hydrogen_lines(transmission, shift, teff, logg, abundance)
    weak = np.zeros(PIXELS)
    for i in range(place.size):
        z, s = zone[i], species[i]
        log_eta = strength[i] + number[s] - theta * excitation[i] - log_kappa[z]
        if log_eta < FAINTEST:
            continue
        doppler = wavelength[i] * speed[s] / op.C
        width = limit[z] * doppler * op.grow(growth, log_eta, log_a[s, z])
        center = place[i] + shift
        if width > STRONG:
            strong_line(transmission, center, wavelength[i], 10.0**log_eta, 10.0 ** log_a[s, z], doppler, limit[z])
            continue
        nearest = int(math.floor(center))
        row = kernel[int((center - nearest) * PHASES)]
        depth = width / (wavelength[i] * STEP * 2.302585093)
        for k in range(2 * REACH + 1):
            j = nearest + k - REACH
            if 0 <= j < PIXELS:
                weak[j] += depth * row[k]
    molecules(weak, shift, temperature, gas, pe, abundance, log_kappa, limit, bands, pixel_zone)
    total = np.zeros(PIXELS)
    for k in range(smooth.size):
        row, tap = transmission[k % OVER, k // OVER : k // OVER + PIXELS], smooth[k]
        for j in range(PIXELS):
            total[j] += tap * row[j]
    for j in range(PIXELS):
        z = pixel_zone[j]
        k = int(z)
        low = limit[k] * (1.0 - z + k) + limit[k + 1] * (z - k)
        out[j] = total[j] * (1.0 - low * (1.0 - math.exp(-weak[j] / low)))


@numba.njit(cache=True)
def molecules(weak, shift, temperature, gas, pe, abundance, log_kappa, limit, bands, pixel_zone):  # type: ignore[no-untyped-def]
    """Add the molecular bands to the depth `weak`, shape (PIXELS,)."""
    number = molecule_strength(temperature, gas, pe, abundance)
    inverse = 1.0 / temperature
    k = 0 if temperature < BAND_TEMPERATURES[1] else 1
    low, high = 1.0 / BAND_TEMPERATURES[k], 1.0 / BAND_TEMPERATURES[k + 1]
    u = min(max((inverse - low) / (high - low), 0.0), 1.5)
    # Width of the lines in a pixel over the pixel: cross-section × wavelength / c over the pixel's fraction.
    scale = 10.0 ** (op.LINE_CONSTANT - log_kappa) * math.sqrt(math.pi) / op.C / (STEP * 2.302585093)
    whole = int(math.floor(shift))
    part = shift - whole
    for j in range(PIXELS):
        p = j - whole + BAND_MARGIN
        z = int(pixel_zone[j] + 0.5)
        total = 0.0
        for m in range(number.size):
            a = bands[m, k, p] * (1.0 - part) + bands[m, k, p - 1] * part
            b = bands[m, k + 1, p] * (1.0 - part) + bands[m, k + 1, p - 1] * part
            total += number[m] * max(a + u * (b - a), 0.1 * min(a, b))
        eta = total * scale[z]
        weak[j] += limit[z] * eta / math.sqrt(1.0 + MOLECULAR_SATURATION * eta)


def normalised(
    teff: np.ndarray, logg: np.ndarray, metals: np.ndarray, alpha: np.ndarray, velocity: np.ndarray
) -> np.ndarray:
    """Return normalised spectra, shape (n, PIXELS), float32.

    Parameters
    ----------
    teff, logg : ndarray, shape (n,)
        K and dex.
    metals, alpha : ndarray, shape (n,)
        [X/H] of the non-alpha elements ([Fe/H]), and what alpha elements have beyond it, dex.
    velocity : ndarray, shape (n,)
        Radial velocity, km/s.
    """
    t = tables()
    out = np.ones((len(teff), PIXELS), dtype=np.float32)
    for i in range(len(teff)):
        star_spectrum(
            float(teff[i]), float(logg[i]), float(metals[i]), float(alpha[i]), float(velocity[i]),
            t.place, t.wavelength, t.excitation, t.strength, t.species, t.zone, t.growth, t.kernel, t.smooth, t.bands,
            t.pixel_zone, out[i],
        )  # fmt: skip
    return out
