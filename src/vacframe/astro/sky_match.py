"""Nearest moving sources to positions on the sky, each position compared at several epochs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_ARCSEC = np.pi / 180.0 / 3600.0
_SPEEDS = (0.0, 0.05, 0.5, np.inf)
"""Limits of the classes of proper motion that are searched apart, arcsec/yr: few stars need a wide search."""


@dataclass(frozen=True)
class MovingSources:
    """Sources that move uniformly along straight lines (no parallax, no radial velocity).

    Attributes
    ----------
    direction : ndarray, shape (m, 3)
        Unit vectors at the reference epoch.
    motion : ndarray, shape (m, 3)
        Tangential motion, radians per year.
    epoch : float
        Reference epoch, Julian years.
    """

    direction: np.ndarray
    motion: np.ndarray
    epoch: float

    @classmethod
    def of(cls, ra: np.ndarray, dec: np.ndarray, pmra: np.ndarray, pmdec: np.ndarray, epoch: float) -> MovingSources:
        """Return sources at ra, dec (degrees) that move by pmra (with cos dec), pmdec (mas/yr; NaN is no motion)."""
        lon, lat = np.radians(np.asarray(ra, np.float64)), np.radians(np.asarray(dec, np.float64))
        east = np.stack([-np.sin(lon), np.cos(lon), np.zeros(len(lon))], axis=1)
        north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=1)
        speeds = (np.nan_to_num(np.asarray(pm, np.float64))[:, None] * (1e-3 * _ARCSEC) for pm in (pmra, pmdec))
        return cls(unit_vectors(ra, dec), next(speeds) * east + next(speeds) * north, epoch)

    def at(self, epoch: np.ndarray | float, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return unit vectors of the chosen sources at an epoch (or each at its own), shape (n, 3)."""
        years = np.asarray(np.broadcast_to(epoch, len(self.direction[rows])) - self.epoch)
        place = self.direction[rows] + self.motion[rows] * years[:, None]
        return np.asarray(place / np.linalg.norm(place, axis=1, keepdims=True))


@dataclass(frozen=True)
class Matches:
    """The nearest source of each of n positions; arrays of shape (n,).

    Attributes
    ----------
    row : ndarray of int64
        Row of the source; -1 where there is none within the radius.
    separation : ndarray of float64
        Arcsec, at the epoch where it is smaller; NaN without a match.
    epoch : ndarray of float64
        That epoch, Julian years; NaN without a match.
    candidates : ndarray of int64
        Sources within the radius at any of the epochs.
    """

    row: np.ndarray
    separation: np.ndarray
    epoch: np.ndarray
    candidates: np.ndarray


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return unit vectors of positions in degrees, shape (n, 3)."""
    lon, lat = np.radians(np.asarray(ra, np.float64)), np.radians(np.asarray(dec, np.float64))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def separation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the angles between unit vectors, arcsec, exact for small angles, shape (n,)."""
    chord = np.linalg.norm(first - second, axis=1)
    return np.asarray(2.0 * np.arcsin(np.minimum(0.5 * chord, 1.0)) / _ARCSEC)


def nearest_moving(
    ra: np.ndarray, dec: np.ndarray, epochs: np.ndarray, sources: MovingSources, keys: np.ndarray, radius: float
) -> Matches:
    """Return the nearest source to each position, compared at each of its epochs.

    Parameters
    ----------
    ra, dec : ndarray, shape (n,)
        Degrees.
    epochs : ndarray, shape (n, k)
        Epochs at which a position may hold, Julian years; NaN is none. Where two give the same separation, the
        first counts.
    sources : MovingSources
        m of them.
    keys : ndarray of int64, shape (m,)
        Of two sources at the same separation the one with the smaller key is taken.
    radius : float
        Arcsec.
    """
    count = len(ra)
    places = unit_vectors(ra, dec)
    target, row = _near_pairs(places, epochs, sources, radius)
    angles = np.stack([separation(places[target], sources.at(e[target], row)) for e in epochs.T], axis=1)
    angles = np.where(np.isnan(angles), np.inf, angles)
    best = angles.argmin(axis=1)
    angle = angles[np.arange(len(best)), best]
    inside = angle <= radius
    target, row, best, angle = target[inside], row[inside], best[inside], angle[inside]
    order = np.lexsort((keys[row], angle, target))
    target, row, best, angle = target[order], row[order], best[order], angle[order]
    first = np.flatnonzero(np.diff(target, prepend=-1))
    matches = Matches(
        np.full(count, -1), np.full(count, np.nan), np.full(count, np.nan), np.bincount(target, minlength=count)
    )
    chosen = target[first]
    matches.row[chosen] = row[first]
    matches.separation[chosen] = angle[first]
    matches.epoch[chosen] = epochs[chosen, best[first]]
    return matches


def _near_pairs(
    places: np.ndarray, epochs: np.ndarray, sources: MovingSources, radius: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of positions and of sources that may come within the radius of each other."""
    from scipy.spatial import cKDTree

    known = epochs[np.isfinite(epochs)]
    if not len(places) or not len(sources.direction) or not len(known):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    middle, half = 0.5 * (known.min() + known.max()), 0.5 * (known.max() - known.min())
    speed = np.linalg.norm(sources.motion, axis=1) / _ARCSEC
    tree = cKDTree(places)
    targets, rows = [], []
    for low, high in pairwise(_SPEEDS):
        members = np.flatnonzero((speed >= low) & (speed < high))
        if not len(members):
            continue
        reach = (radius + half * speed[members].max()) * _ARCSEC * 1.0001 + 1e-12
        found = tree.sparse_distance_matrix(cKDTree(sources.at(middle, members)), reach, output_type="ndarray")
        targets.append(found["i"].astype(np.int64))
        rows.append(members[found["j"]])
    return np.concatenate(targets), np.concatenate(rows)
