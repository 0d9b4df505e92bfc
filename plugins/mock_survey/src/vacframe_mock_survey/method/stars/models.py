"""Which stellar model a star is: a point of an isochrone, chosen as a survey's magnitude limits let it be seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe import VacframeError
from vacframe_mock_survey.method.photometry.bands import absolute_magnitudes
from vacframe_mock_survey.method.stars.tracks import NODES, QUANTITIES, Tracks

GIANT_LOGG = 3.5
M_GIANT = (4300.0, 2.5)
"""Teff (K) and log g below which a giant counts as an M giant (the training range of Qiu et al. 2023)."""
PHASES = np.array(["MS", "SGB", "RGB", "RC", "AGB"], dtype=object)
"""Main sequence, subgiants, red giant branch, core helium burning, early asymptotic giant branch: `tracks.SEGMENTS`."""


class Points:
    """The evolutionary points that a survey takes, between the nodes of the tracks.

    Parameters
    ----------
    tracks : Tracks
        The stellar models.
    config : MockSurveyConfig
        Range of temperature and of apparent magnitude, shares of giants and of M giants.

    Attributes
    ----------
    formed : ndarray, shape (n_isochrone, n_point - 1)
        Stars formed at each point; 0 outside the allowed temperatures.
    bright : ndarray, same shape
        Absolute SDSS r.
    """

    def __init__(self, tracks: Tracks, config: Any) -> None:
        middle = 0.5 * (tracks.values[:, 1:] + tracks.values[:, :-1])
        model = {name: middle[..., k] for k, name in enumerate(QUANTITIES)}
        with np.errstate(invalid="ignore"):
            teff, logg = 10.0 ** model["log_teff"], model["logg"]
            allowed = (teff > config.teff_min) & (teff < config.teff_max) & (logg > -0.5)
            self._giant = allowed & (logg < GIANT_LOGG)
            self._m_giant = self._giant & (teff < M_GIANT[0]) & (logg < M_GIANT[1])
        self.formed = np.where(allowed, tracks.weight, 0.0)
        self.bright = np.nan_to_num(absolute_magnitudes(model, teff, logg)["r_sdss"])
        self._limits = (config.r_min, config.r_max)
        self._shares = (config.giant_fraction, min(config.m_giant_fraction, config.giant_fraction))

    def seen(self, isochrone: Any, fainter: np.ndarray) -> np.ndarray:
        """Return which points of isochrones the survey's magnitudes let be seen, shape (n, n_point - 1).

        Parameters
        ----------
        isochrone : ndarray of int, shape (n,) or (1,)
        fainter : ndarray, shape (n,)
            Apparent less absolute SDSS r.
        """
        magnitude = self.bright[isochrone] + fainter[:, None]
        return (magnitude > self._limits[0]) & (magnitude < self._limits[1])

    def balanced(self, weight: np.ndarray, isochrone: Any = ...) -> np.ndarray:
        """Return weights with dwarfs, giants and M giants in the configured proportion, within each isochrone.

        Where an isochrone has no M giants, other giants take their share; where it has giants or dwarfs only, they
        take all.

        Parameters
        ----------
        weight : ndarray, shape (n, n_point - 1)
            Weights of the points of isochrones.
        isochrone : ndarray of int, shape (n,), optional
            Which ones; default is all.
        """
        giants, m_giants = self._shares
        giant, m_giant = self._giant[isochrone], self._m_giant[isochrone]
        some = np.where(m_giant, weight, 0.0)
        others = np.where(giant & ~m_giant, weight, 0.0)
        dwarfs = np.where(giant, 0.0, weight)
        has_m = some.sum(axis=-1, keepdims=True) > 0
        has_others = others.sum(axis=-1, keepdims=True) > 0
        share = np.where(has_m, np.where(has_others, m_giants, giants), 0.0)
        return _scaled(some, share) + _scaled(others, giants - share) + _scaled(dwarfs, 1.0 - giants)

    def m_giants_first(self, isochrone: np.ndarray) -> np.ndarray:
        """Return the stars formed at the points of isochrones: of M giants, where there are any, else of giants."""
        formed = self.formed[isochrone]
        some, giants = np.where(self._m_giant[isochrone], formed, 0.0), np.where(self._giant[isochrone], formed, 0.0)
        return np.where(some.sum(axis=-1, keepdims=True) > 0, some, giants)


def _scaled(weight: np.ndarray, share: Any) -> np.ndarray:
    total = weight.sum(axis=-1, keepdims=True)
    return np.where(total > 0, weight / np.where(total > 0, total, 1.0) * share, 0.0)


def choose_points(u: np.ndarray, summed: np.ndarray, star: dict[str, np.ndarray]) -> np.ndarray:
    """Return the point of each star, by uniform numbers `u`, shape (n,).

    Parameters
    ----------
    summed : ndarray, shape (n, n_point - 1)
        Cumulative weights of the points of each star's isochrone.
    star : dict of ndarray
        ``mh`` and ``log_age``, for the message.

    Raises
    ------
    VacframeError
        If a star's isochrone has no model that the survey takes.
    """
    if (summed[:, -1] <= 0).any():
        k = int(np.flatnonzero(summed[:, -1] <= 0)[0])
        raise VacframeError(
            f"the product 'isochrones' has no models near [M/H] = {star['mh'][k]:.2f}, log age = "
            f"{star['log_age'][k]:.2f} within the temperatures that [plugins.mock_survey] teff_min and teff_max and "
            "the magnitudes that r_min and r_max allow; give isochrones that cover 0.6 to 13 Gyr, or widen these"
        )
    return np.minimum((summed <= u[:, None] * summed[:, -1:]).sum(axis=1), summed.shape[1] - 1)


def describe_models(
    star: dict[str, np.ndarray], tracks: Tracks, point: np.ndarray, fraction: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what the models say of stars at `point` and a `fraction` of the way to the next one, shape (n,) each."""
    model = tracks.interpolate(star["mh"], star["log_age"], point, fraction)
    teff = 10.0 ** model["log_teff"]
    magnitudes = absolute_magnitudes(model, teff, model["logg"])
    return {
        "teff": teff,
        "logg": model["logg"],
        "is_giant": model["logg"] < GIANT_LOGG,
        "phase": PHASES[np.minimum(point // NODES, len(PHASES) - 1)],
        "mass_initial": model["m_initial"],
        "mass": model["m_current"],
        **{f"abs_{band}": values for band, values in magnitudes.items()},
    }
