"""The whole sum against brute-force quadrature over model points, distance and extinction."""

import numpy as np
import pytest
from vacframe_bayes_isochrone.engine import sky_priors
from vacframe_bayes_isochrone.integral import MU_FIRST, MU_NODES, MU_STEP

SIGMAS = np.linspace(-5.5, 5.5, 12)


def extinctions(av_max, dense=140):
    """Return nodes in A_V and their trapezoidal widths, dense near zero."""
    nodes = 1e-4 + av_max * np.linspace(0, 1, dense) ** 3
    edges = np.concatenate([[nodes[0]], 0.5 * (nodes[1:] + nodes[:-1]), [nodes[-1]]])
    return nodes, np.diff(edges)


def posterior(star, grid, prior, config, uniform):
    """Return mean and standard deviation of distance, A_V, mass, age: four pairs.

    Parameters
    ----------
    star : dict
        One row of observables; NaN where missing.
    grid : Model
        `isochrone_grid`.
    prior : tuple of callables
        ln density of each component at distance moduli (n_component, ...); ln mean A_V at distance moduli.
    """
    log_density, log_dust = prior
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    miss = 0.0
    for name, values in (("teff", grid["teff"]), ("logg", grid["logg"]), ("feh", mh)):
        if np.isfinite(star[name]):
            miss = miss + ((values - star[name]) / star[f"{name}_error"]) ** 2
    near = np.flatnonzero(miss < miss.min() + 60)
    bands = [(k, b) for k, b in enumerate(config.bands) if np.isfinite(star[b.name])]
    av, av_width = extinctions(config.chosen_dust.av_max)
    sums = {name: np.zeros(3) for name in ("distance", "av", "mass", "age")}
    scatter = 1 / np.sqrt(sum(star[f"{b.name}_error"] ** -2.0 for _, b in bands))
    for rows in np.array_split(near, max(1, len(near) // 60)):
        absolute = [grid["magnitudes"][k, rows].astype(float)[:, None] for k, _ in bands]
        # The middle of the range of distance moduli at each extinction; only a choice of nodes.
        middle = (
            sum(
                (star[b.name] - m - b.extinction * av) * star[f"{b.name}_error"] ** -2.0
                for m, (_, b) in zip(absolute, bands, strict=True)
            )
            * scatter**2
        )
        mu = middle[:, :, None] + SIGMAS * scatter
        chi2 = miss[rows][:, None, None]
        for m, (_, b) in zip(absolute, bands, strict=True):
            seen = m[:, :, None] + mu + b.extinction * av[:, None]
            chi2 = chi2 + ((star[b.name] - seen) / star[f"{b.name}_error"]) ** 2
        distance = 10 ** (0.2 * mu - 2)
        if np.isfinite(star["parallax"]):
            chi2 = chi2 + ((star["parallax"] - 1 / distance) / star["parallax_error"]) ** 2
        weight = np.einsum("ci,cijk->ijk", grid["weight"][:, rows].astype(float), np.exp(log_density(mu)))
        weight *= np.exp(-0.5 * (chi2 - miss.min())) * av_width[:, None]
        if not uniform:
            log_av = np.log(av)[:, None]
            spread = ((log_av - log_dust(mu)) / config.chosen_dust.dispersion) ** 2
            weight *= np.exp(-0.5 * spread - log_av)
        mass, age = grid["mass"][rows].astype(float), grid["age_nodes"][grid["age"][rows]]
        for name, value in (
            ("distance", distance),
            ("av", av[:, None]),
            ("mass", mass[:, None, None]),
            ("age", age[:, None, None]),
        ):
            sums[name] += [weight.sum(), (weight * value).sum(), (weight * value**2).sum()]
    return {n: (s[1] / s[0], np.sqrt(max(s[2] / s[0] - (s[1] / s[0]) ** 2, 0))) for n, s in sums.items()}


MODULI = MU_FIRST + MU_STEP * np.arange(MU_NODES)


@pytest.mark.parametrize("prior", ["binney2014", "flat"])
def test_agrees_within_a_hundredth_of_the_posterior(prior, coarse, observed, estimate):
    config, grid = coarse(prior)
    stars, _ = observed(grid, config, 7, seed=5)
    stars["ks"][2] = stars["j"][4] = stars["h"][4] = np.nan
    stars["parallax"][1], stars["parallax"][3], stars["parallax_error"][3] = np.nan, -0.05, 1.0
    found = estimate(stars, grid, config)
    density, dust, _ = sky_priors(stars, {"reddening_map": []}, config)
    for row in range(7):
        lines = (
            lambda mu, row=row: np.stack([np.interp(mu, MODULI, d) for d in density[row]]),
            lambda mu, row=row: np.interp(mu, MODULI, dust[row]),
        )
        star = {name: values[row] for name, values in stars.items()}
        # Averages over the table's cells need many points; rows with fewer than ten are flagged.
        bound = 0.01 if found["n_effective"][row] >= 10 else 0.02
        exact = posterior(star, grid, lines, config, prior == "flat")
        for name, (mean, deviation) in exact.items():
            assert abs(found[name][row] - mean) < bound * deviation, (row, name)
            assert found[f"{name}_error"][row] == pytest.approx(deviation, rel=0.03), (row, name)
