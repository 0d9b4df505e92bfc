"""Posteriors kept point by point: draws from them, and what they say of each age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

import vacframe as vf
from vacframe_bayes_isochrone.method import candidate_points, posterior_sum, sightline_integral
from vacframe_bayes_isochrone.method.posterior_inputs import ModelPoints, Observables, settings_of, sky_priors
from vacframe_bayes_isochrone.method.prior_weights import age_prior, cells

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

NAMES = ("distance", "av", "mass", "age", "mh")


def sample(
    stars: vf.Batch, model: vf.Model, inputs: Mapping[str, Any], config: BayesIsochroneConfig, rng: vf.RowRandom
) -> dict[str, np.ndarray]:
    """Return the columns ``<name>_samples`` of `posterior_samples`, shape (n, samples); NaN where nothing fits.

    Parameters
    ----------
    stars, model, inputs, config
        As `posterior_estimates.estimate` takes them.
    rng : RowRandom
        Random numbers of the rows.
    """
    out = {name: np.full((len(stars["ra"]), config.samples), np.nan, np.float32) for name in NAMES}
    uniform = rng.uniform(7 * config.samples).reshape(len(stars["ra"]), 7, config.samples)
    mh_edges = cells(np.array(model["mh"], dtype=np.float64))
    for row, posterior in posteriors(stars, model, inputs, config):
        for name, values in _draw(posterior, mh_edges, uniform[row]).items():
            out[name][row] = values
    return {f"{name}_samples": values for name, values in out.items()}


def member_likelihoods(inputs: vf.Inputs, config: BayesIsochroneConfig) -> dict[str, Any]:
    """Return the columns of `cluster_age_likelihoods`: the observed stars that are members of a cluster."""
    members = inputs["cluster_members"]
    place = members.match("source_id", inputs["isochrone_observables"]["source_id"])
    stars, place = inputs["isochrone_observables"].take(place >= 0), place[place >= 0]
    found = age_likelihoods(stars, inputs["isochrone_grid"], inputs, config)
    table: dict[str, Any] = {name: stars[name] for name in ("source_id", "ra", "dec", "logg")}
    table |= {"cluster": members["cluster"][place], "age_reference": members["age"][place]}
    return table | {"likelihood": found.reshape(len(place), found.shape[1] * found.shape[2]).astype(np.float32)}


def age_likelihoods(
    stars: vf.Batch, model: vf.Model, inputs: Mapping[str, Any], config: BayesIsochroneConfig
) -> np.ndarray:
    """Return how probable each star's observables are at each age if it is of a component of the prior.

    Parameters
    ----------
    stars, model, inputs, config
        As `posterior_estimates.estimate` takes them.

    Returns
    -------
    ndarray of float64, shape (n, n_component, n_age)
        Summed over masses, metallicities, distances and extinctions as the prior weighs them, but for the prior in age,
        which is divided out; 1 on average over the ages and components of the prior. NaN where nothing fits, 0 at ages
        that a component does not have.
    """
    ages = np.array(model["age_nodes"], dtype=np.float64)
    components = config.chosen_components
    prior = np.array([age_prior(c, ages, config.age_max) for c in components])
    share = np.array([1.0 if c is None else c.fraction for c in components])[:, None]
    out = np.full((len(stars["ra"]), *prior.shape), np.nan)
    for row, posterior in posteriors(stars, model, inputs, config):
        shares = posterior.shares(np.arange(len(posterior.found[3]))).sum(axis=1) * posterior.found[2][:, None]
        age = posterior.points.values[3][posterior.found[3]]
        found = np.array([np.bincount(age, weights=of_one, minlength=len(ages)) for of_one in shares.T])
        mean = found.sum() / (share * prior).sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            out[row] = np.where(prior > 0, found / (share * prior * mean), 0.0)
    return out


@dataclass(frozen=True)
class Posterior:
    """The posterior of one star, model point by model point.

    Attributes
    ----------
    found : tuple of ndarray, shape (n,)
        As `candidate_points.find_points` fills it, chi2 replaced by exp((best - chi2) / 2).
    chance : ndarray of float32, shape (n,)
        Share of each point.
    slabs : ndarray, shape (n_mh, 2)
        First and last of `found` at each metallicity.
    kappa : float
        Extinction of t relative to A_V: t = mu + kappa A_V.
    frame, line, nodes, gauss, integrand, table
        What `sightline_integral.tabulate` returns.
    """

    points: ModelPoints
    found: tuple[np.ndarray, ...]
    chance: np.ndarray
    slabs: np.ndarray
    kappa: float
    frame: tuple[float, ...]
    line: tuple[float, ...]
    nodes: np.ndarray
    gauss: np.ndarray
    integrand: np.ndarray
    table: np.ndarray

    def cell(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the corners of the table about points: their places (n, 4) along both axes, and weights (n, 4)."""
        _, n_a, n_t = self.table.shape
        t = np.clip((self.found[0][rows] - self.frame[0]) / self.frame[1], 0, n_t - 1.001)
        a = np.clip((self.found[1][rows] - self.frame[2]) / self.frame[3], 0, n_a - 1.001)
        corners = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
        hats = np.prod(np.abs(np.stack([t % 1, a % 1], axis=1)[:, None, :] - (1 - corners)), axis=2)
        return t.astype(int)[:, None] + corners[:, 0], a.astype(int)[:, None] + corners[:, 1], hats

    def shares(self, rows: np.ndarray) -> np.ndarray:
        """Return the share of each corner and component in the integral at points, shape (n, 4, n_component)."""
        at_t, at_a, hats = self.cell(rows)
        weight = self.points.values[0][:, self.found[3][rows]]
        return np.asarray(weight.T[:, None, :] * hats[:, :, None] * np.moveaxis(self.table[:, at_a, at_t], 0, -1))


