"""Print how many mock LAMOST spectra one core makes per second: ``python benchmarks/mock_spectra.py [stars]``."""

from __future__ import annotations

import sys
import time

import vacframe_surveys
from vacframe_mock_survey import MockSurveyConfig, plugin

from vacframe.core.batch import SourceFile
from vacframe.testing import run_product


def main(stars: int) -> None:
    """Make the isochrones, the true stars and their spectra, timing each."""
    shard = [SourceFile("shard 0", shard=0)]
    config = MockSurveyConfig(stars=stars, shard_size=stars)
    isochrones = run_product(vacframe_surveys.plugin, "isochrones", files=shard).table
    start = time.perf_counter()
    truth = run_product(plugin, "mock_observations", {"isochrones": isochrones}, files=shard, config=config).table
    print(f"mock_truth: {stars / (time.perf_counter() - start):.0f} stars/s (one core, isochrones resampled once)")
    # The first call compiles, or loads the compiled code.
    start = time.perf_counter()
    run_product(plugin, "lamost_spectra", {"mock_observations": truth.slice(0, 2)}, config=config)
    print(f"lamost_spectra: start {time.perf_counter() - start:.1f} s")
    rates = []
    for _ in range(3):
        start, busy = time.perf_counter(), time.process_time()
        run_product(plugin, "lamost_spectra", {"mock_observations": truth}, config=config)
        rates.append((stars / (time.perf_counter() - start), stars / (time.process_time() - busy)))
    best = max(rates)
    print(f"lamost_spectra: {best[0]:.0f} spectra/s on one core, {best[1]:.0f} per second of processor time")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
