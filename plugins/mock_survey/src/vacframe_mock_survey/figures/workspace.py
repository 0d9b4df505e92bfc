"""All figures of a workspace, drawn into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vacframe import Batch, Workspace
from vacframe_mock_survey.figures.measurements import GAIA_COLUMNS, PHOTOMETRY_COLUMNS, measured
from vacframe_mock_survey.figures.populations import overview
from vacframe_mock_survey.figures.spectra import kinds_of_spectra

TRUTH_COLUMNS = (
    "source_id", "population", "ra", "dec", "x", "y", "z", "vx", "vy", "vz", "teff", "logg", "feh", "mh", "alpha_m",
    "ebv",
)  # fmt: skip
"""Columns that are read of `mock_truth`."""


def figures(workspace: Workspace, folder: Path) -> list[Path]:
    """Draw all figures of a workspace into a folder; return their paths.

    Parameters
    ----------
    workspace : vacframe.Workspace
        With `mock_truth` and `gaia_sources` built; what was measured, and spectra, are drawn where `photometry` and
        `lamost_spectra` are built too.
    """
    import matplotlib

    # GaiaXPy, where it was imported before, asks for text by LaTeX.
    with matplotlib.rc_context({"text.usetex": False, "font.family": ["sans-serif"]}):
        return _draw(workspace, folder)


def built(workspace: Workspace) -> set[str]:
    """Return the names of the products that are built."""
    return {str(p["name"]) for p in workspace.products() if p["state"] == "built"}


def _draw(workspace: Workspace, folder: Path) -> list[Path]:
    truth = _read(workspace, "mock_truth", TRUTH_COLUMNS)
    sources = _read(workspace, "gaia_sources", GAIA_COLUMNS)
    products = built(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"mock_survey": overview(truth, sources)}
    if "photometry" in products:
        drawn["mock_measurements"] = measured(truth, sources, _read(workspace, "photometry", PHOTOMETRY_COLUMNS))
    if "lamost_spectra" in products:
        visits = _read(workspace, "mock_observations", ("obsid", "teff", "logg", "feh", "snr_g"))
        drawn["mock_spectra"] = kinds_of_spectra(visits, workspace)
    paths = []
    for name, figure in drawn.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=110)
    return paths


def _read(workspace: Workspace, product: str, columns: Sequence[str]) -> Batch:
    return Batch(workspace.read(product, columns=columns), product)
