"""Largest memory of a build from XP coefficients to sampled spectra and pixels, for two numbers of sources.

    python benchmarks/xp_memory.py FOLDER [--errors-only] [sources ...]

The sources are the 30 with full covariances of calspec_xp (environment variable VACFRAME_SHARED_DATA; made-up ones
where the data are absent), repeated with other identifiers, in Parquet files of 20,000 as a user's downloads would be;
with --errors-only they come without their correlations, a tenth of the size.
`vacframe build` runs with one worker process; what is printed is the largest resident memory of any of its processes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from xp_speed import spectra

PER_FILE = 20_000
SETTINGS = """
pixel_order = 2
[sources.gaia_xp_spectra]
files = ["xp/*.parquet"]
[sources.gaia_sources]
files = ["gaia/*.parquet"]
[plugins.xp_uacsnet]
reddening = "none"
distance = "none"
giant_cut = "none"
minimum_height = 0.0
training_where = ""
"""


def write_inputs(folder: Path, count: int, errors_only: bool) -> None:
    """Write coefficients and magnitudes of `count` sources."""
    real = spectra()
    keep = [n for n in real.column_names if n not in ("_file", "_row", "source_id", "ra", "dec")]
    keep = [n for n in keep if not (errors_only and n.endswith("correlations"))]
    for name in ("xp", "gaia"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 12 * 4**12, count, dtype=np.int64)
    keys = (np.sort(pixels) << np.int64(35)) + np.arange(1, count + 1)
    for start in range(0, count, PER_FILE):
        own = keys[start : start + PER_FILE]
        rows = pa.array(np.arange(len(own)) % real.num_rows)
        table = real.select(keep).take(rows).add_column(0, "source_id", pa.array(own))
        pq.write_table(table, folder / "xp" / f"{start:07d}.parquet", compression="zstd", row_group_size=4096)
        ra, dec = np.linspace(0.0, 359.0, len(own)), np.linspace(-60.0, 60.0, len(own))
        gaia = {"source_id": own, "ra": ra, "dec": dec, "phot_g_mean_mag": np.full(len(own), 13.0)}
        gaia |= {"phot_bp_mean_mag": np.full(len(own), 13.6), "phot_rp_mean_mag": np.full(len(own), 12.4)}
        gaia["phot_bp_rp_excess_factor"] = np.full(len(own), 1.2)
        pq.write_table(pa.table(gaia), folder / "gaia" / f"{start:07d}.parquet")
    (folder / "vacframe.toml").write_text(SETTINGS)


def build(folder: Path) -> None:
    """Run the build and print its time and memory."""
    command = ["vacframe", "build", "-p", "xp_features", "-c", str(folder / "vacframe.toml"), "-w", str(folder / "ws")]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([*command, "--workers", "1"], check=True, stdout=subprocess.DEVNULL, env=environment)


def main() -> None:
    """Build for each number of sources in a process of its own, so that each largest memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--errors-only", action="store_true")
    given = parser.parse_args()
    if len(given.sources) > 1:
        flags = ["--errors-only"] if given.errors_only else []
        for count in given.sources:
            subprocess.run([sys.executable, __file__, str(given.folder), str(count), *flags], check=True)
        return
    place = given.folder / str(given.sources[0])
    write_inputs(place, given.sources[0], given.errors_only)
    start = time.perf_counter()
    build(place)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{given.sources[0]:,} sources: {memory:,.0f} MB, {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
