"""Lindegren's zero point against gaiadr3-zeropoint, and the map fit against one fit per pixel.

Run as ``python benchmarks/parallax_zp.py [SOURCES [GIANTS]]``; prints measured speeds and the ratio to the peer in the
same run. Needs gaiadr3-zeropoint and scipy.
"""

import os
import sys
import time
import warnings

import numpy as np
import pyarrow as pa
from scipy.optimize import curve_fit
from scipy.stats import norm
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.method.lindegren_2021 import zero_points
from vacframe_parallax_zp.method.sky_offsets import fit_map
from zero_point import zpt

from vacframe.astro.gaussian_fit import fit_gaussians
from vacframe.core.columns.batch import Batch

PIXELS = 12_288
SAMPLE = 1_000
"""Pixels that the loops are timed on; their time is scaled to all."""


def best(work, repeats=9):
    """Return the shortest time of some runs, s, and the last result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def zero_point(count):
    """Time the zero points of random five- and six-parameter sources."""
    rng = np.random.default_rng(1)
    colour = rng.uniform(1.25, 1.7, count)
    columns = (
        rng.uniform(6, 21, count), colour, colour, rng.uniform(-90, 90, count), rng.choice([31, 95], count)
    )  # fmt: skip
    warnings.simplefilter("ignore")
    zpt.load_tables()
    zero_points(*(c[:10] for c in columns))
    ours, found = best(lambda: zero_points(*columns))
    theirs, expected = best(lambda: zpt.get_zpt(*columns), 2)
    print(f"zero point of {count:,} sources, {os.cpu_count()} cores")
    print(f"  vacframe            {ours:8.3f} s  {count / ours / 1e6:6.1f} million/s")
    print(f"  gaiadr3-zeropoint   {theirs:8.3f} s  {count / theirs / 1e6:6.1f} million/s")
    print(f"  ratio {theirs / ours:.1f}, largest difference {np.abs(found.value - expected).max():.1e} mas")


def histogram_fit(values):
    """Fit a Gaussian to the histogram of one pixel's values, as a loop with curve_fit would."""
    middle, width = np.median(values), values.std()
    edges = np.linspace(middle - 4 * width, middle + 4 * width, 31)
    number = np.histogram(values, edges)[0]
    centre = 0.5 * (edges[1:] + edges[:-1])
    start = (number.max(), middle, width)
    return curve_fit(lambda x, a, m, s: a * np.exp(-0.5 * ((x - m) / s) ** 2), centre, number, p0=start)[0][1:]


def split(values, pixel):
    """Return the values of each pixel, which vacframe's time includes too."""
    order = np.argsort(pixel, kind="stable")
    return np.split(values[order], np.cumsum(np.bincount(pixel, minlength=PIXELS))[:-1])


def map_product(count):
    """Time the whole map: one spectrum of each star, pixels, the fits of both offsets."""
    rng = np.random.default_rng(3)
    longitude, latitude = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    giants = {
        "source_id": rng.permutation(count),
        "snr": rng.uniform(50, 200, count).astype(np.float32),
        "ra": longitude,
        "dec": latitude,
        "gl": longitude,
        "gb": latitude,
        "offset_corr": 45 * rng.normal(size=count),
        "offset_noncorr": 45 * rng.normal(size=count) - 28,
    }
    batch = Batch(pa.table(giants), "zp_giants")
    seconds, table = best(lambda: fit_map(batch, "galactic", plugin.config_model()), 3)
    print(f"parallax_zp_map_galactic of {count:,} giants: {seconds:.3f} s, {len(table['n']):,} pixels")


def sky_map(count):
    """Time the Gaussian fits of all pixels of a map, one column."""
    rng = np.random.default_rng(2)
    pixel = rng.integers(0, PIXELS, count)
    mean = rng.normal(-28, 10, PIXELS)
    values = mean[pixel] + 45 * rng.normal(size=count)
    fit_gaussians(values[:10], pixel[:10], PIXELS)
    ours, found = best(lambda: fit_gaussians(values, pixel, PIXELS, 4.0))
    print(f"Gaussian fits of {count:,} giants in {PIXELS:,} pixels, one column")
    print(f"  vacframe            {ours:8.3f} s")
    grouping, parts = best(lambda: split(values, pixel), 2)
    for name, one in (("scipy norm.fit loop", norm.fit), ("curve_fit loop", histogram_fit)):
        seconds, fits = best(lambda work=one: [work(p) for p in parts[:SAMPLE]], 1)
        theirs = grouping + seconds * PIXELS / SAMPLE
        difference = np.median(np.abs(np.array(fits)[:, 0] - found.mean[:SAMPLE]))
        print(f"  {name:19} {theirs:8.3f} s  ratio {theirs / ours:6.1f}, median |difference| {difference:.2f} uas")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]] + [2_000_000, 1_000_000][len(sys.argv) - 1 :]
    zero_point(numbers[0])
    sky_map(numbers[1])
    map_product(numbers[1])
