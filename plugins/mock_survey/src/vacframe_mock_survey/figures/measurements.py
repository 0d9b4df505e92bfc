"""Figure of what a mock survey measures: errors, flags, colours and dust, as a user of the catalogues would check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, new_figure
from vacframe_mock_survey.figures.columns import Columns
from vacframe_mock_survey.method.frames import galactic
from vacframe_mock_survey.method.gaia.astrometry import PARALLAX_ERROR
from vacframe_mock_survey.method.gaia.zero_point import FIVE, SIX
from vacframe_mock_survey.method.photometry.extinction import EXTINCTION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAIA_COLUMNS = (
    "source_id", "astrometric_params_solved", "parallax", "parallax_error", "ruwe", "phot_g_mean_mag",
    "phot_bp_mean_mag", "phot_rp_mean_mag", "phot_bp_rp_excess_factor", "radial_velocity_error",
)  # fmt: skip
"""Columns that are read of `gaia_sources`."""
PHOTOMETRY_COLUMNS = ("source_id", "j", "ks", "w1", "w2", "j_error", "w2_error")
"""Columns that are read of `photometry`."""
CLUMP = ((-0.23, 0.85), (-0.138, 0.85), (0.02, 1.079), (0.02, 1.3), (-0.23, 1.3), (-0.23, 0.85))
"""Corners of the M giants' place in (W1 − W2)₀ and (J − K)₀ (Li et al. 2016, RAA 16, 125)."""


def measured(truth: Batch, sources: Columns, photometry: Columns) -> Figure:
    """Return a figure of six panels; columns `GAIA_COLUMNS`, `PHOTOMETRY_COLUMNS` and those drawn of `mock_truth`."""
    figure = new_figure(17, 10)
    axes = [figure.add_subplot(2, 3, k + 1, projection="mollweide" if k == 5 else None) for k in range(6)]
    parallax_errors(axes[0], sources)
    ruwe(axes[1], sources)
    excess(axes[2], sources)
    velocities(axes[3], sources)
    infrared(axes[4], truth, photometry)
    dust(axes[5], truth)
    return figure


def _points(axes: Any, x: np.ndarray, y: np.ndarray, **options: Any) -> None:
    axes.scatter(x, y, s=1.5, lw=0, rasterized=True, **options)


def parallax_errors(axes: Any, sources: Columns) -> None:
    """Draw the errors of parallaxes against G, and the published median of five-parameter solutions."""
    for kind, label, colour in ((FIVE, "five parameters", "tab:blue"), (SIX, "six parameters", "tab:red")):
        rows = sources["astrometric_params_solved"] == kind
        _points(axes, sources["phot_g_mean_mag"][rows], sources["parallax_error"][rows], c=colour, label=label)
    axes.plot(*np.array(PARALLAX_ERROR).T, "k-", lw=1, label="Lindegren et al. (2021)")
    axes.set(xlim=(8, 19), ylim=(0.008, 1.5), yscale="log", xlabel="G", ylabel="parallax error (mas)")
    axes.legend(markerscale=6, fontsize=8)


def ruwe(axes: Any, sources: Columns) -> None:
    """Draw the distribution of RUWE by kind of solution."""
    edges = np.linspace(0.8, 3.0, 89)
    for kind, label in ((FIVE, "five parameters"), (SIX, "six parameters")):
        values = sources["ruwe"][sources["astrometric_params_solved"] == kind]
        text = f"{label}: {np.mean(values > 1.4):.1%} above 1.4"
        axes.hist(np.clip(values, 0.8, 2.999), edges, density=True, histtype="step", label=text)
    axes.axvline(1.4, color="k", ls=":", lw=1)
    axes.set(yscale="log", xlabel="RUWE", ylabel="density")
    axes.legend(fontsize=8)


def excess(axes: Any, sources: Columns) -> None:
    """Draw the BP/RP flux excess factor against colour."""
    _points(axes, sources["phot_bp_mean_mag"] - sources["phot_rp_mean_mag"], sources["phot_bp_rp_excess_factor"], c="k")
    axes.set(xlim=(0.2, 4), ylim=(1.0, 2.2), xlabel="BP - RP", ylabel="BP/RP flux excess factor")


def velocities(axes: Any, sources: Columns) -> None:
    """Draw the errors of Gaia's radial velocities against RP."""
    _points(axes, sources["phot_rp_mean_mag"], sources["radial_velocity_error"], c="k")
    axes.set(xlim=(7, 15), ylim=(0.1, 60), yscale="log", xlabel="RP", ylabel="radial velocity error (km/s)")


def infrared(axes: Any, truth: Batch, photometry: Columns) -> None:
    """Draw dereddened infrared colours of cool giants and dwarfs, and where M giants are looked for."""
    ebv, teff, logg = (truth.at(name, "source_id", photometry["source_id"]) for name in ("ebv", "teff", "logg"))
    colours = {}
    for blue, red in (("j", "ks"), ("w1", "w2")):
        colours[blue] = photometry[blue] - photometry[red] - (EXTINCTION[blue] - EXTINCTION[red]) * ebv
    good = (photometry["j_error"] < 0.04) & (photometry["w2_error"] < 0.04)
    kinds = (
        ("K giants", (teff > 4300) & (logg < 3.5), "0.7"),
        ("M giants", (teff < 4300) & (logg < 2.5), "tab:red"),
        ("dwarfs below 4300 K", (teff < 4300) & (logg > 4.0), "tab:blue"),
    )
    for label, chosen, colour in kinds:
        _points(axes, colours["w1"][chosen & good], colours["j"][chosen & good], c=colour, label=label)
    axes.plot(*np.array(CLUMP).T, "k--", lw=1)
    axes.set(xlim=(-0.35, 0.4), ylim=(0.3, 1.4), xlabel="(W1 - W2)₀", ylabel="(J - K)₀")
    axes.legend(markerscale=6, fontsize=8)


def dust(axes: Any, truth: Columns) -> None:
    """Draw the reddening of the stars on the sky, in Galactic coordinates; the centre is in the middle."""
    x, y, z = galactic(truth["ra"], truth["dec"])
    points = axes.scatter(
        -np.arctan2(y, x), np.arcsin(np.clip(z, -1.0, 1.0)), s=3, lw=0, c=np.log10(np.maximum(truth["ebv"], 1e-3)),
        vmin=-2.0, vmax=0.3, cmap="inferno_r", rasterized=True,
    )  # fmt: skip
    axes.set_xticklabels([])
    axes.set_title("log E(B-V) of the stars")
    axes.figure.colorbar(points, ax=axes, shrink=0.7)
