"""Where the package's stored tables are."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data"
"""``bands.npz`` and ``lines.csv`` (``tools/make_lines.py``), ``potential.npz`` (``tools/make_potential.py``),
``clusters.csv``."""
