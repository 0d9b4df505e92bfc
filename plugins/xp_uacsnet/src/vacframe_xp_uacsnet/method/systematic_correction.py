"""The systematic correction of Gaia XP spectra by Huang et al. (2024), as its package carries it out.

The factor at each wavelength is a product of tabulated functions of two slopes of the normalised spectrum (C2, C3)
and of G. The tables are those of the package GaiaDR3XPspectracorrectionV1 for spectra that are not truncated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vacframe import Batch, Rejects, Result, SourceFile, VacframeError
from vacframe_xp_uacsnet.xp_pixels import SAMPLES, WAVELENGTHS

FILES = {
    "untruc_interC2_CM": "untruc_interyyC2_CM",
    "untruc_interC3_CM": "untruc_interyyC3_CM",
    "untruc_interG_CM": "untruc_interyyG_CM",
    "interGext_CM": "untruc_interyyGext_CM",
    "inter_phot": "",
    "inter_BP": "",
    "inter_RP": "",
}
"""Grid files, and the files with the factors at their points."""
NORMALISED = slice(62, 78)
"""Samples whose mean normalises the spectrum (460 to 490 nm)."""
SLOPES = {"C2": (slice(27, 49), slice(49, 71)), "C3": (slice(71, 102), slice(102, 133))}
"""Two ranges of samples each; a slope is the difference of their mean fluxes over that of their wavelengths in µm."""
BRIGHT_G, INNER_G, FAINT_G, PHOT_G = 2.703, 17.122, 17.4, 17.65
"""Ends of the grids in G: factors, factors below 10 mag's law, its continuation, photometric scale."""
EXTENDED_G = 10.0
"""From this G on the shape of the factors is taken from the table of common stars (interGext)."""
SPLIT = 105
"""First sample that takes the scale of RP, those before take that of BP (546 nm)."""
EDGES = {"C2": (-1.238505903, np.inf), "C3": (-np.inf, 1.032292962)}
"""Slopes beyond which the package bids caution: the edge of its parameters' range."""
DECIMALS = 3
"""The grids have steps of 0.001."""


def read_tables(files: Sequence[SourceFile]) -> Result:
    """Return the rows of `xp_correction_tables` of these CSV files (numbers only, no header).

    A file whose name is none of the package's, or that is no table of up to 343 numbers, is a reject.
    """
    known = {*FILES, *FILES.values()} - {""}
    rejects = Rejects()
    names: list[str] = []
    parts, rows, places = [], [], []
    for index, file in enumerate(files):
        stem = "" if file.path is None else file.path.stem
        if file.path is None or stem not in known:
            rejects.add("unknown_table", f"expected one of {', '.join(sorted(known))} (.csv)", files=file.name)
            continue
        try:
            values = np.loadtxt(file.path, delimiter=",", ndmin=2, dtype=np.float64)
        except ValueError as error:
            rejects.add("unreadable_file", f"expected numbers separated by commas ({error})", files=file.name)
            continue
        if not 1 <= values.shape[1] <= SAMPLES:
            rejects.add("unreadable_file", f"{values.shape[1]} columns, expected 1 or {SAMPLES}", files=file.name)
            continue
        padded = np.full((len(values), SAMPLES), np.nan)
        padded[:, : values.shape[1]] = values
        parts.append(padded)
        names += [stem] * len(values)
        rows.append(np.arange(len(values)))
        places.append(np.full(len(values), index))
    count = np.concatenate([np.empty(0, np.int64), *rows])
    table = {"table": np.array(names, dtype=object), "row": count.astype(np.int32), "_row": count}
    table["values"] = np.concatenate([np.empty((0, SAMPLES)), *parts])
    table["_file"] = np.concatenate([np.empty(0, np.int64), *places])
    return Result(table=table, rejects=rejects)


@dataclass(frozen=True)
class Grid:
    """Factors on a grid of step 0.001: `first` and shape (m, k)."""

    first: float
    factors: np.ndarray

    @property
    def last(self) -> float:
        """Last point of the grid."""
        return self.first + (len(self.factors) - 1) * 10.0**-DECIMALS

    def at(self, x: np.ndarray) -> np.ndarray:
        """Return the factors at the nearest points, shape (n, k); beyond the ends those of the ends."""
        place = np.rint((np.where(np.isfinite(x), x, self.first) - self.first) * 10.0**DECIMALS).astype(np.int64)
        return np.asarray(self.factors[np.clip(place, 0, len(self.factors) - 1)])