def posteriors(
    stars: vf.Batch, model: vf.Model, inputs: Mapping[str, Any], config: BayesIsochroneConfig
) -> Iterator[tuple[int, Posterior]]:
    """Yield row and posterior of each star that some model agrees with; each holds until the next is asked for."""
    seen, points = Observables(stars, config), ModelPoints(model, config)
    density, dust, _ = sky_priors(stars, inputs, config)
    extinction = np.array([b.extinction for b in config.bands])
    work = posterior_sum.workspace(points.search, len(points.values[0]))
    settings = settings_of(config, percentiles=False)
    for row in range(len(seen.parallax)):
        phot = candidate_points.photometry(seen.magnitudes[row], seen.magnitude_errors[row], extinction)
        star = (
            seen.labels[row], seen.label_errors[row], seen.magnitudes[row], seen.parallax[row],
            seen.parallax_error[row],
        )  # fmt: skip
        near, best = posterior_sum.find(star, phot, settings, points.search, work) if np.isfinite(phot[2]) else (0, 0.0)
        if near == 0:
            continue
        sky = (density[row], dust[row])
        (_, _, top), tabulated = posterior_sum.weigh(near, best, star, phot, sky, settings, points.values[0], work)
        if top > posterior_sum.FAINTEST:
            slabs, found, chance, _, _ = work
            yield row, Posterior(points, tuple(v[:near] for v in found), chance[:near], slabs, phot[1], *tabulated)


def _draw(posterior: Posterior, mh_edges: np.ndarray, uniform: np.ndarray) -> dict[str, np.ndarray]:
    """Return draws from a posterior, with random numbers of shape (7, draws).

    A model stands for its cell of age and of [M/H], with edges `mh_edges` (n_mh + 1,).
    """
    points, found, nodes, line = posterior.points, posterior.found, posterior.nodes, posterior.line
    chosen = _choose(posterior.chance.astype(np.float64), uniform[0])
    model = found[3][chosen]
    # Each draw takes a corner of its cell and a component, by their shares, then a quadrature point of that corner.
    at_t, at_a, _ = posterior.cell(chosen)
    shares = posterior.shares(chosen).reshape(len(chosen), -1)
    corner, component = np.divmod(_choose_rows(shares, uniform[1]), len(posterior.table))
    rows = np.arange(len(chosen))
    n, m = at_t[rows, corner], at_a[rows, corner]
    both = posterior.integrand[:, component, :, n] * posterior.gauss[m, None, : len(nodes)]
    place = _choose_rows(both.sum(axis=1), uniform[2])
    width = np.gradient(nodes)[place]
    shift = n + (posterior.frame[0] - posterior.kappa * nodes[place] - line[0]) / line[1]
    # The two points along the line of sight stand for a Gaussian, tilted by what they differ by.
    nearer, farther = both[rows, :, place].T
    modulus = sightline_integral.moduli(line, shift, 0.5) + line[5] * (
        ndtri(uniform[3]) + (farther - nearer) / (farther + nearer)
    )
    slab = np.zeros(len(found[3]), np.int64)
    for row, (first, last) in enumerate(posterior.slabs):
        slab[first:last] = row
    return {
        "distance": 10.0 ** (0.2 * modulus - 2.0),
        "av": np.maximum(nodes[place] + (uniform[4] - 0.5) * width, 0.0),
        "mass": points.values[1][model],
        "age": _within(points.values[5], points.values[3][model], uniform[5]),
        "mh": _within(mh_edges, slab[chosen], uniform[6]),
    }


def _within(edges: np.ndarray, cell: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return places within cells."""
    return np.asarray(edges[cell] + uniform * (edges[cell + 1] - edges[cell]))


def _choose(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return indices drawn in proportion to the weights."""
    summed = np.cumsum(weights)
    return np.minimum(np.searchsorted(summed, uniform * summed[-1], side="right"), len(weights) - 1)


def _choose_rows(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return for each row of weights an index drawn in proportion to them."""
    summed = np.cumsum(weights, axis=1)
    return np.asarray(np.minimum((summed <= uniform[:, None] * summed[:, -1:]).sum(axis=1), weights.shape[1] - 1))
