"""Where the stars are, how they move and what they are, by population: each function draws one panel on given axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, new_figure
from vacframe_mock_survey.figures.columns import Columns
from vacframe_mock_survey.method.frames import galactic
from vacframe_mock_survey.method.photometry.extinction import EXTINCTION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "thin": "tab:blue", "thick": "tab:orange", "halo": "tab:gray", "gse": "tab:red", "sagittarius": "tab:purple",
    "cluster": "tab:green",
}  # fmt: skip
"""Colour of each population."""


def overview(truth: Batch, sources: Columns) -> Figure:
    """Return a figure of six panels; columns as the functions that draw them say."""
    figure = new_figure(17, 10)
    axes = [figure.add_subplot(2, 3, k + 1, projection="mollweide" if k == 0 else None) for k in range(6)]
    for draw, place in zip((sky, toomre, abundances, plane, kiel), (0, 2, 3, 4, 5), strict=True):
        draw(axes[place], truth)
    colour_magnitude(axes[1], truth, sources)
    return figure


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


def colour_magnitude(axes: Any, truth: Batch, sources: Columns) -> None:
    """Draw the colour-magnitude diagram: G and parallax as measured, good to 15 %, less the true reddening.

    Parameters
    ----------
    truth : Batch
        ``source_id``, ``mh``, ``ebv`` of `mock_truth`.
    sources : mapping of str to ndarray, shape (n,)
        ``source_id``, ``parallax``, ``parallax_error`` and the mean magnitudes of `gaia_sources`.
    """
    parallax = sources["parallax"]
    good = parallax > sources["parallax_error"] / 0.15
    ids = sources["source_id"][good]
    ebv = truth.at("ebv", "source_id", ids)
    magnitude = sources["phot_g_mean_mag"][good] + 5.0 * np.log10(parallax[good]) - 10.0 - EXTINCTION["g"] * ebv
    colour = (sources["phot_bp_mean_mag"] - sources["phot_rp_mean_mag"])[good]
    colour = colour - (EXTINCTION["bp"] - EXTINCTION["rp"]) * ebv
    _by_metallicity(axes, colour, magnitude, truth.at("mh", "source_id", ids))
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
