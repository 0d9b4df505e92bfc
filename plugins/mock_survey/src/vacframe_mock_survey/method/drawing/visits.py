"""Visits of the spectroscopic survey: when, at what signal-to-noise and at what velocity a star was seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe_mock_survey.columns import SAME
from vacframe_mock_survey.method.randoms import star_random

MAX_VISITS = 8
"""Most visits of a star; the identifier of a visit is ``FIRST_OBSID + MAX_VISITS * star + visit``."""
FIRST_OBSID = 100_000_001
FIRST_DAY, LAST_DAY = 55858, 60126
"""Modified Julian days of the first and the last night: 2011 October 24 and 2023 July 1, as LAMOST's."""
MJD_J2000 = 51544.5
CATALOGUE_EPOCH = 2000.0
_RADIANS_PER_MAS = np.pi / 180.0 / 3600.0 / 1000.0


def number_of_visits(index: np.ndarray, config: Any, seed: int) -> np.ndarray:
    """Return how often each star is visited, shape (n,): once, or 2, 3, ... times with chances halving."""
    u = star_random(seed, index, "visits").uniform(2)
    more = 2 + np.floor(-np.log2(u[:, 1])).astype(np.int64)
    return np.where(u[:, 0] < config.repeat_fraction, np.minimum(more, MAX_VISITS), 1)


def observe(stars: dict[str, np.ndarray], config: Any, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the columns of `mock_observations` for stars, and the row of each visit's star.

    Parameters
    ----------
    stars : dict of ndarray, shape (n,)
        As `draw_stars` returns them.
    """
    number = number_of_visits(stars["star"], config, seed)
    star = np.repeat(np.arange(len(number)), number)
    visit = np.arange(len(star)) - np.repeat(np.cumsum(number) - number, number)
    obsid = observation_id(stars["star"][star], visit)
    rng = star_random(seed, obsid, "visit")
    day = FIRST_DAY + np.floor(rng.uniform() * (LAST_DAY - FIRST_DAY)).astype(np.int64)
    snr = stars["snr_g"][star] * np.where(visit > 0, 10.0 ** (config.snr_scatter * rng.normal()), 1.0)
    ra, dec = carry(stars["ra"], stars["dec"], stars["pmra"], stars["pmdec"], CATALOGUE_EPOCH - GAIA_EPOCH)
    # The input catalogue's errors, as a motion of one year: the same at every visit.
    error = 1e3 * config.position_error * star_random(seed, stars["star"], "input catalogue").normal(2)
    ra, dec = carry(ra, dec, error[:, 0], error[:, 1], 1.0)
    motion = orbital_velocity(stars, star, day)
    return {
        "obsid": obsid,
        "ra": ra[star],
        "dec": dec[star],
        "visit": visit,
        "lmjd": day,
        "snr_g": np.clip(snr, 1.0, config.snr_max),
        "rv": stars["rv"][star] + motion,
        "companion_rv": stars["rv"][star]
        - motion * (stars["mass"] / stars["mass_initial"] / stars["mass_ratio"])[star],
        **{name: stars[name][star] for name in SAME},
    }, star


def observation_id(index: np.ndarray, visit: np.ndarray | int) -> np.ndarray:
    """Return the obsid of a visit to stars of these numbers."""
    return FIRST_OBSID + MAX_VISITS * index + visit


def orbital_velocity(stars: dict[str, np.ndarray], star: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the velocity (km/s) of the brighter star of a binary about the pair's, on a circular orbit; else 0."""
    period = stars["period"][star]
    with np.errstate(invalid="ignore"):
        angle = 2.0 * np.pi * ((day - MJD_J2000) / period + stars["orbital_phase"][star])
        return np.nan_to_num(stars["rv_amplitude"][star] * np.cos(angle))


def carry(
    ra: np.ndarray, dec: np.ndarray, pmra: np.ndarray, pmdec: np.ndarray, years: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (degrees) carried along straight proper motions (mas/yr, the first times cos dec)."""
    a, d = np.radians(ra), np.radians(dec)
    east, north = pmra * years * _RADIANS_PER_MAS, pmdec * years * _RADIANS_PER_MAS
    x = np.cos(d) * np.cos(a) - east * np.sin(a) - north * np.sin(d) * np.cos(a)
    y = np.cos(d) * np.sin(a) + east * np.cos(a) - north * np.sin(d) * np.sin(a)
    z = np.sin(d) + north * np.cos(d)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))
