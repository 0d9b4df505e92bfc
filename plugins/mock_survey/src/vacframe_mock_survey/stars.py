"""Drawing stars: population, model, place, dust and motion."""

from __future__ import annotations

from typing import Any

import healpy
import numpy as np

from vacframe.core.errors import VacframeError
from vacframe.core.random import RowRandom
from vacframe_mock_survey.bands import EXTINCTION, absolute_magnitudes
from vacframe_mock_survey.binaries import add_companions
from vacframe_mock_survey.chemistry import alpha_of, carbon_nitrogen, iron
from vacframe_mock_survey.galaxy import (
    POPULATIONS,
    R_SUN,
    SUN_UVW,
    density,
    galactic,
    observed_motion,
    reddening,
    truncated_normal,
)
from vacframe_mock_survey.randoms import star_random
from vacframe_mock_survey.tracks import QUANTITIES, Tracks
from vacframe_mock_survey.visits import observation_id
from vacframe_mock_survey.zero_point import zero_points

GIANT_LOGG = 3.5
_LOG_DISTANCE = np.linspace(np.log(0.01), np.log(40.0), 120)
"""Nodes in ln(distance / kpc)."""
_BLOCK = 500
"""Stars drawn at a time, to bound the memory."""


def draw_shards(inputs: Any, context: Any) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the stars of the shards that ``inputs.files`` names, and the index of each star's shard among them."""
    config = context.config
    tracks = Tracks(inputs["isochrones"])
    first = np.array([file.shard * config.shard_size for file in inputs.files], dtype=np.int64)
    count = np.clip(config.stars - first, 0, config.shard_size)
    file = np.repeat(np.arange(len(first)), count)
    row = np.arange(len(file)) - np.repeat(np.cumsum(count) - count, count)
    return draw_stars(first[file] + row, tracks, config, context.seed), file


