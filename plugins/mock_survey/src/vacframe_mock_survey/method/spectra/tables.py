"""Tables behind the spectra, made once per process from the package's data."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import voigt_profile

from vacframe_mock_survey.method.data import FOLDER
from vacframe_mock_survey.method.spectra import elements
from vacframe_mock_survey.method.spectra.constants import LINE_CONSTANT, C
from vacframe_mock_survey.method.spectra.grids import (
    A_FIRST,
    A_STEP,
    BAND_BEFORE,
    BROAD_FIRST,
    BROAD_PIXELS,
    DAMPINGS,
    ETA_FIRST,
    ETA_STEP,
    ETAS,
    LAMOST_FIRST,
    LAMOST_PIXELS,
    OVER,
    PHASES,
    REACH,
    SCALE,
    STEP,
    ZONE_FIRST,
    ZONE_STEP,
    ZONES,
)

RESOLUTION = 1800.0
"""Resolving power of the survey."""
SIGMA = 1.0 / (RESOLUTION * 2.354820045 * SCALE)
"""Instrumental width in pixels, the same all over the spectrum."""
VEIL_EDGE, VEIL_WIDTH = 4350.0, 90.0
"""Wavelength, Å, at which the lines that are not in the list have fallen to half of `atmosphere.VEIL`, and how fast
they fall."""
_LINE_MARGIN = 1.004
"""Lines are kept up to this factor beyond the grid: 1200 km/s."""


class Tables(NamedTuple):
    """What the kernels read; see `make_tables`."""

    first: float
    """log10 of the wavelength, Å, of the first pixel."""
    band_offset: int
    """Place of the first pixel in `bands`."""
    place: np.ndarray
    """Pixel coordinates of the lines at rest, shape (n_lines,)."""
    wavelength: np.ndarray
    """Their vacuum wavelengths, Å."""
    excitation: np.ndarray
    """Their lower levels, eV."""
    strength: np.ndarray
    """log gf + log wavelength + `LINE_CONSTANT`."""
    species: np.ndarray
    """Their index among the species."""
    zone: np.ndarray
    """Their nearest zone of the continuous opacity."""
    abundance: np.ndarray
    """Solar abundances, log10 with hydrogen at 12, shape (n_species,)."""
    ionisation: np.ndarray
    """Ionisation energies of the neutral, eV."""
    ion_ratio: np.ndarray
    """Partition function of the ion over that of the neutral."""
    partition: np.ndarray
    """Partition function of the stage of the species."""
    neutral: np.ndarray
    """Partition function of the neutral."""
    mass: np.ndarray
    """Atomic masses."""
    is_alpha: np.ndarray
    """1 for alpha elements, else 0."""
    element: np.ndarray
    """Atomic number."""
    is_ion: np.ndarray
    """Whether the species is an ion."""
    donors: np.ndarray
    """Indices of the elements that give the electrons."""
    carbon_oxygen: np.ndarray
    """Indices of carbon and oxygen."""
    titanium: int
    """Index of titanium."""
    hydrogen: np.ndarray
    """Lower level, upper level, oscillator strength, shape (n, 3)."""
    molecule_atoms: np.ndarray
    """Indices of the two atoms, -1 for hydrogen, shape (n_molecule, 2)."""
    molecule_constants: np.ndarray
    """As `elements.MOLECULE_CONSTANTS`."""
    band_temperatures: np.ndarray
    """Temperatures of `bands`, K."""
    bands: np.ndarray
    """Molecular opacity in shares of each pixel at the survey's resolution, shape (n_molecule, n_temperature, n_share,
    BAND_PIXELS), float32."""
    band_peak: np.ndarray
    """Largest opacity of each molecule, shape (n_molecule,)."""
    molecular_scale: float
    """What takes opacity per pixel and molecule to a cross-section in cm2."""
    zone_pixels: np.ndarray
    """First pixel of each zone, shape (ZONES,)."""
    veil: np.ndarray
    """Share of `atmosphere.VEIL` in the pixels, shape (n_pixel,)."""
    zones: np.ndarray
    """Wavelengths, Å, of the zones."""
    growth: np.ndarray
    """Curve of growth, shape (DAMPINGS, ETAS)."""
    kernel: np.ndarray
    """Instrumental profile by subpixel phase, shape (PHASES, 2 REACH + 1), each row of sum 1."""
    smooth: np.ndarray
    """The same on subpixels, shape (2 REACH OVER + 1,)."""
    pixel_zone: np.ndarray
    """Place of the pixels among the zones, fractional index, shape (n_pixel,)."""


def curve_of_growth() -> np.ndarray:
    """Return the integral of eta H / (1 + eta H) over v, H the Voigt function (Minnaert's formula).

    Returns
    -------
    ndarray, shape (DAMPINGS, ETAS)
        By damping parameter and central opacity ratio; times the Doppler width and the limiting depth it is the
        equivalent width.
    """
    v = np.sinh(np.linspace(0.0, np.arcsinh(3e4), 1500))
    eta = 10.0 ** (ETA_FIRST + ETA_STEP * np.arange(ETAS))[:, None]
    out = []
    for a in 10.0 ** (A_FIRST + A_STEP * np.arange(DAMPINGS)):
        profile = math.sqrt(math.pi) * voigt_profile(v, math.sqrt(0.5), a)
        out.append(2.0 * np.trapezoid(eta * profile / (1.0 + eta * profile), v, axis=1))
    return np.array(out)


def instrument() -> tuple[np.ndarray, np.ndarray]:
    """Return the Gaussian instrumental profile by subpixel phase and on subpixels, as `Tables` holds them."""
    offsets = np.arange(-REACH, REACH + 1)[None, :] - (np.arange(PHASES) / PHASES)[:, None]
    kernel = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    smooth = np.exp(-0.5 * (np.arange(-REACH * OVER, REACH * OVER + 1) / OVER / SIGMA) ** 2)
    return kernel / kernel.sum(axis=1, keepdims=True), smooth / smooth.sum()


def molecular_bands() -> np.ndarray:
    """Return the stored opacity of the molecules, shape (n_molecule, n_temperature, n_share, BAND_PIXELS), float32."""
    with np.load(FOLDER / "bands.npz") as stored:
        return np.exp(np.array([stored[name] for name in elements.MOLECULES], dtype=np.float32))


def species_index(number: float) -> int:
    """Return the index of a species (``26.1`` is ionised iron) in `elements`."""
    return int(np.flatnonzero(round(10 * number) == elements.NUMBER)[0])


def line_tables(lines: np.ndarray, first: float) -> dict[str, np.ndarray]:
    """Return the fields of `Tables` that describe lines of shape (n, 4): vacuum Å, species, excitation, log gf."""
    index = {number: species_index(number) for number in np.unique(lines[:, 1]).tolist()}
    zones = ZONE_FIRST + ZONE_STEP * np.arange(ZONES)
    return {
        "place": (np.log10(lines[:, 0]) - first) / STEP,
        "wavelength": np.ascontiguousarray(lines[:, 0]),
        "excitation": np.ascontiguousarray(lines[:, 2]),
        "strength": lines[:, 3] + np.log10(lines[:, 0]) + LINE_CONSTANT,
        "species": np.array([index[number] for number in lines[:, 1].tolist()]),
        "zone": np.abs(zones[None, :] - lines[:, :1]).argmin(axis=1),
    }


def make_tables(lines: np.ndarray, first: float = LAMOST_FIRST, pixels: int = LAMOST_PIXELS) -> Tables:
    """Return the tables of a grid of wavelengths with those of a list of lines, shape (n, 4), that matter on it."""
    kernel, smooth = instrument()
    zones = ZONE_FIRST + ZONE_STEP * np.arange(ZONES)
    wavelength = 10.0 ** (first + STEP * np.arange(pixels))
    bands = molecular_bands()
    inside = (lines[:, 0] > wavelength[0] / _LINE_MARGIN) & (lines[:, 0] < wavelength[-1] * _LINE_MARGIN)
    return Tables(
        first=first,
        band_offset=BAND_BEFORE + round((first - LAMOST_FIRST) / STEP),
        **line_tables(lines[inside], first),
        abundance=elements.ABUNDANCE,
        ionisation=elements.IONISATION,
        ion_ratio=elements.U_ION / elements.U_NEUTRAL,
        partition=np.where(elements.IS_ION, elements.U_ION, elements.U_NEUTRAL),
        neutral=elements.U_NEUTRAL,
        mass=elements.MASS,
        is_alpha=elements.IS_ALPHA,
        element=elements.ELEMENT,
        is_ion=elements.IS_ION,
        donors=elements.DONORS,
        carbon_oxygen=np.array([elements.CARBON, elements.OXYGEN]),
        titanium=elements.TITANIUM,
        hydrogen=elements.HYDROGEN,
        molecule_atoms=elements.MOLECULE_ATOMS,
        molecule_constants=elements.MOLECULE_CONSTANTS,
        band_temperatures=elements.BAND_TEMPERATURES,
        bands=bands,
        band_peak=bands.max(axis=(1, 2, 3)),
        molecular_scale=10.0**LINE_CONSTANT * math.sqrt(math.pi) / C / SCALE,
        zones=zones,
        zone_pixels=np.searchsorted(wavelength, zones),
        veil=1.0 / (1.0 + np.exp((wavelength - VEIL_EDGE) / VEIL_WIDTH)),
        growth=curve_of_growth(),
        kernel=kernel,
        smooth=smooth,
        pixel_zone=np.interp(wavelength, zones, np.arange(ZONES)),
    )


@lru_cache(maxsize=1)
def lines() -> np.ndarray:
    """Return the package's lines, shape (n, 4)."""
    return np.loadtxt(FOLDER / "lines.csv", delimiter=",", skiprows=1)


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables on the survey's grid."""
    return make_tables(lines())


@lru_cache(maxsize=1)
def broad_tables() -> Tables:
    """Return the tables on the grid behind low-dispersion spectra."""
    return make_tables(lines(), BROAD_FIRST, BROAD_PIXELS)
