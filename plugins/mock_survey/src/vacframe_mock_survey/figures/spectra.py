"""Spectra of stars of several kinds, one above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vacframe import Workspace, new_figure, to_numpy
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_mock_survey.figures.columns import Columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {
    "F dwarf": (6200.0, 4.2, -0.2),
    "Sun-like dwarf": (5770.0, 4.4, 0.0),
    "K giant": (4700.0, 2.5, 0.0),
    "metal-poor giant": (4900.0, 2.0, -2.0),
    "M giant": (3700.0, 0.8, -0.1),
    "M dwarf": (3500.0, 4.9, 0.0),
}
"""Stars whose spectra are drawn: Teff (K), log g and [Fe/H] that they are nearest to."""


def kinds_of_spectra(visits: Columns, workspace: Workspace) -> Figure:
    """Return a figure of the visits nearest to each of `KINDS`, of a workspace with `lamost_spectra`."""
    drawn = {nearest_visit(visits, *labels) for labels in KINDS.values()}
    figure = new_figure(13, 9)
    flux = stored_fluxes(workspace, [int(visits["obsid"][row]) for row in drawn])
    spectra(figure.add_subplot(), visits, flux)
    return figure


def nearest_visit(visits: Columns, teff: float, logg: float, feh: float) -> int:
    """Return the row of the visit nearest in labels, in units of 200 K, 0.3 and 0.3 dex, noise counting too."""
    away = ((visits["teff"] - teff) / 200.0) ** 2 + ((visits["logg"] - logg) / 0.3) ** 2
    return int(np.argmin(away + ((visits["feh"] - feh) / 0.3) ** 2 + (40.0 / visits["snr_g"]) ** 2))


def spectra(axes: Any, visits: Columns, flux: dict[int, np.ndarray]) -> None:
    """Draw one spectrum of each of `KINDS` over its 95th percentile, one above the other.

    Parameters
    ----------
    visits : mapping of str to ndarray
        ``obsid``, ``teff``, ``logg``, ``feh``, ``snr_g`` of the visits drawn.
    flux : dict of int to ndarray
        Their fluxes by obsid, NaN in bad pixels.
    """
    wavelength = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
    for height, (kind, labels) in enumerate(KINDS.items()):
        row = nearest_visit(visits, *labels)
        values = flux[int(visits["obsid"][row])].astype(float)
        axes.plot(wavelength, values / np.nanpercentile(values, 95) + 1.2 * height, lw=0.5)
        text = f"{kind}: {visits['teff'][row]:.0f} K, {visits['logg'][row]:.1f}, {visits['feh'][row]:+.1f}"
        axes.text(9150, 0.8 + 1.2 * height, f"{text}, S/N {visits['snr_g'][row]:.0f}", va="center", fontsize=9)
    axes.set(xlim=(3650, 11000), ylim=(-0.1, 1.2 * len(KINDS) + 0.4), xlabel="wavelength (Å)", ylabel="flux + constant")


def stored_fluxes(workspace: Workspace, obsids: list[int]) -> dict[int, np.ndarray]:
    """Return the fluxes of some spectra, NaN in bad pixels, reading one partition at a time."""
    out: dict[int, np.ndarray] = {}
    version = workspace.version("lamost_spectra")
    for part, record in version.parts.items():
        if not record["rows"]:
            continue
        with pq.ParquetFile(version.file(part)) as file:
            keys = file.read(["obsid"])["obsid"]
            if not pc.any(pc.is_in(keys, pa.array(obsids))).as_py():
                continue
            table = file.read(["obsid", "flux", "mask"])
        rows = table.filter(pc.is_in(table["obsid"], pa.array(obsids)))
        good = np.where(to_numpy(rows["mask"])[0] == 0, to_numpy(rows["flux"])[0], np.nan)
        out |= dict(zip(rows["obsid"].to_pylist(), good, strict=True))
    return out