def draw_stars(index: np.ndarray, tracks: Tracks, config: Any, seed: int) -> dict[str, np.ndarray]:
    """Return stars, one for each index; star i is the same in whatever company it is drawn.

    Parameters
    ----------
    index : ndarray of int64, shape (n,)
        Numbers of the stars.
    tracks : Tracks
        The stellar models.
    config : MockSurveyConfig
        What survey this is.
    seed : int
        Seed of the build.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        The columns of `mock_truth`.
    """
    choices = _point_weights(tracks, config)
    blocks = [
        _draw_block(index[start : start + _BLOCK], tracks, choices, config, seed)
        for start in range(0, max(len(index), 1), _BLOCK)
    ]
    return {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


def _draw_block(
    index: np.ndarray, tracks: Tracks, choices: np.ndarray, config: Any, seed: int
) -> dict[str, np.ndarray]:
    def random(stream: str) -> RowRandom:
        return star_random(seed, index, stream)

    star = {"star": index, "obsid": observation_id(index, 0)}
    star |= _populate(index, config, tracks, random("population"))
    isochrone = tracks.nearest(star["mh"], star["log_age"])
    star |= _choose_model(star, isochrone, tracks, choices, random("model"))
    star |= carbon_nitrogen(star, config.cemp_fraction, random("abundances"))
    star |= add_companions(star, isochrone, tracks, config, random("companion"))
    star |= _place(index, star, config, random("place"))
    star |= _move(star, random("motion"))
    star |= zero_points(star, config, seed, random("astrometry"))
    trend = 10.0 ** (0.13 * (14.0 - star["mag_r_sdss"]) + config.snr_scatter * random("snr").normal())
    star["snr_g"] = np.clip(config.snr_median * trend, 1.0, config.snr_max)
    star["population"] = np.array([p.name for p in POPULATIONS], dtype=object)[star.pop("which")]
    return star


def _populate(index: np.ndarray, config: Any, tracks: Tracks, rng: Any) -> dict[str, np.ndarray]:
    u = rng.uniform(4)
    which = np.where(u[:, 0] < config.halo_fraction, 2, 0)
    which[(which == 0) & (u[:, 0] < config.halo_fraction + config.thick_fraction)] = 1
    mean, sigma = np.array([p.mh for p in POPULATIONS])[which].T
    mh = truncated_normal(u[:, 1], mean, sigma, tracks.mh[0], tracks.mh[-1])
    youngest, oldest = np.array([p.age for p in POPULATIONS])[which].T
    log_age = np.log10(youngest + u[:, 2] * (oldest - youngest)) + 9.0
    alpha = alpha_of(mh, rng.normal(), np.array([p.alpha for p in POPULATIONS])[which])
    return {"which": which, "mh": mh, "log_age": log_age, "alpha_m": alpha, "feh": iron(mh, alpha)}


def _point_weights(tracks: Tracks, config: Any) -> np.ndarray:
    """Return the chance of each evolutionary point in each population, shape (3, n_isochrone, n_point - 1).

    A point counts by its stars formed times the survey's volume for its magnitude; giants and dwarfs are then
    brought to the configured proportion in every isochrone that has both.
    """
    middle = 0.5 * (tracks.values[:, 1:] + tracks.values[:, :-1])
    model = {name: middle[..., k] for k, name in enumerate(QUANTITIES)}
    with np.errstate(invalid="ignore"):
        teff = 10.0 ** model["log_teff"]
        allowed = (teff > config.teff_min) & (teff < config.teff_max) & (model["logg"] > -0.5)
        giant = model["logg"] < GIANT_LOGG
    bright = absolute_magnitudes(model, teff, model["logg"])["r_sdss"]
    out = []
    for population in POPULATIONS:
        grid = np.linspace(-6.0, 12.0, 91)
        volume = _volume(grid, population, config)
        weight = np.where(allowed, tracks.weight * np.interp(np.nan_to_num(bright), grid, volume), 0.0)
        giants = np.where(giant, weight, 0.0).sum(axis=-1, keepdims=True)
        dwarfs = np.where(giant, 0.0, weight).sum(axis=-1, keepdims=True)
        both = (giants > 0) & (dwarfs > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(giant, config.giant_fraction / giants, (1.0 - config.giant_fraction) / dwarfs)
        out.append(np.where(both, weight * np.nan_to_num(share, posinf=0.0), weight))
    return np.array(out)


def _volume(magnitude: np.ndarray, population: Any, config: Any) -> np.ndarray:
    """Return the effective volume (any unit) in which a star of an absolute magnitude is in the survey's range."""
    distance = np.exp(_LOG_DISTANCE)
    sin_b = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    z = distance[:, None] * sin_b
    ones = np.ones_like(z)
    shape = density(population.length * ones, population.height * ones, 0.0 * ones, distance[:, None] * ones, z)
    dust = reddening(distance[:, None] * ones, sin_b * ones, config.dust_density, config.dust_height)
    seen = magnitude[:, None, None] + 5 * np.log10(100 * distance)[:, None] + EXTINCTION["r_sdss"] * dust
    inside = (seen > config.r_min) & (seen < config.r_max)
    return (inside * (distance**3)[:, None] * shape).sum(axis=(1, 2))


def _choose_model(
    star: dict[str, np.ndarray], isochrone: np.ndarray, tracks: Tracks, choices: np.ndarray, rng: Any
) -> dict[str, np.ndarray]:
    summed = np.cumsum(choices[star["which"], isochrone], axis=1)
    if (summed[:, -1] <= 0).any():
        k = int(np.flatnonzero(summed[:, -1] <= 0)[0])
        raise VacframeError(
            f"the product 'isochrones' has no models near [M/H] = {star['mh'][k]:.2f}, log age = "
            f"{star['log_age'][k]:.2f} within the temperatures that [plugins.mock_survey] teff_min and teff_max allow; "
            "give isochrones that cover 0.6 to 13 Gyr, or widen the temperatures"
        )
    u = rng.uniform(2)
    point = np.minimum((summed <= u[:, :1] * summed[:, -1:]).sum(axis=1), summed.shape[1] - 1)
    model = tracks.interpolate(star["mh"], star["log_age"], point, u[:, 1])
    teff = 10.0 ** model["log_teff"]
    magnitudes = absolute_magnitudes(model, teff, model["logg"])
    return {
        "teff": teff,
        "logg": model["logg"],
        "is_giant": model["logg"] < GIANT_LOGG,
        "mass_initial": model["m_initial"],
        "mass": model["m_current"],
        **{f"abs_{band}": values for band, values in magnitudes.items()},
    }


def _place(index: np.ndarray, star: dict[str, np.ndarray], config: Any, rng: Any) -> dict[str, np.ndarray]:
    u = rng.uniform(4)
    ra = 360.0 * u[:, 0]
    low, high = np.sin(np.radians([config.dec_min, config.dec_max]))
    dec = np.degrees(np.arcsin(low + u[:, 1] * (high - low)))
    distance = _distance(star, galactic(ra, dec), config, u[:, 2])
    sin_b = galactic(ra, dec)[2]
    # 10 % scatter stands for the clumpiness of real dust.
    ebv = reddening(distance, sin_b, config.dust_density, config.dust_height) * np.exp(0.1 * rng.normal())
    pixel = healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True).astype(np.int64)
    modulus = 5 * np.log10(100 * distance)
    seen = {f"mag_{b}": star[f"abs_{b}"] + modulus + r * ebv for b, r in EXTINCTION.items()}
    return {
        "source_id": (pixel << np.int64(35)) + index + 1,
        "ra": ra,
        "dec": dec,
        "distance_kpc": distance,
        "parallax": 1.0 / distance,
        "ebv": ebv,
        **seen,
    }


def _distance(star: dict[str, np.ndarray], axes: tuple[np.ndarray, ...], config: Any, u: np.ndarray) -> np.ndarray:
    """Return distances drawn from the population's density along the line of sight, within the magnitude limits."""
    distance = np.exp(_LOG_DISTANCE)[None, :]
    x, y, z = (a[:, None] * distance for a in axes)
    length = np.array([p.length for p in POPULATIONS])[star["which"]][:, None]
    height = np.array([p.height for p in POPULATIONS])[star["which"]][:, None]
    dust = reddening(distance, axes[2][:, None], config.dust_density, config.dust_height)
    seen = star["abs_r_sdss"][:, None] + 5 * np.log10(100 * distance) + EXTINCTION["r_sdss"] * dust
    outside = np.maximum(config.r_min - seen, 0.0) + np.maximum(seen - config.r_max, 0.0)
    chance = density(length + 0 * x, height + 0 * x, x, y, z) * distance**3 * (outside == 0)
    empty = chance.sum(axis=1) == 0
    chance[empty] = outside[empty] == outside[empty].min(axis=1, keepdims=True)
    summed = np.cumsum(chance, axis=1)
    node = np.minimum((summed <= u[:, None] * summed[:, -1:]).sum(axis=1), summed.shape[1] - 1)
    rows = np.arange(len(u))
    before = summed[rows, node] - chance[rows, node]
    within = (u * summed[:, -1] - before) / chance[rows, node] - 0.5
    return np.exp(_LOG_DISTANCE[node] + within * (_LOG_DISTANCE[1] - _LOG_DISTANCE[0]))


def _move(star: dict[str, np.ndarray], rng: Any) -> dict[str, np.ndarray]:
    ra, dec, distance = star["ra"], star["dec"], star["distance_kpc"]
    x, y = (a * distance for a in galactic(ra, dec)[:2])
    radius = np.hypot(R_SUN - x, y)
    cos, sin = (R_SUN - x) / radius, y / radius
    sigma = np.array([p.sigma for p in POPULATIONS])[star["which"]]
    inward, along, north = (rng.normal(3) * sigma).T
    along = along + np.array([p.rotation for p in POPULATIONS])[star["which"]]
    u = inward * cos + along * sin - SUN_UVW[0]
    v = -inward * sin + along * cos - SUN_UVW[1]
    rv, pmra, pmdec = observed_motion(ra, dec, distance, (u, v, north - SUN_UVW[2]))
    return {"rv": rv, "pmra": pmra, "pmdec": pmdec}
