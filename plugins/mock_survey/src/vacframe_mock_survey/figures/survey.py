"""Figures of a mock survey, from its stored products: each function draws one on the axes that it is given.

matplotlib is imported by the caller; `figures` does it all.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vacframe import to_numpy
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_mock_survey.figures.panels import Columns, beside
from vacframe_mock_survey.method.galaxy.frames import galactic
from vacframe_mock_survey.method.stars.bands import EXTINCTION

COLOURS = {
    "thin": "tab:blue", "thick": "tab:orange", "halo": "tab:gray", "gse": "tab:red", "sagittarius": "tab:purple",
    "cluster": "tab:green",
}  # fmt: skip
"""Colour of each population."""


def _each(truth: Columns) -> Iterable[tuple[str, str, np.ndarray]]:
    """Return the name, colour and rows of each population, those with most stars first."""
    groups = [(name, colour, truth["population"] == name) for name, colour in COLOURS.items()]
    return sorted((g for g in groups if g[2].any()), key=lambda g: -int(g[2].sum()))


def _size(rows: np.ndarray, number: int) -> float:
    """Return the area of the points of some of a number of stars: larger where they are few, and for rare kinds."""
    return float(np.clip(9000.0 / max(number, 1), 0.5, 3.0) * (3.0 if rows.sum() < 0.035 * number else 1.0))


def sky(axes: Any, truth: Columns) -> None:
    """Draw the stars on the sky, in Galactic coordinates, on Mollweide axes; the centre is in the middle."""
    x, y, z = galactic(truth["ra"], truth["dec"])
    longitude, latitude = -np.arctan2(y, x), np.arcsin(np.clip(z, -1.0, 1.0))
    for name, colour, rows in _each(truth):
        size = _size(rows, len(rows))
        axes.scatter(longitude[rows], latitude[rows], s=size, c=colour, lw=0, label=name, rasterized=True)
    axes.set_xticklabels([])
    axes.grid(alpha=0.3)
    axes.set_title("Galactic coordinates")


def colour_magnitude(axes: Any, truth: Columns, sources: Columns) -> None:
    """Draw the colour-magnitude diagram: G and parallax as measured, good to 15 %, less the true reddening.

    Parameters
    ----------
    truth, sources : dict of ndarray, shape (n,)
        ``source_id``, ``mh``, ``ebv`` of `mock_truth`; ``source_id``, ``parallax``, ``parallax_error`` and the mean
        magnitudes of `gaia_sources`.
    """
    parallax = sources["parallax"]
    good = parallax > sources["parallax_error"] / 0.15
    place = beside(truth, sources)[good]
    ebv = truth["ebv"][place]
    magnitude = sources["phot_g_mean_mag"][good] + 5.0 * np.log10(parallax[good]) - 10.0 - EXTINCTION["g"] * ebv
    colour = (sources["phot_bp_mean_mag"] - sources["phot_rp_mean_mag"])[good]
    colour = colour - (EXTINCTION["bp"] - EXTINCTION["rp"]) * ebv
    _by_metallicity(axes, colour, magnitude, truth["mh"][place])
    axes.set(xlim=(0.0, 3.2), ylim=(11.5, -4.0), xlabel="(BP - RP)₀", ylabel="M_G (from the parallax, dereddened)")


def _by_metallicity(axes: Any, x: np.ndarray, y: np.ndarray, mh: np.ndarray) -> None:
    options = {"vmin": -2.0, "vmax": 0.6, "cmap": "viridis", "lw": 0, "rasterized": True}
    order = np.argsort(-mh)
    points = axes.scatter(x[order], y[order], s=_size(np.ones(len(x)), len(x)), c=mh[order], **options)
    axes.figure.colorbar(points, ax=axes, label="[M/H]")


def toomre(axes: Any, truth: Columns) -> None:
    """Draw rotation against the other velocities, relative to the local standard of rest of 229 km/s."""
    radius = np.hypot(truth["x"], truth["y"])
    rotation = -(truth["x"] * truth["vy"] - truth["y"] * truth["vx"]) / radius
    outward = (truth["x"] * truth["vx"] + truth["y"] * truth["vy"]) / radius
    for name, colour, rows in _each(truth):
        axes.scatter(
            rotation[rows] - 229.0,
            np.hypot(outward, truth["vz"])[rows],
            s=_size(rows, len(rows)),
            c=colour,
            lw=0,
            label=name,
            rasterized=True,
        )
    for speed in (100.0, 200.0, 300.0):
        angle = np.linspace(0.0, np.pi, 100)
        axes.plot(speed * np.cos(angle), speed * np.sin(angle), "k--", lw=0.5)
    axes.set(xlim=(-500, 200), ylim=(0, 450), xlabel="V - LSR (km/s)", ylabel="sqrt(U² + W²) (km/s)")
    for handle in axes.legend(fontsize=8).legend_handles:
        handle.set_sizes([30.0])


def abundances(axes: Any, truth: Columns) -> None:
    """Draw [α/M] against [Fe/H]."""
    for name, colour, rows in _each(truth):
        size = _size(rows, len(rows))
        axes.scatter(truth["feh"][rows], truth["alpha_m"][rows], s=size, c=colour, lw=0, label=name, rasterized=True)
    axes.set(xlim=(-3.2, 0.7), ylim=(-0.15, 0.5), xlabel="[Fe/H]", ylabel="[α/M]")


def plane(axes: Any, truth: Columns) -> None:
    """Draw height above the plane against the distance from the centre in it."""
    for _, colour, rows in _each(truth):
        radius, size = np.hypot(truth["x"], truth["y"])[rows], _size(rows, len(rows))
        axes.scatter(radius, truth["z"][rows], s=size, c=colour, lw=0, rasterized=True)
    axes.plot(8.122, 0.02, "k*", ms=8)
    axes.set(xlim=(0, 30), ylim=(-15, 20), xlabel="R (kpc)", ylabel="z (kpc)")


def kiel(axes: Any, truth: Columns) -> None:
    """Draw log g against effective temperature."""
    _by_metallicity(axes, truth["teff"], truth["logg"], truth["mh"])
    axes.set(xlim=(8200, 3000), ylim=(5.5, -0.8), xlabel="Teff (K)", ylabel="log g")


KINDS = {
    "F dwarf": (6200.0, 4.2, -0.2),
    "Sun-like dwarf": (5770.0, 4.4, 0.0),
    "K giant": (4700.0, 2.5, 0.0),
    "metal-poor giant": (4900.0, 2.0, -2.0),
    "M giant": (3700.0, 0.8, -0.1),
    "M dwarf": (3500.0, 4.9, 0.0),
}
"""Stars whose spectra are drawn: Teff (K), log g and [Fe/H] that they are nearest to."""


def nearest_visit(visits: Columns, teff: float, logg: float, feh: float) -> int:
    """Return the row of the visit nearest in labels, in units of 200 K, 0.3 and 0.3 dex, noise counting too."""
    away = ((visits["teff"] - teff) / 200.0) ** 2 + ((visits["logg"] - logg) / 0.3) ** 2
    return int(np.argmin(away + ((visits["feh"] - feh) / 0.3) ** 2 + (40.0 / visits["snr_g"]) ** 2))


def spectra(axes: Any, visits: Columns, flux: dict[int, np.ndarray]) -> None:
    """Draw one spectrum of each of `KINDS` over its 95th percentile, one above the other.

    Parameters
    ----------
    visits : dict of ndarray
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


