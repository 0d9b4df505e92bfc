"""Figures: made in one place, so that they draw on every machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from vacframe.core.contract.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches.

    Text by LaTeX is switched off where LaTeX is not installed: importing GaiaXPy switches it on for the whole process.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("figures need matplotlib: pip install 'vacframe[plots]'") from None
    if matplotlib.rcParams["text.usetex"] and shutil.which("latex") is None:
        matplotlib.rcParams["text.usetex"] = False
    return Figure(figsize=(width, height), layout="constrained")
