"""Where a survey finds the field stars of a population: direction and distance, within its footprint and magnitudes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import healpy
import numpy as np

from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.frames import Vector, galactic, galactocentric
from vacframe_mock_survey.method.galaxy.populations import Population, density, metal_density, scale_height
from vacframe_mock_survey.method.photometry.extinction import EXTINCTION

DISTANCES = np.exp(np.linspace(np.log(0.01), np.log(60.0), 120))
"""Nodes of distance, kpc."""
_STEP = float(np.log(DISTANCES[1] / DISTANCES[0]))
_ORDER, _FINE = 5, 8
"""HEALPix orders: cells of the sky, and the points that tell how much of a cell lies in the footprint."""
_LIMITS = np.arange(-2.0, 32.0, 0.25)
"""Apparent less absolute magnitude, mag: bins of the counts."""
_BRIGHT = np.arange(-7.0, 16.0, 0.25)
"""Absolute magnitudes for which the sky is tabulated."""
_METALS = np.linspace(-0.45, 0.45, 7)
"""[M/H], from the mean at the Sun, for which the sky of a population with a gradient is tabulated."""
_TRIES = 12
"""Positions tried within a cell for one in the footprint."""


def in_footprint(dec: np.ndarray, config: Any) -> np.ndarray:
    """Return which declinations (degrees) lie in the survey's footprint."""
    return (dec >= config.dec_min) & (dec <= config.dec_max)


def _lines_of_sight(ra: np.ndarray, dec: np.ndarray) -> Vector:
    """Return heliocentric Galactic positions, kpc, at `DISTANCES` in n directions (degrees), shape (n, m) each."""
    x, y, z = galactic(ra, dec)
    return x[:, None] * DISTANCES, y[:, None] * DISTANCES, z[:, None] * DISTANCES