def _fluxes(workspace: Any, obsids: list[int]) -> dict[int, np.ndarray]:
    """Return the fluxes of some spectra, NaN in bad pixels, reading one partition at a time."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

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


def figures(workspace: Any, folder: Path) -> list[Path]:
    """Draw all figures of a workspace into a folder; return their paths.

    Parameters
    ----------
    workspace : vacframe.Workspace
        With `mock_truth` and `gaia_sources` built; what was measured, and spectra, are drawn where `photometry` and
        `lamost_spectra` are built too.
    """
    import matplotlib

    matplotlib.use("Agg")
    # GaiaXPy, where it was imported before, asks for text by LaTeX.
    with matplotlib.rc_context({"text.usetex": False, "font.family": ["sans-serif"]}):
        return _draw(workspace, folder)


def built(workspace: Any) -> set[str]:
    """Return the names of the products that are built."""
    return {str(p["name"]) for p in workspace.products() if p["state"] == "built"}


def _draw(workspace: Any, folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    from vacframe_mock_survey.figures.measured import GAIA_COLUMNS, PHOTOMETRY_COLUMNS, measured

    def read(product: str, names: str) -> Columns:
        table = workspace.read(product, columns=names.split())
        return {name: to_numpy(table[name])[0] for name in names.split()}

    truth = read("mock_truth", "source_id population ra dec x y z vx vy vz teff logg feh mh alpha_m ebv")
    sources = read("gaia_sources", " ".join(GAIA_COLUMNS))
    products = built(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    figure = plt.figure(figsize=(17, 10), layout="constrained")
    axes = [figure.add_subplot(2, 3, k + 1, projection="mollweide" if k == 0 else None) for k in range(6)]
    for draw, place in zip((sky, toomre, abundances, plane, kiel), (0, 2, 3, 4, 5), strict=True):
        draw(axes[place], truth)
    colour_magnitude(axes[1], truth, sources)
    paths = [folder / "mock_survey.png"]
    figure.savefig(paths[0], dpi=110)
    if "photometry" in products:
        figure = measured(truth, sources, read("photometry", " ".join(PHOTOMETRY_COLUMNS)))
        paths.append(folder / "mock_measurements.png")
        figure.savefig(paths[-1], dpi=110)
    if "lamost_spectra" in products:
        visits = read("mock_observations", "obsid teff logg feh snr_g")
        drawn = {nearest_visit(visits, *labels) for labels in KINDS.values()}
        figure, panel = plt.subplots(figsize=(13, 9), layout="constrained")
        spectra(panel, visits, _fluxes(workspace, [int(visits["obsid"][row]) for row in drawn]))
        paths.append(folder / "mock_spectra.png")
        figure.savefig(paths[-1], dpi=110)
    plt.close("all")
    return paths
