"""Print how many mock XP spectra one core makes per second: ``python benchmarks/mock_xp.py [stars]``."""

from __future__ import annotations

import sys
import time

import vacframe_surveys
from vacframe_mock_survey import MockSurveyConfig, plugin

from vacframe import SourceFile
from vacframe.testing import run_product


def main(stars: int) -> None:
    """Make the isochrones, the true stars and their XP spectra; best of three runs."""
    shard = [SourceFile("shard 0", shard=0)]
    config = MockSurveyConfig(stars=stars, shard_size=stars)
    isochrones = run_product(vacframe_surveys.plugin, "isochrones", files=shard).table
    truth = run_product(plugin, "mock_truth", {"isochrones": isochrones}, files=shard, config=config).table
    start = time.perf_counter()
    run_product(plugin, "gaia_xp_spectra", {"mock_truth": truth.slice(0, 2)}, config=config)
    print(f"gaia_xp_spectra: start {time.perf_counter() - start:.1f} s")
    rates = []
    for _ in range(3):
        start, busy = time.perf_counter(), time.process_time()
        made = run_product(plugin, "gaia_xp_spectra", {"mock_truth": truth}, config=config).table.num_rows
        rates.append((made / (time.perf_counter() - start), made / (time.process_time() - busy)))
    best = max(rates)
    print(f"gaia_xp_spectra: {best[0]:.0f} spectra/s on one core, {best[1]:.0f} per second of processor time")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
