"""Figures of a mock survey: sky, colour-magnitude diagram, Toomre diagram, abundances, the plane, log g, spectra.

vacframe build --config examples/mock.toml --workspace demo --products mock_truth,gaia_sources,lamost_spectra
python examples/mock_plots.py demo figures
"""

import sys
from pathlib import Path

from vacframe_mock_survey.figures.workspace import figures

import vacframe as vf

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for path in figures(vf.Workspace(sys.argv[1]), Path(sys.argv[2])):
        print(path)
