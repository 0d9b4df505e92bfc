"""How long the mock's catalogues take: a whole build in an empty workspace, all products but spectra.

Run: python benchmarks/mock_catalogues.py [--stars 1000000] [--workers 2] [--folder DIR]

Wanted: 1,000,000 stars on 2 cores in less than 5 minutes. Prints the seconds of each product as the build reports them
(summed over the workers), the wall clock, and the largest memory of this process and of a worker. Beside it, the
plugin's own functions on one shard in memory: what the framework and the files add is the rest.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import vacframe as vf

PRODUCTS = (
    "mock_truth", "mock_observations", "gaia_sources", "photometry", "lamost_stars", "reference_labels",
    "apogee_labels", "pastel_labels", "saga_labels", "asteroseismic_labels", "cluster_members", "geometric_distances",
    "crossmatch", "reddening_map", "dust_3d",
)  # fmt: skip
SHARD = 10_000


def build(folder: Path, stars: int, workers: int) -> None:
    """Build all products in an empty workspace and print what they took."""
    config = folder / "vacframe.toml"
    config.write_text(
        'survey = "mock"\npixel_order = 1\n'
        f"[plugins.mock_survey]\nstars = {stars}\n"
        '[plugins.surveys]\ncrossmatch_observations = "mock_observations"\n'
    )
    start = time.perf_counter()
    report = vf.Workspace(folder / "ws", config=config).build(*PRODUCTS, workers=workers)
    wall = time.perf_counter() - start
    for outcome in report.products:
        print(f"{outcome.name:22} {outcome.rows:9} rows {outcome.seconds:8.1f} s")
    memory = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{stars} stars, {workers} workers: {wall:.1f} s, {stars / wall:.0f} stars/s", end="; ")
    print(f"memory {memory[0]:.0f} MB here, {memory[1]:.0f} MB in the largest worker")


def in_memory() -> None:
    """Print how fast the stars are drawn, in this process alone."""
    import numpy as np
    from vacframe_mock_survey import MockSurveyConfig
    from vacframe_mock_survey.method.drawing.stars import draw_stars
    from vacframe_mock_survey.method.drawing.survey import Survey
    from vacframe_surveys.readers.parsec_tables import read_isochrones

    isochrones = read_isochrones(("parsec_grid", "parsec_grid_old"))
    start = time.perf_counter()
    survey = Survey(isochrones, MockSurveyConfig(), 0)
    ready = time.perf_counter()
    draw_stars(np.arange(SHARD), survey)
    took = time.perf_counter() - ready
    print(f"tables {ready - start:.2f} s once per worker; {SHARD / took:.0f} stars/s drawn on one core")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stars", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to put the workspace; default is a temporary folder")
    arguments = parser.parse_args()
    in_memory()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        build(Path(folder), arguments.stars, arguments.workers)


if __name__ == "__main__":
    main()
