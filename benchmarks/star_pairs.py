"""Reddening by star pairs, against plain loops over stars.

Run as ``python benchmarks/star_pairs.py [STARS [CONTROLS]]``; prints measured speeds and the ratios to the peers in the
same run. Both peers fit with numpy; one looks for pairs among all control stars, the other with scipy's k-d tree.
"""

import os
import sys
import time

import numpy as np
from scipy.spatial import cKDTree
from vacframe_nn_labels.method.star_pairs import Controls, PairLimits, pair_reddening

LIMITS = PairLimits(3e-5, 0.5, 0.3, 5)
COEFFICIENTS = np.array([1.261, 1.59, 0.414])
"""E(colour) / E(B-V) of BP - RP, g - i and J - Ks."""
TREE_UNITS = np.array([300.0, LIMITS.logg_width, LIMITS.feh_width])
"""Labels are in these units in the k-d tree, so that widths of pairs are about 1."""
ERROR = 0.02
"""Of all colours, mag."""
SAMPLE = 300
"""Stars that the loops are timed on; their time is scaled to all."""


def make_stars(count, seed):
    """Return labels, identifiers, colours and errors of dwarfs and giants."""
    rng = np.random.default_rng(seed)
    giant = rng.random(count) < 0.35
    teff = np.where(giant, rng.normal(4800, 250, count), rng.normal(5800, 600, count))
    logg = np.where(
        giant, 2.6 + (teff - 4800) / 500 + 0.3 * rng.normal(size=count), 4.4 + 0.15 * rng.normal(size=count)
    )
    feh = np.clip(rng.normal(-0.25, 0.35, count), -2.5, 0.5)
    labels = np.stack([teff, logg, feh], axis=1)
    errors = np.full((count, 3), ERROR)
    slopes = np.array([[-2.4e-4, 0.03, 0.05], [-3.1e-4, -0.02, 0.11], [-1.5e-4, 0.01, -0.04]])
    colours = 0.8 + (labels - [5500.0, 3.0, 0.0]) @ slopes.T + 0.03 * rng.normal(size=(count, 3))
    colours[rng.random((count, 3)) < 0.2] = np.nan
    return labels, np.arange(count) + 10**9 * seed, colours, errors


def excess(star, colour, error, widths, pairs, near, near_colours):
    """Return E(B-V) of one star from its pairs."""
    design = np.column_stack([np.ones(len(pairs)), (near[pairs] - star) / widths])
    total = weights = 0.0
    for c in range(3):
        known = np.isfinite(near_colours[pairs, c])
        if not np.isfinite(colour[c]) or known.sum() < LIMITS.minimum_pairs:
            continue
        x, y = design[known], near_colours[pairs, c][known]
        found = np.linalg.lstsq(x, y)[0]
        scatter = ((y - x @ found) ** 2).sum() / (known.sum() - 4)
        leverage = np.linalg.inv(x.T @ x)[0, 0]
        weight = COEFFICIENTS[c] ** 2 / (max(scatter - ERROR**2, 0) + error[c] ** 2 + leverage * scatter)
        total += weight * (colour[c] - found[0]) / COEFFICIENTS[c]
        weights += weight
    return total / weights if weights else np.nan


def loop(stars, controls, tree=None):
    """Return E(B-V) of stars one by one."""
    near, _, near_colours, _ = controls
    out = np.empty(len(stars[0]))
    for i, (star, _, colour, error) in enumerate(zip(*stars, strict=True)):
        widths = np.array([star[0] * (LIMITS.teff_width * star[0]) ** 2, LIMITS.logg_width, LIMITS.feh_width])
        if tree is None:
            pairs = np.flatnonzero((np.abs(near - star) < widths).all(axis=1))
        else:
            reach = max(widths[0] / TREE_UNITS[0], 1.0)
            ball = np.array(tree.query_ball_point(star / TREE_UNITS, reach, p=np.inf), dtype=np.int64)
            pairs = ball[(np.abs(near[ball] - star) < widths).all(axis=1)]
        out[i] = excess(star, colour, error, widths, pairs, near, near_colours)
    return out


def timed(work):
    """Return the time of a run, s, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main(count, controls_count):
    """Time all three."""
    controls, stars = make_stars(controls_count, 1), make_stars(count, 2)
    some = tuple(a[:SAMPLE] for a in stars)
    arguments = (COEFFICIENTS, LIMITS)
    pair_reddening(*some, Controls.of(*controls, LIMITS), *arguments)
    ours, found = timed(lambda: pair_reddening(*stars, Controls.of(*controls, LIMITS), *arguments))
    tree = cKDTree(controls[0] / TREE_UNITS)
    plain, first = timed(lambda: loop(some, controls))
    with_tree, second = timed(lambda: loop(some, controls, tree))
    pairs = found.pairs[found.pairs > 0]
    print(f"{count:,} stars, {controls_count:,} control stars, {np.median(pairs):.0f} pairs a star (median),", end=" ")
    print(f"{os.cpu_count()} cores")
    print(f"  vacframe             {ours:8.2f} s  {count / ours:10,.0f} stars/s")
    for name, seconds, values in (("plain loop", plain, first), ("loop with k-d tree", with_tree, second)):
        speed = SAMPLE / seconds
        print(f"  {name:19s}  {count / speed:8.0f} s  {speed:10,.0f} stars/s  ratio {count / ours / speed:.0f}", end="")
        print(f"  largest difference {np.nanmax(np.abs(values - found.ebv[:SAMPLE])):.1e} mag")


if __name__ == "__main__":
    main(*(int(float(a)) for a in (*sys.argv[1:], "1e6", "1e5")[:2]))
