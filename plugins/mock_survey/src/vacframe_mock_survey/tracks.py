"""Isochrones resampled to equivalent evolutionary points, so that models between them can be interpolated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

SEGMENTS = ((1,), (2,), (3,), (4, 5, 6), (7,))
"""PARSEC phases that are one piece of a track: main sequence, subgiants, giants, core helium burning, early AGB."""
NODES = 24
"""Points per segment, equally spaced along the path in (log Teff, log g)."""
QUANTITIES = ("log_teff", "logg", "m_initial", "m_current", "g", "bp", "rp", "j", "h", "ks")
COLUMNS = (
    "mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "phase", "imf_weight",
    "mag_g", "mag_bp", "mag_rp", "mag_j", "mag_h", "mag_ks",
)  # fmt: skip
"""Columns that are read of the product `isochrones`."""


class Tracks:
    """A grid [M/H] × log age × evolutionary point.

    Parameters
    ----------
    isochrones : mapping of str to ndarray of shape (n,)
        The columns `COLUMNS` of the product `isochrones`.

    Attributes
    ----------
    mh : ndarray, shape (n_mh,)
    log_age : ndarray, shape (n_age,)
    values : ndarray, shape (n_mh, n_age, n_point, len(QUANTITIES))
        NaN where an isochrone lacks the segment.
    weight : ndarray, shape (n_mh, n_age, n_point - 1)
        Stars formed between a point and the next one; 0 across segments and where there is no model.
    """

    def __init__(self, isochrones: Mapping[str, np.ndarray]) -> None:
        table = {name: np.asarray(isochrones[name], dtype=float) for name in COLUMNS}
        self.mh = np.unique(table["mh"])
        self.log_age = np.unique(table["log_age"])
        points = NODES * len(SEGMENTS)
        self.values = np.full((len(self.mh), len(self.log_age), points, len(QUANTITIES)), np.nan)
        self.weight = np.zeros((len(self.mh), len(self.log_age), points - 1))
        where_mh = np.searchsorted(self.mh, table["mh"])
        where_age = np.searchsorted(self.log_age, table["log_age"])
        segment = np.full(len(table["mh"]), -1)
        for number, phases in enumerate(SEGMENTS):
            segment[np.isin(table["phase"], phases)] = number
        segment[table["mag_g"] > 90] = -1
        index = (where_mh * len(self.log_age) + where_age) * len(SEGMENTS) + segment
        order = np.lexsort((table["m_initial"], index))
        order = order[segment[order] >= 0]
        starts = np.flatnonzero(np.diff(index[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            if len(rows) > 2:
                self._fill(table, rows, where_mh[rows[0]], where_age[rows[0]], int(segment[rows[0]]))

    def _fill(self, table: dict[str, np.ndarray], rows: np.ndarray, i: int, j: int, segment: int) -> None:
        path = np.hypot(np.diff(table["log_teff"][rows]) * 10.0, np.diff(table["logg"][rows]))
        length = np.concatenate([[0.0], np.cumsum(np.maximum(path, 1e-9))])
        wanted = np.linspace(0.0, length[-1], NODES)
        first = segment * NODES
        for k, name in enumerate(QUANTITIES):
            column = name if name in table else f"mag_{name}"
            self.values[i, j, first : first + NODES, k] = np.interp(wanted, length, table[column][rows])
        stars = np.concatenate(
            [[0.0], np.cumsum(0.5 * (table["imf_weight"][rows][1:] + table["imf_weight"][rows][:-1]))]
        )
        self.weight[i, j, first : first + NODES - 1] = np.diff(np.interp(wanted, length, stars))

    def nearest(self, mh: np.ndarray, log_age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of the isochrones nearest to metallicities and ages of shape (n,)."""
        return _nearest(self.mh, mh), _nearest(self.log_age, log_age)

    def interpolate(
        self, mh: np.ndarray, log_age: np.ndarray, point: np.ndarray, fraction: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return models between the isochrones.

        Bilinear in [M/H] and log age at the same evolutionary point; a neighbour that lacks the point does not count.

        Parameters
        ----------
        mh, log_age : ndarray, shape (n,)
            Within the grid (values beyond its edges are clipped to them).
        point : ndarray of int, shape (n,)
            Index of the evolutionary point before the model.
        fraction : ndarray, shape (n,)
            Where between that point and the next one the model lies, 0 to 1.

        Returns
        -------
        dict of str to ndarray of shape (n,)
            The `QUANTITIES`.
        """
        i, u = _bracket(self.mh, mh)
        j, v = _bracket(self.log_age, log_age)
        total = np.zeros((len(mh), len(QUANTITIES)))
        norm = np.zeros((len(mh), 1))
        for di, wi in ((0, 1 - u), (1, u)):
            for dj, wj in ((0, 1 - v), (1, v)):
                row, col = np.minimum(i + di, len(self.mh) - 1), np.minimum(j + dj, len(self.log_age) - 1)
                low, high = self.values[row, col, point], self.values[row, col, point + 1]
                model = low + fraction[:, None] * (high - low)
                good = np.isfinite(model[:, :1])
                part = np.where(good, (wi * wj)[:, None], 0.0)
                total += part * np.where(good, model, 0.0)
                norm += part
        with np.errstate(invalid="ignore"):
            total /= norm
        return {name: total[:, k] for k, name in enumerate(QUANTITIES)}


def _nearest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.searchsorted((grid[1:] + grid[:-1]) / 2, values)


def _bracket(grid: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, max(len(grid) - 2, 0))
    if len(grid) == 1:
        return low, np.zeros(len(values))
    return low, np.clip((values - grid[low]) / (grid[low + 1] - grid[low]), 0.0, 1.0)
