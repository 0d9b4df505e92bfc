"""The whole sum against brute-force quadrature over model points, distance and extinction.

With VACFRAME_BRUTE_FORCE=200 in the environment so many stars of each prior are compared on the whole grid as well.
"""

import os

import numba
import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig
from vacframe_bayes_isochrone.method.posterior_inputs import ModelPoints, sky_priors
from vacframe_bayes_isochrone.method.posterior_moments import percentile
from vacframe_bayes_isochrone.method.sightline_integral import MU_FIRST, MU_NODES, MU_STEP

from vacframe.testing import run_product

MODULI = MU_FIRST + MU_STEP * np.arange(MU_NODES)
QUANTITIES = ("distance", "av", "mass", "age")
FRACTIONS = (0.16, 0.5, 0.84)
FARTHEST = 60.0
"""Larger differences of chi2 do not count."""


@numba.njit(error_model="numpy")
def summed(miss, residual, inverse, extinction, av, mu, lines, dust, weight, by_av, by_mu, by_point):
    """Add the posterior up at each A_V, each modulus and each point.

    Parameters
    ----------
    miss (n,), residual (n_band, n): chi2 of the labels, magnitudes less absolute ones.
    inverse, extinction (n_band,): 1 / variance, A_band / A_V.
    av, mu: equal steps in mu; `dust` (n_av, n_mu) holds the steps in A_V as well.
    lines (n_component, n_mu), weight (n_component, n): prior and parallax along the line of sight, prior of the points.
    """
    total, step = inverse.sum(), mu[1] - mu[0]
    reach = int(7.0 / np.sqrt(total) / step) + 1
    along, rest = np.empty(len(mu)), np.empty(len(inverse))
    for i in range(len(miss)):
        for k in range(len(mu)):
            along[k] = 0.0
            for c in range(len(weight)):
                along[k] += weight[c, i] * lines[c, k]
        for j in range(len(av)):
            middle, off = 0.0, miss[i]
            for b in range(len(inverse)):
                rest[b] = residual[b, i] - extinction[b] * av[j]
                middle += inverse[b] * rest[b] / total
            for b in range(len(inverse)):
                off += inverse[b] * (rest[b] - middle) ** 2
            if off > FARTHEST:
                continue
            at = int((middle - mu[0]) / step)
            for k in range(max(at - reach, 0), min(at + reach + 2, len(mu))):
                p = np.exp(-0.5 * (off + total * (mu[k] - middle) ** 2)) * along[k] * dust[j, k]
                by_mu[k] += p
                by_av[j] += p
                by_point[i] += p


def percentiles(values, density):
    """Return the 16th, 50th and 84th percentile of a smooth density."""
    fine = np.linspace(0, len(values) - 1, 40 * len(values))
    value, where = CubicSpline(np.arange(len(values)), values), np.arange(len(values))
    reached = CubicSpline(where, density * value(where, 1)).antiderivative()(fine)
    return np.interp(np.array(FRACTIONS) * reached[-1], reached, value(fine))


