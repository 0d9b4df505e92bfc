"""How fast the mock's LAMOST spectra are made: through the product, as a build runs it.

Run: python benchmarks/mock_spectra.py [--stars 20000] [--workers 2] [--folder DIR]

Wanted: 1,000 spectra a second on 2 cores. The clock runs over the whole build of `lamost_spectra` from its start to the
files in the store, with what it reads made before; the compiled code is on disk. Beside it, the product's function on
one core in memory: what the processes, the framework and the files take is the rest.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from vacframe_mock_survey import MockSurveyConfig, plugin

import vacframe as vf
from vacframe.testing import run_product

IN_MEMORY = 1000
"""Spectra made in memory."""


def in_memory(observations: Any) -> None:
    """Print the best of three runs of the product's function on one core."""
    config = MockSurveyConfig()
    # The first call compiles, or loads the compiled code.
    run_product(plugin, "lamost_spectra", {"mock_observations": observations.slice(0, 2)}, config=config)
    rates = []
    for _ in range(3):
        start, busy = time.perf_counter(), time.process_time()
        run_product(plugin, "lamost_spectra", {"mock_observations": observations}, config=config)
        took = time.perf_counter() - start, time.process_time() - busy
        rates.append(tuple(observations.num_rows / seconds for seconds in took))
    best = max(rates)
    print(f"in memory: {best[0]:.0f} spectra/s on one core, {best[1]:.0f} per second of processor time")


def main() -> None:
    """Make what the spectra need, then time them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stars", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to put the workspace; default is a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        config = Path(folder) / "vacframe.toml"
        config.write_text(f'survey = "mock"\n[plugins.mock_survey]\nstars = {arguments.stars}\n')
        workspace = vf.Workspace(Path(folder) / "ws", config=config)
        workspace.build("mock_observations", workers=arguments.workers)
        in_memory(workspace.read("mock_observations").slice(0, IN_MEMORY))
        start = time.perf_counter()
        report = workspace.build("lamost_spectra", workers=arguments.workers)
        wall = time.perf_counter() - start
        rows = next(outcome.rows for outcome in report.products if outcome.name == "lamost_spectra")
        print(f"build: {rows} spectra, {arguments.workers} workers: {wall:.1f} s, {rows / wall:.0f} spectra/s")


if __name__ == "__main__":
    main()
