"""What a model point weighs a priori: stars born in its mass interval, age cell and metallicity cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.priors import Component, PowerLawImf


def cells(nodes: np.ndarray) -> np.ndarray:
    """Return the edges, shape (n + 1,), of the cells about ascending nodes of shape (n,): midway between them."""
    if len(nodes) == 1:
        return np.array([nodes[0] - 0.5, nodes[0] + 0.5])
    middle = 0.5 * (nodes[1:] + nodes[:-1])
    return np.concatenate([[2 * nodes[0] - middle[0]], middle, [2 * nodes[-1] - middle[-1]]])


def stars_below(imf: PowerLawImf, mass: np.ndarray) -> np.ndarray:
    """Return the number of stars below each mass (solar masses) but for a constant, any shape; NaN stays NaN."""
    edges = (0.0, *imf.breaks, np.inf)
    total, factor = np.zeros_like(mass), 1.0
    for low, high, exponent, following in zip(
        edges[:-1], edges[1:], imf.exponents, (*imf.exponents[1:], 0), strict=True
    ):
        first = max(low, 1e-3)
        part = np.clip(mass, first, high)
        total += factor * (part ** (exponent + 1) - first ** (exponent + 1)) / (exponent + 1)
        factor *= high ** (exponent - following) if np.isfinite(high) else 1.0
    return total


def stars_at_points(imf: PowerLawImf, mass: np.ndarray) -> np.ndarray:
    """Return the number of stars that each point of an isochrone stands for.

    Parameters
    ----------
    mass : ndarray, shape (n, points)
        Initial masses along isochrones, NaN where there is no point.

    Returns
    -------
    ndarray, shape (n, points)
        The integral of the mass function from the middle between a point and the one before to the middle between it
        and the one after; 0 where there is no point, and where the masses run backwards.
    """
    before = np.fmin(mass, np.concatenate([mass[:, :1], 0.5 * (mass[:, 1:] + mass[:, :-1])], axis=1))
    after = np.fmax(mass, np.concatenate([0.5 * (mass[:, 1:] + mass[:, :-1]), mass[:, -1:]], axis=1))
    weight = stars_below(imf, after) - stars_below(imf, before)
    return np.where(np.isfinite(mass), np.maximum(weight, 0.0), 0.0)


def metallicity_prior(component: Component | None, nodes: np.ndarray) -> np.ndarray:
    """Return the probability of each cell of [M/H], shape (n,); the width of the cell without a component."""
    edges = cells(nodes)
    if component is None:
        return np.diff(edges)
    return np.diff(ndtr((edges - component.mh_mean) / component.mh_sigma))


def age_prior(component: Component | None, nodes: np.ndarray, oldest: float = np.inf) -> np.ndarray:
    """Return the probability of each cell of age (Gyr), shape (n,); the width of the cell without a component."""
    edges = np.clip(cells(nodes), 0.0, oldest)
    if component is None:
        return np.diff(edges)
    inside = np.clip(edges, component.age_min, component.age_max)
    if component.age_rate == 0.0:
        return np.diff(inside) / (component.age_max - component.age_min)
    summed = np.exp(component.age_rate * inside)
    whole = np.exp(component.age_rate * component.age_max) - np.exp(component.age_rate * component.age_min)
    return np.diff(summed) / whole


def component_weights(
    components: Sequence[Component | None], mh: np.ndarray, ages: np.ndarray, oldest: float
) -> np.ndarray:
    """Return the prior of each metallicity and age in each component, shape (n_component, n_mh, n_age)."""
    return np.array(
        [
            (1.0 if c is None else c.fraction) * metallicity_prior(c, mh)[:, None] * age_prior(c, ages, oldest)[None, :]
            for c in components
        ]
    )