def posterior(star, grid, prior, config):
    """Return mean, standard deviation, and 16th, 50th and 84th percentile of each quantity.

    Parameters
    ----------
    star : dict
        One row of observables; NaN where missing.
    grid : Model
        `isochrone_grid`.
    prior : tuple of ndarray
        ln density of each component and ln mean A_V at MODULI.
    """
    dust_prior = config.chosen_dust
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    miss = np.zeros(len(mh))
    for name, values in (("teff", grid["teff"]), ("logg", grid["logg"]), ("feh", mh)):
        if np.isfinite(star[name]):
            miss += ((values - star[name]) / star[f"{name}_error"]) ** 2
    near = np.flatnonzero(miss < miss.min() + FARTHEST)
    bands = [(k, b) for k, b in enumerate(config.bands) if np.isfinite(star[b.name])]
    inverse = np.array([star[f"{b.name}_error"] ** -2.0 for _, b in bands])
    extinction = np.array([b.extinction for _, b in bands])
    residual = np.stack([star[b.name] - grid["magnitudes"][k, near].astype(float) for k, b in bands])
    kappa = (inverse * extinction).sum() / inverse.sum()
    sigma = inverse.sum() ** -0.5
    information = (inverse * (extinction - kappa) ** 2).sum()
    with_parallax = np.isfinite(star["parallax"])
    width = 5 / np.log(10) * star["parallax_error"] / abs(star["parallax"]) if with_parallax else 1.0
    middle = (inverse[:, None] * residual).sum(axis=0) / inverse.sum()
    step = 0.5 * min(sigma, width, 0.1)
    mu = np.arange(middle.min() - kappa * dust_prior.av_max - 7 * sigma, middle.max() + 7 * sigma, step)
    mu = mu[(mu > MODULI[0]) & (mu < MODULI[-1])]
    likelihood = 0.0 * mu
    if with_parallax:
        likelihood = -0.5 * ((star["parallax"] - 10 ** (2 - 0.2 * mu)) / star["parallax_error"]) ** 2
        inside = np.flatnonzero(likelihood > likelihood.max() - FARTHEST)
        mu, likelihood = mu[inside[0] : inside[-1] + 1], likelihood[inside[0] : inside[-1] + 1]
    lines = np.stack([np.interp(mu, MODULI, d) for d in prior[0]]) + likelihood
    finest = 0.35 * min(max(information, 1e-9) ** -0.5, width / kappa, 0.2)
    av = [1e-6]
    while av[-1] < dust_prior.av_max:
        av.append(min(av[-1] + min(0.1 * av[-1], finest), dust_prior.av_max))
    av = np.array(av)
    dust = np.zeros((len(av), len(mu)))
    if dust_prior.kind == "lognormal":
        log_av = np.log(av)[:, None]
        dust = -0.5 * ((log_av - np.interp(mu, MODULI, prior[1])) / dust_prior.dispersion) ** 2 - log_av
    steps = np.gradient(av)
    steps[[0, -1]] *= 0.5
    by_av, by_mu, by_point = np.zeros(len(av)), np.zeros(len(mu)), np.zeros(len(near))
    summed(
        miss[near] - miss.min(), residual, inverse, extinction, av, mu, np.exp(lines - lines.max()),
        np.exp(dust) * steps[:, None], grid["weight"][:, near].astype(float), by_av, by_mu, by_point,
    )  # fmt: skip
    masses, at_age = grid["mass"][near].astype(float), grid["age"][near]
    by_age = np.bincount(at_age, by_point, len(grid["age_nodes"]))
    order = np.argsort(masses)
    inside = np.cumsum(by_point[order]) - 0.5 * by_point[order]
    age_edges = ModelPoints(grid, config).values[5]
    sums = {
        "distance": (10 ** (0.2 * mu - 2), by_mu, 10 ** (0.2 * percentiles(mu, by_mu) - 2)),
        "av": (av, by_av, percentiles(av, by_av / steps)),
        "mass": (masses, by_point, np.interp(np.array(FRACTIONS) * by_point.sum(), inside, masses[order])),
        "age": (grid["age_nodes"], by_age, [percentile(by_age, age_edges, f) for f in FRACTIONS]),
    }
    exact = {}
    for name, (values, shares, points) in sums.items():
        mean = np.average(values, weights=shares)
        variance = np.average((values - mean) ** 2, weights=shares)
        if name == "age":  # a model stands for its cell of age
            variance += np.average(np.diff(age_edges) ** 2 / 12, weights=shares)
        exact[name] = (mean, variance**0.5, *points)
    return exact


def differences(stars, grid, config, estimate):
    """Return how estimates differ from the exact ones, and the estimates.

    Differences of means and of percentiles are in units of the exact deviation, (n, 4) and (n, 4, 3); those of
    deviations are relative ones, (n, 4).
    """
    found = estimate(stars, grid, config)
    density, dust, _ = sky_priors(stars, {"reddening_map": []}, config)
    n = len(stars["ra"])
    shift, ratio, percents = np.zeros((n, 4)), np.zeros((n, 4)), np.zeros((n, 4, 3))
    for row in range(n):
        exact = posterior({n: v[row] for n, v in stars.items()}, grid, (density[row], dust[row]), config)
        for k, name in enumerate(QUANTITIES):
            mean, deviation, *points = exact[name]
            shift[row, k] = (found[name][row] - mean) / deviation
            ratio[row, k] = found[f"{name}_error"][row] / deviation - 1
            mine = np.array([found[f"{name}_{p}"][row] for p in (16, 50, 84)])
            percents[row, k] = (mine - points) / deviation
    return shift, ratio, percents, found


@pytest.mark.parametrize("prior", ["binney2014", "flat"])
def test_agrees_within_a_hundredth_of_the_posterior(prior, coarse, observed, estimate):
    config, grid = coarse(prior)
    stars, _ = observed(grid, config, 20, seed=5)
    stars["ks"][2] = stars["j"][4] = stars["h"][4] = np.nan
    stars["parallax"][1], stars["parallax"][3], stars["parallax_error"][3] = np.nan, -0.05, 1.0
    bluer = np.flatnonzero(stars["logg"] < 3)[-2:]
    stars["j"][bluer] -= 8.0 * stars["j_error"][bluer]  # than any model
    shift, ratio, percents, found = differences(stars, grid, config, estimate)
    # Averages over the table's cells need many points; rows with fewer than ten are flagged.
    bound = np.where(found["n_effective"] >= 10, 0.01, 0.02)
    assert (np.abs(shift).max(axis=1) < bound).all()
    assert np.abs(ratio).max() < 0.03
    assert np.median(np.abs(percents[:, :2]).max(axis=(1, 2))) < 0.01
    assert np.abs(percents[:, :2]).max() < 0.05


