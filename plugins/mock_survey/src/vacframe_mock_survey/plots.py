"""Figures of a mock survey, from its stored products: each function draws one on the axes that it is given.

matplotlib is imported by the caller; `figures` does it all.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vacframe_mock_survey.frames import galactic

COLOURS = {
    "thin": "tab:blue", "thick": "tab:orange", "halo": "tab:gray", "gse": "tab:red", "sagittarius": "tab:purple",
    "cluster": "tab:green",
}  # fmt: skip
"""Colour of each population."""

Columns = dict[str, np.ndarray]


def _each(truth: Columns) -> Iterable[tuple[str, str, np.ndarray]]:
    """Return the name, colour and rows of each population, those with most stars first."""
    groups = [(name, colour, truth["population"] == name) for name, colour in COLOURS.items()]
    return sorted((g for g in groups if g[2].any()), key=lambda g: -int(g[2].sum()))


def sky(axes: Any, truth: Columns) -> None:
    """Draw the stars on the sky, in Galactic coordinates, on Mollweide axes; the centre is in the middle."""
    x, y, z = galactic(truth["ra"], truth["dec"])
    longitude, latitude = -np.arctan2(y, x), np.arcsin(np.clip(z, -1.0, 1.0))
    for name, colour, rows in _each(truth):
        axes.scatter(longitude[rows], latitude[rows], s=0.4, c=colour, lw=0, label=name, rasterized=True)
    axes.set_xticklabels([])
    axes.grid(alpha=0.3)
    axes.set_title("Galactic coordinates")


def colour_magnitude(axes: Any, truth: Columns, sources: Columns) -> None:
    """Draw the observed colour-magnitude diagram: G and parallax as measured, good to 15 %, not dereddened.

    Parameters
    ----------
    truth, sources : dict of ndarray, shape (n,)
        ``source_id``, ``mh`` of `mock_truth`; ``source_id``, ``parallax``, ``parallax_error`` and the mean magnitudes
        of `gaia_sources`.
    """
    order = np.argsort(truth["source_id"])
    place = order[np.searchsorted(truth["source_id"], sources["source_id"], sorter=order)]
    parallax = sources["parallax"]
    good = parallax > sources["parallax_error"] / 0.15
    magnitude = sources["phot_g_mean_mag"][good] + 5.0 * np.log10(parallax[good]) - 10.0
    colour = (sources["phot_bp_mean_mag"] - sources["phot_rp_mean_mag"])[good]
    points = axes.scatter(
        colour, magnitude, s=0.6, c=truth["mh"][place][good], vmin=-1.5, vmax=0.4, cmap="viridis", lw=0, rasterized=True
    )
    axes.figure.colorbar(points, ax=axes, label="[M/H]")
    axes.set(xlim=(-0.2, 3.6), ylim=(12.0, -4.0), xlabel="BP - RP", ylabel="M_G (from the parallax)")


def toomre(axes: Any, truth: Columns) -> None:
    """Draw rotation against the other velocities, relative to the local standard of rest of 229 km/s."""
    radius = np.hypot(truth["x"], truth["y"])
    rotation = -(truth["x"] * truth["vy"] - truth["y"] * truth["vx"]) / radius
    outward = (truth["x"] * truth["vx"] + truth["y"] * truth["vy"]) / radius
    for name, colour, rows in _each(truth):
        axes.scatter(
            rotation[rows] - 229.0,
            np.hypot(outward, truth["vz"])[rows],
            s=1,
            c=colour,
            lw=0,
            label=name,
            rasterized=True,
        )
    for speed in (100.0, 200.0, 300.0):
        angle = np.linspace(0.0, np.pi, 100)
        axes.plot(speed * np.cos(angle), speed * np.sin(angle), "k--", lw=0.5)
    axes.set(xlim=(-500, 200), ylim=(0, 450), xlabel="V - LSR (km/s)", ylabel="sqrt(U² + W²) (km/s)")
    axes.legend(markerscale=6, fontsize=8)


def abundances(axes: Any, truth: Columns) -> None:
    """Draw [α/M] against [Fe/H]."""
    for name, colour, rows in _each(truth):
        axes.scatter(truth["feh"][rows], truth["alpha_m"][rows], s=0.8, c=colour, lw=0, label=name, rasterized=True)
    axes.set(xlim=(-3.2, 0.7), ylim=(-0.15, 0.5), xlabel="[Fe/H]", ylabel="[α/M]")


def plane(axes: Any, truth: Columns) -> None:
    """Draw height above the plane against the distance from the centre in it."""
    for _, colour, rows in _each(truth):
        axes.scatter(np.hypot(truth["x"], truth["y"])[rows], truth["z"][rows], s=0.6, c=colour, lw=0, rasterized=True)
    axes.plot(8.122, 0.02, "k*", ms=8)
    axes.set(xlim=(0, 30), ylim=(-15, 20), xlabel="R (kpc)", ylabel="z (kpc)")


def kiel(axes: Any, truth: Columns) -> None:
    """Draw log g against effective temperature."""
    points = axes.scatter(
        truth["teff"], truth["logg"], s=0.6, c=truth["mh"], vmin=-1.5, vmax=0.4, cmap="viridis", lw=0, rasterized=True
    )
    axes.figure.colorbar(points, ax=axes, label="[M/H]")
    axes.set(xlim=(8200, 3000), ylim=(5.5, -0.8), xlabel="Teff (K)", ylabel="log g")


def figures(workspace: Any, folder: Path) -> list[Path]:
    """Draw all figures of a workspace into a folder; return their paths.

    Parameters
    ----------
    workspace : vacframe.Workspace
        With `mock_truth` and `gaia_sources` built.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from vacframe.core.values import to_numpy

    def read(product: str, names: str) -> Columns:
        table = workspace.read(product, columns=names.split())
        return {name: to_numpy(table[name])[0] for name in names.split()}

    truth = read("mock_truth", "source_id population ra dec x y z vx vy vz teff logg feh mh alpha_m")
    sources = read(
        "gaia_sources", "source_id parallax parallax_error phot_g_mean_mag phot_bp_mean_mag phot_rp_mean_mag"
    )
    figure = plt.figure(figsize=(17, 10), layout="constrained")
    axes = [figure.add_subplot(2, 3, k + 1, projection="mollweide" if k == 0 else None) for k in range(6)]
    for draw, place in zip((sky, toomre, abundances, plane, kiel), (0, 2, 3, 4, 5), strict=True):
        draw(axes[place], truth)
    colour_magnitude(axes[1], truth, sources)
    path = folder / "mock_survey.png"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]
