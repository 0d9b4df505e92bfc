"""Isochrones resampled to equivalent evolutionary points, so that models between them can be interpolated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vacframe import VacframeError
from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS

SEGMENTS = ((0, 1), (2,), (3,), (4, 5, 6), (7,))
"""PARSEC phases that are one piece of a track: main sequence (with the lightest stars still on their way to it),
subgiants, giants, core helium burning, early AGB."""
NODES = 24
"""Points per segment, equally spaced along the path in (log Teff, log g)."""
FAINTEST = 90.0
"""Absolute magnitude beyond which a model has none: the tables write 99 or 999."""
MAGNITUDES = ("g", "bp", "rp", "j", "h", "ks")
QUANTITIES = ("log_teff", "logg", "m_initial", "m_current", *MAGNITUDES)


class Tracks:
    """Isochrones by evolutionary point; each metallicity may have ages of its own.

    Parameters
    ----------
    isochrones : mapping of str to ndarray of shape (n,)
        The columns `ISOCHRONE_COLUMNS` of the product `isochrones`.

    Attributes
    ----------
    mh : ndarray, shape (n_mh,)
        Metallicities.
    ages : ndarray, shape (n_mh, n_age)
        log10 ages of each metallicity, filled up with infinity.
    start : ndarray of int, shape (n_mh,)
        Isochrone of the first age of each metallicity.
    values : ndarray, shape (n_isochrone, n_point, len(QUANTITIES))
        NaN where an isochrone lacks the segment.
    weight : ndarray, shape (n_isochrone, n_point - 1)
        Stars formed between a point and the next one; 0 across segments and where there is no model.
    """

    def __init__(self, isochrones: Mapping[str, np.ndarray]) -> None:
        table = {name: np.asarray(isochrones[name], dtype=float) for name in ISOCHRONE_COLUMNS}
        # As complex numbers, which sort by real, then by imaginary part: faster than rows.
        found, which = np.unique(table["mh"] + 1j * table["log_age"], return_inverse=True)
        pairs = np.stack([found.real, found.imag])
        self.mh, self.start, count = np.unique(pairs[0], return_index=True, return_counts=True)
        self.ages = np.full((len(self.mh), count.max(initial=1)), np.inf)
        for row, (first, number) in enumerate(zip(self.start, count, strict=True)):
            self.ages[row, :number] = pairs[1, first : first + number]
        points = NODES * len(SEGMENTS)
        self.values = np.full((pairs.shape[1], points, len(QUANTITIES)), np.nan)
        self.weight = np.zeros((pairs.shape[1], points - 1))
        segment = np.full(len(which), -1)
        for number, phases in enumerate(SEGMENTS):
            segment[np.isin(table["phase"], phases)] = number
        segment[table["mag_g"] > FAINTEST] = -1
        index = which.reshape(-1) * len(SEGMENTS) + segment
        order = np.lexsort((table["m_initial"], index))
        order = order[segment[order] >= 0]
        if not len(order):
            raise VacframeError(
                "the product 'isochrones' has no usable models: none of PARSEC's phases 0 to 7 with a G magnitude"
            )
        starts = np.flatnonzero(np.diff(index[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            if len(rows) > 2:
                self._fill(table, rows, *divmod(int(index[rows[0]]), len(SEGMENTS)))

    def _fill(self, table: dict[str, np.ndarray], rows: np.ndarray, isochrone: int, segment: int) -> None:
        path = np.hypot(np.diff(table["log_teff"][rows]) * 10.0, np.diff(table["logg"][rows]))
        length = np.concatenate([[0.0], np.cumsum(np.maximum(path, 1e-9))])
        wanted = np.linspace(0.0, length[-1], NODES)
        first = segment * NODES
        for k, name in enumerate(QUANTITIES):
            column = name if name in table else f"mag_{name}"
            self.values[isochrone, first : first + NODES, k] = np.interp(wanted, length, table[column][rows])
        formed = table["imf_weight"][rows]
        stars = np.concatenate([[0.0], np.cumsum(0.5 * (formed[1:] + formed[:-1]))])
        self.weight[isochrone, first : first + NODES - 1] = np.diff(np.interp(wanted, length, stars))

    def nearest(self, mh: np.ndarray, log_age: np.ndarray) -> np.ndarray:
        """Return the isochrones nearest in metallicity, then in age, to values of shape (n,)."""
        row = np.searchsorted((self.mh[1:] + self.mh[:-1]) / 2, mh)
        return self.start[row] + np.abs(self.ages[row] - log_age[:, None]).argmin(axis=1)

    def main_sequence(self, isochrone: np.ndarray, m_initial: np.ndarray) -> dict[str, np.ndarray]:
        """Return the `QUANTITIES` of main-sequence stars of initial masses (n,) on isochrones (n,).

        NaN where the isochrone has no such star.
        """
        masses = self.values[isochrone, :NODES, QUANTITIES.index("m_initial")]
        with np.errstate(invalid="ignore"):
            point = (masses <= m_initial[:, None]).sum(axis=1) - 1
        inside = (point >= 0) & (point < NODES - 1)
        low = np.clip(point, 0, NODES - 2)
        rows = np.arange(len(low))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (m_initial - masses[rows, low]) / (masses[rows, low + 1] - masses[rows, low])
        first, last = self.values[isochrone, low], self.values[isochrone, low + 1]
        found = np.where(inside[:, None], first + share[:, None] * (last - first), np.nan)
        return {name: found[:, k] for k, name in enumerate(QUANTITIES)}

    def interpolate(
        self, mh: np.ndarray, log_age: np.ndarray, point: np.ndarray, fraction: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return models between the isochrones.

        Linear in log age, then in [M/H], at the same evolutionary point; a neighbour that lacks the point does not
        count.

        Parameters
        ----------
        mh, log_age : ndarray, shape (n,)
            Values beyond the edges are clipped to them.
        point : ndarray of int, shape (n,)
            Index of the evolutionary point before the model.
        fraction : ndarray, shape (n,)
            Where between that point and the next one the model lies, 0 to 1.

        Returns
        -------
        dict of str to ndarray of shape (n,)
            The `QUANTITIES`.
        """
        total = np.zeros((len(mh), len(QUANTITIES)))
        norm = np.zeros((len(mh), 1))
        for row, share in _bracket(self.mh[None, :], mh):
            for age, part in _bracket(self.ages[row], log_age):
                isochrone = self.start[row] + age
                low, high = self.values[isochrone, point], self.values[isochrone, point + 1]
                model = low + fraction[:, None] * (high - low)
                good = np.isfinite(model[:, :1])
                weight = np.where(good, (share * part)[:, None], 0.0)
                total += weight * np.where(good, model, 0.0)
                norm += weight
        with np.errstate(invalid="ignore"):
            total /= norm
        return {name: total[:, k] for k, name in enumerate(QUANTITIES)}


def _bracket(grids: np.ndarray, values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the two grid points about each value and their weights; `grids` has one row, or one for each value."""
    count = np.isfinite(grids).sum(axis=1)
    low = np.clip((grids <= values[:, None]).sum(axis=1) - 1, 0, np.maximum(count - 2, 0))
    high = np.minimum(low + 1, count - 1)
    row = np.arange(len(values)) if len(grids) == len(values) else np.zeros(len(values), dtype=int)
    first, last = grids[row, low], grids[row, high]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(last > first, np.clip((values - first) / (last - first), 0.0, 1.0), 0.0)
    return [(low, 1.0 - share), (high, share)]
