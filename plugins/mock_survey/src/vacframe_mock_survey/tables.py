"""Tables behind the spectra, made once per process from the package's data."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import voigt_profile

from vacframe_mock_survey import elements
from vacframe_mock_survey.atmosphere import (
    A_FIRST,
    A_STEP,
    DAMPINGS,
    ETA_FIRST,
    ETA_STEP,
    ETAS,
    FIRST,
    LINE_CONSTANT,
    OVER,
    PHASES,
    PIXELS,
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
DATA = Path(__file__).parent / "data"


class Tables(NamedTuple):
    """What the kernels read; see `make_tables`."""

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
    is_ion: np.ndarray
    """Whether the species is an ion."""
    donors: np.ndarray
    """Indices of the elements that give the electrons."""
    carbon_oxygen: np.ndarray
    """Indices of carbon and oxygen."""
    hydrogen: np.ndarray
    """Lower level, upper level, oscillator strength, shape (n, 3)."""
    molecule_atoms: np.ndarray
    """Indices of the two atoms, -1 for hydrogen, shape (n_molecule, 2)."""
    molecule_constants: np.ndarray
    """As `elements.MOLECULE_CONSTANTS`."""
    band_temperatures: np.ndarray
    """Temperatures of `bands`, K."""
    bands: np.ndarray
    """Molecular opacity at the survey's resolution, shape (n_molecule, 3, PIXELS + 2 BAND_MARGIN), float32."""
    growth: np.ndarray
    """Curve of growth, shape (DAMPINGS, ETAS)."""
    kernel: np.ndarray
    """Instrumental profile by subpixel phase, shape (PHASES, 2 REACH + 1), each row of sum 1."""
    smooth: np.ndarray
    """The same on subpixels, shape (2 REACH OVER + 1,)."""
    pixel_zone: np.ndarray
    """Place of the pixels among the zones, fractional index, shape (PIXELS,)."""


def curve_of_growth() -> np.ndarray:
    """Return log10 of the integral of eta H / (1 + eta H) over v, H the Voigt function (Minnaert's formula).

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
        out.append(np.log10(2.0 * np.trapezoid(eta * profile / (1.0 + eta * profile), v, axis=1)))
    return np.array(out)


def instrument() -> tuple[np.ndarray, np.ndarray]:
    """Return the Gaussian instrumental profile by subpixel phase and on subpixels, as `Tables` holds them."""
    offsets = np.arange(-REACH, REACH + 1)[None, :] - (np.arange(PHASES) / PHASES)[:, None]
    kernel = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    smooth = np.exp(-0.5 * (np.arange(-REACH * OVER, REACH * OVER + 1) / OVER / SIGMA) ** 2)
    return kernel / kernel.sum(axis=1, keepdims=True), smooth / smooth.sum()


def molecular_bands(kernel: np.ndarray) -> np.ndarray:
    """Return the stored opacity of the molecules convolved with `kernel`, shape (n_molecule, 3, n_pixel), float32."""
    stored = np.load(DATA / "bands.npz")
    bands = [
        [np.convolve(stored[f"{name}_{k}"], kernel, mode="same") for k in range(len(elements.BAND_TEMPERATURES))]
        for name in elements.MOLECULES
    ]
    return np.array(bands, dtype=np.float32)


def species_index(number: float) -> int:
    """Return the index of a species (``26.1`` is ionised iron) in `elements`."""
    return int(np.flatnonzero(round(10 * number) == elements.NUMBER)[0])


def line_tables(lines: np.ndarray) -> dict[str, np.ndarray]:
    """Return the fields of `Tables` that describe lines of shape (n, 4): vacuum Å, species, excitation, log gf."""
    index = {number: species_index(number) for number in np.unique(lines[:, 1]).tolist()}
    zones = ZONE_FIRST + ZONE_STEP * np.arange(ZONES)
    return {
        "place": (np.log10(lines[:, 0]) - FIRST) / STEP,
        "wavelength": np.ascontiguousarray(lines[:, 0]),
        "excitation": np.ascontiguousarray(lines[:, 2]),
        "strength": lines[:, 3] + np.log10(lines[:, 0]) + LINE_CONSTANT,
        "species": np.array([index[number] for number in lines[:, 1].tolist()]),
        "zone": np.abs(zones[None, :] - lines[:, :1]).argmin(axis=1),
    }


def make_tables(lines: np.ndarray) -> Tables:
    """Return the tables with a given list of lines, shape (n, 4)."""
    kernel, smooth = instrument()
    zones = ZONE_FIRST + ZONE_STEP * np.arange(ZONES)
    return Tables(
        **line_tables(lines),
        abundance=elements.ABUNDANCE,
        ionisation=elements.IONISATION,
        ion_ratio=elements.U_ION / elements.U_NEUTRAL,
        partition=np.where(elements.IS_ION, elements.U_ION, elements.U_NEUTRAL),
        neutral=elements.U_NEUTRAL,
        mass=elements.MASS,
        is_alpha=elements.IS_ALPHA,
        is_ion=elements.IS_ION,
        donors=elements.DONORS,
        carbon_oxygen=np.array([elements.CARBON, elements.OXYGEN]),
        hydrogen=elements.HYDROGEN,
        molecule_atoms=elements.MOLECULE_ATOMS,
        molecule_constants=elements.MOLECULE_CONSTANTS,
        band_temperatures=elements.BAND_TEMPERATURES,
        bands=molecular_bands(kernel[0]),
        growth=curve_of_growth(),
        kernel=kernel,
        smooth=smooth,
        pixel_zone=np.interp(10.0 ** (FIRST + STEP * np.arange(PIXELS)), zones, np.arange(ZONES)),
    )


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return the tables with the package's own lines."""
    return make_tables(np.loadtxt(DATA / "lines.csv", delimiter=",", skiprows=1))