class Correction:
    """The correction with its tables.

    Parameters
    ----------
    tables : Batch
        All rows of `xp_correction_tables`.

    Raises
    ------
    VacframeError
        If a table is missing; the message names the file.
    """

    def __init__(self, tables: Batch) -> None:
        names = tables["table"]
        values: dict[str, np.ndarray] = {}
        for name in {*FILES, *FILES.values()} - {""}:
            own = tables.take(names == name)
            if not len(own):
                raise VacframeError(
                    f"[sources.xp_correction_tables]: {name}.csv is missing; name all CSV files of the package "
                    "GaiaDR3XPspectracorrectionV1"
                )
            values[name] = own["values"][np.argsort(own["row"])].astype(np.float64)
        points = {key: np.round(values[f][:, 0], DECIMALS) for key, f in _GRIDS.items()}
        factors = {key: values[FILES[f]] for key, f in _GRIDS.items() if FILES[f]}
        self._grids = {key: Grid(float(points[key][0]), f) for key, f in factors.items()}
        scale = np.stack([values["inter_BP"][:, 0], values["inter_RP"][:, 0]], axis=1)
        self._scale = Grid(float(points["phot"][0]), scale)

    def factors(self, flux: np.ndarray, error: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the factors that correct sampled fluxes, and where a spectrum lies on the tables.

        Parameters
        ----------
        flux, error : ndarray, shape (n, 343)
        g : ndarray, shape (n,)
            G magnitude.

        Returns
        -------
        factors : ndarray, shape (n, 343)
            1 where a spectrum is off the tables.
        covered, inside : ndarray of bool, shape (n,)
            On the tables; and not at their edge, where the package bids caution.
        """
        slopes = spectral_slopes(flux, error)
        covered = inside = np.isfinite(g)
        made = np.ones(flux.shape)
        for name, slope in slopes.items():
            grid = self._grids[name]
            covered = covered & (slope > grid.first) & (slope < grid.last)
            inside = inside & (slope >= EDGES[name][0]) & (slope <= EDGES[name][1])
            made *= grid.at(slope)
        made *= self._magnitude_factors(g)
        return np.where(covered[:, None], made, 1.0), covered, covered & inside

    def _magnitude_factors(self, g: np.ndarray) -> np.ndarray:
        inner = self._grids["G"].at(np.clip(g, BRIGHT_G, INNER_G))
        common = self._grids["Gext"].at(np.minimum(g, FAINT_G)) * inner[:, NORMALISED].mean(axis=1, keepdims=True)
        scale = self._scale.at(np.minimum(g, PHOT_G))
        common[:, :SPLIT] *= scale[:, :1]
        common[:, SPLIT:] *= scale[:, 1:]
        return np.where((g < EXTENDED_G)[:, None], inner, common)


_GRIDS = {"C2": "untruc_interC2_CM", "C3": "untruc_interC3_CM", "G": "untruc_interG_CM", "Gext": "interGext_CM"} | {
    "phot": "inter_phot"
}


def spectral_slopes(flux: np.ndarray, error: np.ndarray) -> dict[str, np.ndarray]:
    """Return the slopes C2 and C3 of spectra, each of shape (n,).

    The mean of a range weighs its samples by the fourth power of their inverse relative errors, as the package's
    polynomial fit of degree 0 with weights ``error ** -2`` does.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        norm = flux[:, NORMALISED].mean(axis=1, keepdims=True)
        norm_error = np.sqrt((error[:, NORMALISED] ** 2).sum(axis=1, keepdims=True)) / (
            NORMALISED.stop - NORMALISED.start
        )
        relative = np.hypot(error / flux, norm_error / norm)
        weight = relative**-4
        wavelength = np.array(WAVELENGTHS) / 100.0
        found = {}
        for name, ranges in SLOPES.items():
            means = [(weight[:, r] * flux[:, r]).sum(axis=1) / weight[:, r].sum(axis=1) / norm[:, 0] for r in ranges]
            centres = [wavelength[r].mean() for r in ranges]
            found[name] = (means[0] - means[1]) / (centres[0] - centres[1])
    return found