def odd_stars(grid, config, count, observed, shared):
    """Return Kepler giants and observed model points, and of which kind each is: a tenth of the stars each."""
    from astropy.table import Table

    table = Table.read(shared / "kepler_giants" / "kepler_giants.ecsv")
    table = table[np.random.default_rng(3).choice(len(table), count // 10 * 3, replace=False)]
    names = {"logg": "logg_seismic", "logg_error": "logg_seismic_error", "parallax": "parallax_dr2"}
    names |= {"parallax_error": "parallax_dr2_error"}
    names |= {n: n for n in ("ra", "dec", "teff", "teff_error", "feh", "feh_error", "j", "h", "ks")}
    giants = {ours: np.asarray(table[theirs], float) for ours, theirs in names.items()}
    giants["parallax"] += 0.0528
    giants |= {f"{band}_error": np.full(len(table), 0.025) for band in ("j", "h", "ks")}
    parts, kinds = [giants], ["kepler"] * len(table)
    tenth = count // 10
    for number, (kind, scale) in enumerate(KINDS.items()):
        stars, _ = observed(grid, config, 40 * tenth, seed=20 + number, scale=scale)
        wanted = {"dwarf": stars["logg"] > 4, "metal-poor": stars["feh"] < -1}.get(kind, stars["logg"] < 9)
        rows = np.flatnonzero(wanted)[:tenth]
        stars = {n: np.array(v[rows], float) for n, v in stars.items() if n != "source_id"}
        if kind == "no parallax":
            stars["parallax"][:] = np.nan
        if kind == "few magnitudes":
            stars["j"][::2] = stars["ks"][1::4] = np.nan
            stars["h"][::2] = np.nan
        parts.append(stars)
        kinds += [kind] * len(rows)
    stars = {n: np.concatenate([p[n] for p in parts]) for n in giants}
    return stars | {"source_id": np.arange(len(kinds))}, np.array(kinds)


KINDS = {
    "usual": (0.5, 1.0, 1.5), "dwarf": (0.5, 1.0, 1.5), "metal-poor": (0.5, 1.0, 1.5), "small errors": (0.25,),
    "large errors": (4.0,), "no parallax": (1.0,), "few magnitudes": (1.0,),
}  # fmt: skip


@pytest.mark.skipif("VACFRAME_BRUTE_FORCE" not in os.environ, reason="takes minutes; asked for by VACFRAME_BRUTE_FORCE")
@pytest.mark.parametrize("prior", ["binney2014", "flat"])
def test_ninety_nine_of_a_hundred_agree_on_the_whole_grid(prior, parsec, observed, estimate, shared):
    config = BayesIsochroneConfig(prior=prior)
    grid = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
    stars, kinds = odd_stars(grid, config, int(os.environ["VACFRAME_BRUTE_FORCE"]), observed, shared)
    shift, ratio, percents, found = differences(stars, grid, config, estimate)
    shift, ratio, enough = np.abs(shift), np.abs(ratio), found["n_effective"] >= 10
    percents = np.abs(percents).max(axis=2)
    for kind in dict.fromkeys(kinds):
        rows = enough & (kinds == kind)
        print(
            f"{prior}, {kind}: {rows.sum()} stars, median {np.median(shift[rows].max(axis=1)):.5f}, "
            f"at most {shift[rows].max():.4f}, deviation {ratio[rows].max():.4f}"
        )
        largest = percents[rows].max(axis=0).round(4).tolist()
        print("  largest difference of percentiles:", dict(zip(QUANTITIES, largest, strict=True)))
    # Percentiles of mass hang on how the few masses of the models are smoothed.
    others = [k for k, name in enumerate(QUANTITIES) if name != "mass"]
    within = {
        "means": shift.max(axis=1),
        "deviations": ratio.max(axis=1),
        "percentiles": percents[:, others].max(axis=1),
    }
    within = {what: float((largest[enough] < 0.01).mean().round(4)) for what, largest in within.items()}
    print(f"{prior}: within 1 % of {enough.sum()} {within}; {(~enough).sum()} of few points")
    assert within["means"] >= 0.99
