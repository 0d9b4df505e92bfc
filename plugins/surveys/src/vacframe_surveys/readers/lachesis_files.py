"""Grids of isochrones and tables of bolometric corrections of the packages `lachesis-grids` and `astrolachesis`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vacframe_surveys.readers.isochrone_text import REASON
from vacframe_surveys.readers.unusable import Unusable, open_hdf5, reading

FORM = "a grid of lachesis-grids"
HDF5 = b"\x89HDF\r\n\x1a\n"
MAIN = "UBVRIplus"
"""Group of the tables of corrections that every file has."""
GROUPS = {
    MAIN: {
        "2MASS_J": "mag_j", "2MASS_H": "mag_h", "2MASS_Ks": "mag_ks",
        "Gaia_G_EDR3": "mag_g", "Gaia_BP_EDR3": "mag_bp", "Gaia_RP_EDR3": "mag_rp",
    },
    "WISE": {"WISE_W1": "mag_w1", "WISE_W2": "mag_w2"},
}  # fmt: skip
"""Group in the tables of corrections → band there → our column."""
_AXES = 5
"""A row of the tables: Teff, log g, [Fe/H], A_V, R_V, then a correction for each band."""
_NAMES = {
    "initial_mass": "m_initial", "star_mass": "m_current", "log_Teff": "log_teff", "log_g": "logg", "log_L": "log_l",
}  # fmt: skip
_WHOLE = 1e-3
"""Phases are whole numbers but where the grid was interpolated from one to the next; such points are left out."""


def is_corrections(path: Path) -> bool:
    """Return whether a file holds bolometric corrections: HDF5 with the group `MAIN`."""
    with path.open("rb") as file:
        if file.read(len(HDF5)) != HDF5:
            return False
    try:
        with open_hdf5(path, FORM, REASON) as tables:
            return MAIN in tables
    except Unusable:
        return False  # it is refused when it is read as a grid


class Corrections:
    """Bolometric corrections at A_V = 0 in [Fe/H], Teff and log g; M_band = M_bol - BC.

    Attributes
    ----------
    names : list of str
        Our columns, in order.
    """

    def __init__(self, path: Path) -> None:
        from scipy.interpolate import RegularGridInterpolator

        self._tables: list[tuple[list[str], RegularGridInterpolator]] = []
        with open_hdf5(path, "bolometric corrections", REASON) as tables:
            for name in (n for n in GROUPS if n in tables):
                columns, axes, cube = _table(f"{path.name}, {name}", tables[name], GROUPS[name])
                self._tables.append((columns, RegularGridInterpolator(axes, cube, bounds_error=False)))
        self.names = [column for columns, _ in self._tables for column in columns]

    def __call__(self, mh: np.ndarray, log_teff: np.ndarray, logg: np.ndarray) -> np.ndarray:
        """Return the corrections, shape (n, band); NaN outside the tables."""
        place = np.stack([mh, log_teff, logg], axis=1)
        return np.concatenate([at(place) for _, at in self._tables], axis=1)


def _table(
    where: str, group: Any, bands: Mapping[str, str]
) -> tuple[list[str], tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Return our columns, the axes ([Fe/H], log Teff, log g) and the corrections of a group without extinction."""
    names = [b.decode() for b in group["band_names"][:]]
    metallicities, rows = group["feh_values"][:], group["data"][:]
    rows = rows[:, rows[0, :, 3] == 0.0]
    teff, logg = np.unique(rows[0, :, 0]), np.unique(rows[0, :, 1])
    if len(teff) * len(logg) != rows.shape[1]:
        raise Unusable(REASON, f"{where}: {rows.shape[1]} rows at A_V = 0 are no grid in Teff and log g")
    order = np.lexsort((rows[0, :, 1], rows[0, :, 0]))
    places = [_AXES + names.index(b) for b in bands]
    cube = rows[:, order][:, :, places].reshape(len(metallicities), len(teff), len(logg), len(places))
    return list(bands.values()), (metallicities, np.log10(teff), logg), cube


def read_corrections(paths: list[Path]) -> Corrections:
    """Return the corrections of the one file of them.

    Raises
    ------
    Unusable
        If there is none, or more than one.
    """
    if len(paths) != 1:
        raise Unusable(
            REASON,
            f"is HDF5, and there are {len(paths)} files with bolometric corrections for it; name one (bc_tables.h5 of "
            "astrolachesis) among the files",
        )
    return Corrections(paths[0])


@reading(FORM, REASON)
def read_grid(path: Path, corrections: list[Path]) -> dict[str, np.ndarray]:
    """Return the points of a grid under our names, with magnitudes from the one file of corrections.

    Isochrones lie one after the other, metallicity by metallicity, and in each age by age. Points interpolated between
    two phases are left out.

    Raises
    ------
    Unusable
        If it is no such grid, or has no phases of evolution, or the corrections are missing.
    """
    with open_hdf5(path, FORM, REASON) as grid:
        columns = [str(c) for c in grid.attrs["columns"]]
        name = str(grid.attrs.get("grid_name", path.stem))
        metallicities, ages = grid["feh_values"][:], grid["age_values"][:]
        lengths, values = grid["lengths"][:], grid["values"][:]
    if len(lengths) != len(metallicities) * len(ages) or lengths.sum() != len(values):
        raise Unusable(
            REASON,
            f"has {len(lengths)} isochrones of {lengths.sum()} points; expected {len(metallicities)} [Fe/H] "
            f"times {len(ages)} ages, and {len(values)} points",
        )
    which = np.repeat(np.arange(len(lengths)), lengths)
    phase = values[:, columns.index("phase")]
    rows = np.flatnonzero(np.abs(phase - np.rint(phase)) < _WHOLE)
    if not len(rows):
        raise Unusable(
            REASON,
            f"the grid {name} gives no phases of evolution, along which models are interpolated; those of PARSEC and "
            "MIST do",
        )
    which = which[rows]
    part = {ours: values[rows, columns.index(theirs)].astype(np.float64) for theirs, ours in _NAMES.items()}
    part["mh"] = metallicities[which // len(ages)].astype(np.float64)
    part["log_age"] = ages[which % len(ages)].astype(np.float64)
    part["phase_mist" if name == "MIST" else "phase"] = np.rint(phase[rows])
    bolometric = values[rows, columns.index("Mbol")].astype(np.float64)
    corrected = read_corrections(corrections)
    found = corrected(part["mh"], part["log_teff"], part["logg"])
    for k, column in enumerate(corrected.names):
        part[column] = bolometric - found[:, k]
    return part
