"""Figures like those of Wang, Yuan & Huang (2021), of a built workspace.

Run as ``python parallax_zp_figures.py WORKSPACE FOLDER``.

The workspace needs zp_giants, parallax_zp_global, parallax_zp_trends and both maps, as ``vacframe paper wang2021`` or
``vacframe build`` make them.
"""

import sys
from pathlib import Path

from vacframe_parallax_zp import figures

import vacframe as vf


def main(workspace: str, folder: str) -> None:
    """Write the figures as PNG files."""
    catalogue, place = vf.Workspace(workspace), Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    giants = catalogue.read("zp_giants", columns=["astrometric_params_solved", "offset_corr", "offset_noncorr"])
    maps = [catalogue.read(f"parallax_zp_map_{frame}") for frame in ("equatorial", "galactic")]
    drawn = {
        "counts": figures.plot_counts(catalogue.read("zp_giants_counts")),
        "distributions": figures.plot_distributions(giants, catalogue.read("parallax_zp_global")),
        "trends": figures.plot_trends(catalogue.read("parallax_zp_trends")),
        "maps": figures.plot_maps(*maps),
    }
    for name, figure in drawn.items():
        figure.savefig(place / f"{name}.png", dpi=120)
        print(place / f"{name}.png")


if __name__ == "__main__":
    main(*sys.argv[1:3])
