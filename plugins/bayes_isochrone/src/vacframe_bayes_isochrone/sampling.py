"""Drawing from posteriors: the same sums as the estimates, kept point by point."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_bayes_isochrone import candidates, integral, kernel, lookup
from vacframe_bayes_isochrone.engine import ModelPoints, Observables, settings_of, sky_priors

NAMES = ("distance", "av", "mass", "age", "mh")


def sample(stars: Any, model: Any, inputs: Any, config: Any, rng: Any) -> dict[str, np.ndarray]:
    """Return the columns ``<name>_samples`` of `posterior_samples`, shape (n, samples); NaN where nothing fits.

    Parameters
    ----------
    stars, model, inputs, config
        As `vacframe_bayes_isochrone.engine.estimate` takes them.
    rng : RowRandom
        Random numbers of the rows.
    """
    seen, points = Observables(stars, config), ModelPoints(model, config)
    density, dust, _ = sky_priors(stars, inputs, config)
    extinction = np.array([b.extinction for b in config.bands])
    out = {name: np.full((len(seen.parallax), config.samples), np.nan, np.float32) for name in NAMES}
    uniform = rng.uniform(5 * config.samples).reshape(len(seen.parallax), 5, config.samples)
    work = kernel.workspace(len(points.search[0]), len(points.search[5]), len(points.values[0]))
    for row in range(len(seen.parallax)):
        phot = candidates.photometry(seen.magnitudes[row], seen.magnitude_errors[row], extinction)
        if not np.isfinite(phot[2]):
            continue
        drawn = _one_star(seen, row, phot, (density[row], dust[row]), points, settings_of(config), work, uniform[row])
        for name, values in drawn.items():
            out[name][row] = values
    return {f"{name}_samples": values for name, values in out.items()}


def _one_star(
    seen: Observables,
    row: int,
    phot: Any,
    sky: tuple[np.ndarray, np.ndarray],
    points: ModelPoints,
    settings: tuple[float, float, float],
    work: Any,
    uniform: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return draws of one star; none where nothing fits."""
    bands, kappa, sigma_t, sigma_a, helper = phot
    window, dispersion, av_max = settings
    parallax, error = seen.parallax[row], seen.parallax_error[row]
    slabs, found, chance, tables = work
    weight, mass, _, age, ages, _ = points.values
    reach = integral.reach_of(kappa, sigma_t, sigma_a, parallax, error, av_max)
    magnitudes = seen.magnitudes[row].astype(np.float32)
    kept, best = candidates.find_points(
        seen.labels[row], seen.label_errors[row], magnitudes, bands, helper, window, reach, points.search, found, slabs
    )
    if kept == 0:
        return {}
    found, chance = tuple(values[:kept] for values in found), chance[:kept]
    inner = (kappa, sigma_t, sigma_a, helper)
    frame, n_t, n_a, n_q = integral.tabulate(
        found[0], found[1], inner, sky, parallax, error, dispersion, av_max, tables
    )
    table = tables[7][:, :n_t, :n_a].copy()
    _, _, top = lookup.look_up(found, best, weight, frame, table, chance)
    if not top > kernel.FAINTEST:
        return {}
    chosen = _choose(chance.astype(np.float64), uniform[0])
    model = found[3][chosen]
    t = np.clip((found[0][chosen] - frame[0]) / frame[1], 0, n_t - 1.001)
    a = np.clip((found[1][chosen] - frame[2]) / frame[3], 0, n_a - 1.001)
    # Each draw takes a corner of its cell and a component, by their shares, then a quadrature point of that corner.
    corners = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    at_t, at_a = t.astype(int)[:, None] + corners[:, 0], a.astype(int)[:, None] + corners[:, 1]
    hats = np.prod(np.abs(np.stack([t % 1, a % 1], axis=1)[:, None, :] - (1 - corners)), axis=2)
    shares = weight[:, model].T[:, None, :] * hats[:, :, None] * np.moveaxis(table[:, at_t, at_a], 0, -1)
    corner, component = np.divmod(_choose_rows(shares.reshape(len(chosen), -1), uniform[1]), len(weight))
    rows = np.arange(len(chosen))
    n, m = at_t[rows, corner], at_a[rows, corner]
    f, mu, nodes = tables[3][:, component, n, :n_q], tables[4][:, n, :n_q], tables[0][:n_q]
    flat = np.moveaxis(f * tables[6][m, :n_q], 0, -1).reshape(len(chosen), -1)
    place, g = np.divmod(_choose_rows(flat, uniform[2]), 2)
    width = np.gradient(nodes)[place]
    modulus = mu[g, rows, place] + (uniform[3] - 0.5) * frame[1]
    by_slab = np.zeros(kept)
    for slab, (first, last) in enumerate(slabs):
        by_slab[first:last] = points.search[5][slab]
    return {
        "distance": 10.0 ** (0.2 * modulus - 2.0),
        "av": np.maximum(nodes[place] + (uniform[4] - 0.5) * width, 0.0),
        "mass": mass[model],
        "age": ages[age[model]],
        "mh": by_slab[chosen],
    }


def _choose(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return indices drawn in proportion to the weights."""
    summed = np.cumsum(weights)
    return np.minimum(np.searchsorted(summed, uniform * summed[-1], side="right"), len(weights) - 1)


def _choose_rows(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return for each row of weights an index drawn in proportion to them."""
    summed = np.cumsum(weights, axis=1)
    return np.asarray(np.minimum((summed <= uniform[:, None] * summed[:, -1:]).sum(axis=1), weights.shape[1] - 1))
