"""Speed of `lamost_normalized` against a per-spectrum loop of scipy.signal.medfilt and numpy.polyfit.

Run: ``python benchmarks/normalise.py [--spectra 6000] [--loop 300]``

Made-up spectra on the survey's grid: a smooth continuum, lines, noise, 2 % bad pixels, radial velocities of a
few hundred km/s. Compilation is not included (it is printed).

vacframe, kernel
    `vacframe.astro.continuum.normalise`: bad pixels, rest-frame shift of flux and inverse variance, running
    median, polynomial, division, filling, both windows of every spectrum.
vacframe, product
    The product as a build calls it: the above, the rejects, the Arrow table and its checks. No file is read or
    written.
loop
    Only ``medfilt(21)``, ``polyfit(6)``, ``polyval`` and the division of both windows: no shift, no inverse
    variance, no bad pixels. So the ratio understates what is gained. It runs in one thread, OpenBLAS too,
    which was faster than with two (``OPENBLAS_NUM_THREADS`` overrules).

"per CPU s" counts processor time, of all threads together: on a busy machine it says more than the wall clock.
"""

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numba
import numpy as np
import scipy.signal
from vacframe_nn_labels import plugin
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.pixels import window_pixels

from vacframe.astro.continuum import normalise
from vacframe.astro.wavelength import log_grid
from vacframe.core.columns.astropy_tables import table_to_arrow
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe.testing import run_product

GRID = log_grid(LOGLAM_FIRST, LOGLAM_STEP, LAMOST_PIXELS)
WINDOWS = window_pixels(NnLabelsConfig().windows)


def made_up(count):
    """Return `count` rows of `lamost_spectra`."""
    rng = np.random.default_rng(0)
    lines = 1 - 0.5 * np.exp(-0.5 * ((GRID - rng.uniform(3800, 9000, (300, 1))) / 3) ** 2).sum(axis=0).clip(0, 1.6)
    flux = (500 + 300 * np.sin(GRID / 3000)) * lines
    flux = (flux + rng.normal(0, 10, (count, LAMOST_PIXELS))).astype(np.float32)
    return {
        "obsid": np.arange(count),
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-10, 60, count),
        "snr_g": np.full(count, 50, np.float32),
        "z": rng.normal(0, 3e-4, count).astype(np.float32),
        "flux": flux,
        "ivar": np.full(flux.shape, 0.01, np.float32),
        "mask": (rng.random(flux.shape, dtype=np.float32) < 0.02).astype(np.uint8),
    }


def kernel(rows):
    """Normalise as `lamost_normalized` does."""
    shift = np.log10(1 + rows["z"].astype(float)) / LOGLAM_STEP
    normalise(rows["flux"], rows["ivar"], rows["mask"], shift, GRID, WINDOWS)


def product(inputs):
    """Make `lamost_normalized`."""
    run_product(plugin, "lamost_normalized", inputs)


def loop(rows):
    """Normalise spectrum by spectrum with SciPy and NumPy."""
    for flux in rows["flux"]:
        for window in WINDOWS:
            cut = flux[window.start : window.stop]
            x = np.linspace(-1, 1, len(cut))
            continuum = np.polyval(np.polyfit(x, scipy.signal.medfilt(cut, 21), 6), x)
            cut / continuum


def best(function, rows, repeats):
    """Return calls per second of the fastest run, and per second of processor time."""
    wall, processor = [], []
    for _ in range(repeats):
        begin, spent = time.perf_counter(), time.process_time()
        function(rows)
        wall.append(time.perf_counter() - begin)
        processor.append(time.process_time() - spent)
    return 1 / min(wall), 1 / min(processor)


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spectra", type=int, default=6000)
    parser.add_argument("--loop", type=int, default=300, help="spectra given to the loop")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    rows = made_up(options.spectra)
    begin = time.perf_counter()
    kernel({k: v[:1] for k, v in rows.items()})
    load = os.getloadavg()[0]
    print(f"{numba.get_num_threads()} threads, load average {load:.1f}; first call {time.perf_counter() - begin:.1f} s")
    arrow = {"lamost_spectra": table_to_arrow(rows)}
    few = {k: v[: options.loop] for k, v in rows.items()}
    loop_wall, loop_cpu = (rate * options.loop for rate in best(loop, few, options.repeats))
    print(f"{'':18s} {'spectra/s':>10s} {'ratio':>7s} {'per CPU s':>10s} {'ratio':>7s}")
    print(f"{'loop':18s} {loop_wall:10.0f} {1.0:7.1f} {loop_cpu:10.0f} {1.0:7.1f}")
    cases = (("vacframe, kernel", kernel, rows), ("vacframe, product", product, arrow))
    for name, function, given in cases:
        wall, cpu = (rate * options.spectra for rate in best(function, given, options.repeats))
        print(f"{name:18s} {wall:10.0f} {wall / loop_wall:7.1f} {cpu:10.0f} {cpu / loop_cpu:7.1f}")


if __name__ == "__main__":
    main()