class Sky:
    """The cells of a survey's footprint, and how much fainter stars look at each distance there.

    Parameters
    ----------
    config : MockSurveyConfig
        ``dec_min``, ``dec_max``.
    dust : Dust
        The dust.
    """

    def __init__(self, config: Any, dust: Dust) -> None:
        self.config, self.dust = config, dust
        nside = 1 << _ORDER
        fine = np.arange(12 << (2 * _FINE))
        inside = self.contains(*healpy.pix2ang(1 << _FINE, fine, nest=True, lonlat=True))
        share = inside.reshape(12 * nside**2, -1).mean(axis=1)
        self.cells = np.flatnonzero(share > 0)
        self.share = share[self.cells]
        self.ra, self.dec = healpy.pix2ang(nside, self.cells, nest=True, lonlat=True)
        self.fainter = 5.0 * np.log10(100.0 * DISTANCES) + EXTINCTION["r_sdss"] * dust.along(
            self.ra, self.dec, DISTANCES
        )

    def contains(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return which positions (degrees) lie in the footprint."""
        return in_footprint(dec, self.config)

    def positions(self, cell: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions in cells (indices into `cells`), uniform over the part in the footprint.

        Parameters
        ----------
        cell : ndarray of int, shape (n,)
        u : ndarray, shape (n, _TRIES)
            Uniform numbers.
        """
        depth = 29 - _ORDER
        ra, dec = np.empty(len(cell)), np.empty(len(cell))
        wanted = np.ones(len(cell), dtype=bool)
        for k in range(u.shape[1]):
            inner = np.floor(u[wanted, k] * 4.0**depth).astype(np.int64)
            pixel = (self.cells[cell[wanted]].astype(np.int64) << (2 * depth)) + inner
            ra[wanted], dec[wanted] = healpy.pix2ang(1 << 29, pixel, nest=True, lonlat=True)
            wanted &= ~self.contains(ra, dec)
            if not wanted.any():
                break
        return ra, np.clip(dec, self.config.dec_min, self.config.dec_max)


class Places:
    """Directions and distances of one population's stars.

    Parameters
    ----------
    population : Population
    sky : Sky
    """

    def __init__(self, population: Population, sky: Sky) -> None:
        self.population, self.sky = population, sky
        spread = _METALS if population.gradient else np.zeros(1)
        self._metals = population.mh[0] + spread
        """[M/H] for which the sky is tabulated: with a gradient, other stars lie in other directions."""

    @cached_property
    def _seen(self) -> np.ndarray:
        """Stars of each of `_BRIGHT` within the survey's magnitudes, shape (n_metal, n_bright, n_cell)."""
        sky, population = self.sky, self.population
        position = galactocentric(_lines_of_sight(sky.ra, sky.dec))
        height = scale_height(population, np.array(np.mean(population.age)))
        stars = density(population, height, position) * DISTANCES**3 * sky.share[:, None]
        place = np.clip(np.searchsorted(_LIMITS, sky.fainter), 0, len(_LIMITS) - 1)
        index = (np.arange(len(sky.cells))[:, None] * len(_LIMITS) + place).ravel()
        radius = np.hypot(position[0], position[1])
        low, high = (
            np.clip(np.searchsorted(_LIMITS, limit - _BRIGHT), 0, len(_LIMITS) - 1)
            for limit in (sky.config.r_min, sky.config.r_max)
        )
        out = []
        for metals in self._metals.tolist():
            share = metal_density(population, np.array(metals), radius)
            counts = np.bincount(index, (stars * share).ravel(), len(sky.cells) * len(_LIMITS))
            # Stars nearer than where they look fainter by `_LIMITS`.
            nearer = np.cumsum(counts.reshape(len(sky.cells), -1), axis=1)
            out.append((nearer[:, high] - nearer[:, low]).T)
        return np.array(out)

    def volume(self, magnitude: np.ndarray) -> np.ndarray:
        """Return the number of stars, any unit, of absolute SDSS r magnitudes that the survey would see."""
        return np.interp(magnitude, _BRIGHT, self._seen.mean(axis=0).sum(axis=1))

    @cached_property
    def _sky_table(self) -> np.ndarray:
        """Cumulative chance of the cells by metallicity and `_BRIGHT`, row k running from k to k + 1; flat."""
        mean = self._seen.mean(axis=0)
        # The same fraction of the stars of a cell is observed, whatever their metallicity.
        observed = (self.sky.share / np.where(mean > 0, mean, 1.0)) ** (1.0 - self.sky.config.sky_contrast)
        chance = (self._seen * observed).reshape(-1, len(self.sky.cells))
        chance[chance.sum(axis=1) <= 0] = self.sky.share
        summed = np.cumsum(chance, axis=1)
        return (summed / summed[:, -1:] + np.arange(len(summed))[:, None]).ravel()

    def draw(self, star: dict[str, np.ndarray], rng: Any) -> dict[str, np.ndarray]:
        """Return ``ra``, ``dec`` (degrees) and ``distance_kpc`` of stars.

        Parameters
        ----------
        star : dict of ndarray, shape (n,)
            ``abs_r_sdss``, ``mh``, ``log_age``.
        """
        u = rng.uniform(2)
        step = _BRIGHT[1] - _BRIGHT[0]
        row = np.clip(np.rint((star["abs_r_sdss"] - _BRIGHT[0]) / step), 0, len(_BRIGHT) - 1).astype(np.int64)
        metal = np.searchsorted(0.5 * (self._metals[1:] + self._metals[:-1]), star["mh"])
        row += len(_BRIGHT) * metal
        place = np.searchsorted(self._sky_table, row + u[:, 0], side="right")
        cell = np.clip(place - row * len(self.sky.cells), 0, len(self.sky.cells) - 1)
        ra, dec = self.sky.positions(cell, rng.uniform(_TRIES))
        return {"ra": ra, "dec": dec, "distance_kpc": self._distance(star, ra, dec, u[:, 1])}

    def _distance(self, star: dict[str, np.ndarray], ra: np.ndarray, dec: np.ndarray, u: np.ndarray) -> np.ndarray:
        config, population = self.sky.config, self.population
        position = galactocentric(_lines_of_sight(ra, dec))
        fainter = 5.0 * np.log10(100.0 * DISTANCES) + EXTINCTION["r_sdss"] * self.sky.dust.along(ra, dec, DISTANCES)
        seen = star["abs_r_sdss"][:, None] + fainter
        outside = np.maximum(config.r_min - seen, 0.0) + np.maximum(seen - config.r_max, 0.0)
        height = scale_height(population, 10.0 ** (star["log_age"] - 9.0))[:, None]
        chance = density(population, height, position) * DISTANCES**3 * (outside == 0)
        chance *= metal_density(population, star["mh"][:, None], np.hypot(position[0], position[1]))
        empty = chance.sum(axis=1) <= 0
        chance[empty] = outside[empty] == outside[empty].min(axis=1, keepdims=True)
        summed = np.cumsum(chance, axis=1)
        node = np.minimum((summed <= u[:, None] * summed[:, -1:]).sum(axis=1), summed.shape[1] - 1)
        rows = np.arange(len(u))
        before = summed[rows, node] - chance[rows, node]
        within = (u * summed[:, -1] - before) / chance[rows, node] - 0.5
        return np.exp(np.log(DISTANCES[node]) + within * _STEP)
