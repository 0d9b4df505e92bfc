"""Data of atoms, molecules and hydrogen lines that the synthesis needs; arrays only, no code."""

from __future__ import annotations

import numpy as np

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
ABUNDANCE, IONISATION, U_NEUTRAL, U_ION, MASS, IS_ALPHA = (
    np.array(column) for column in zip(*SPECIES.values(), strict=True)
)
IS_ION = NUMBER % 10 == 1
ELEMENT = NUMBER // 10
"""Atomic numbers of the species."""
DONORS = np.array([int(np.flatnonzero(n == NUMBER)[0]) for n in (60, 110, 120, 130, 140, 200, 260, 280)])
"""Elements that give the electrons of cool atmospheres."""
CARBON, OXYGEN, TITANIUM = (int(np.flatnonzero(n == NUMBER)[0]) for n in (60, 80, 220))

HYDROGEN = np.array(
    [
        *((2, 3 + k, f) for k, f in enumerate((
            0.6407, 0.1193, 0.04467, 0.02209, 0.01270, 0.008036, 0.005429, 0.003851, 0.002835, 0.002151, 0.001672,
            0.001326, 0.001070, 0.000877, 0.000731, 0.000616, 0.000524, 0.000449,
        ))),
        *((3, 8 + k, f) for k, f in enumerate((
            0.02766, 0.01846, 0.01300, 0.009532, 0.007212, 0.005591, 0.004425, 0.003563, 0.002911, 0.002410, 0.002018,
            0.001716, 0.001471, 0.001271, 0.001105, 0.000967, 0.000851,
        ))),
    ]
)  # fmt: skip
"""Lower and upper level and oscillator strength of Balmer and Paschen lines (Wiese, Smith & Glennon 1966, NSRDS-NBS 4;
the highest ones by their scaling as n^-3)."""

MOLECULES = {
    "CH": ("6.0", "1.0", 3.47, 14.46, 2858.0, 4.0, 0.930),
    "MgH": ("12.0", "1.0", 1.27, 5.83, 1495.0, 2.0, 0.968),
    "CN": ("6.0", "7.0", 7.72, 1.90, 2068.0, 2.0, 6.462),
    "C2": ("6.0", "6.0", 6.24, 1.82, 1855.0, 4.0, 6.000),
    "TiO": ("22.0", "8.0", 6.87, 0.535, 1009.0, 6.0, 11.99),
    "CaH": ("20.0", "1.0", 1.70, 4.277, 1298.0, 2.0, 0.983),
    "VO": ("23.0", "8.0", 6.44, 0.548, 1011.0, 4.0, 12.17),
}
"""Atoms, dissociation energy (eV), rotational and vibrational constant (1/cm), electronic statistical weight of the
ground state, reduced mass: Huber & Herzberg (1979), Constants of Diatomic Molecules (C2: the weight lies between those
of its two lowest states)."""
BAND_TEMPERATURES = np.array([2500.0, 3200.0, 4200.0, 5600.0])
"""Temperatures, K, at which ``data/bands.npz`` holds the molecules' opacity."""
MOLECULE_ATOMS = np.array(
    [
        [-1 if a == "1.0" else int(np.flatnonzero(round(float(a) * 10) == NUMBER)[0]) for a in m[:2]]
        for m in MOLECULES.values()
    ]
)  # fmt: skip
"""Indices of the two atoms among the species; -1 is hydrogen. Shape (n_molecule, 2)."""
MOLECULE_CONSTANTS = np.array([m[2:] for m in MOLECULES.values()])
"""Dissociation energy, rotational and vibrational constant, weight, reduced mass. Shape (n_molecule, 5)."""
