"""Isochrones on equal evolutionary points, interpolated to other ages and metallicities.

Each segment of an isochrone (main sequence, subgiant branch, ...) is cut at equal fractions of its path in
(log Teff, log g); models are interpolated between isochrones at the same point of the same segment only, never across
segments (the method of Dotter 2016, ApJS 222, 8, section 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

TEFF_SCALE = 0.01
"""Step in log Teff that counts as much of a path as one of `LOGG_SCALE` in log g: about 100 K at 4800 K."""
LOGG_SCALE = 0.1
_TOLERANCE = 1e-6


class Tracks:
    """Source isochrones on equal evolutionary points.

    Parameters
    ----------
    isochrones : mapping of str to ndarray, shape (n,)
        Columns ``mh``, ``log_age``, ``phase`` and those of `quantities`; points of an isochrone by rising mass.
    segments : sequence of (phases, points)
        The segments.
    quantities : sequence of str
        Columns to interpolate; they include ``log_teff``, ``logg`` and ``m_initial``.

    Attributes
    ----------
    mh, log_age : ndarray, shape (n_isochrone,)
        Of each source isochrone.
    values : list of ndarray, one per segment, shape (n_isochrone, points, n_quantity)
        NaN where an isochrone lacks the segment.
    """

    def __init__(
        self,
        isochrones: Mapping[str, np.ndarray],
        segments: Sequence[tuple[tuple[int, ...], int]],
        quantities: Sequence[str],
    ) -> None:
        order = np.lexsort((isochrones["m_initial"], isochrones["log_age"], isochrones["mh"]))
        names = np.stack([isochrones["mh"][order], isochrones["log_age"][order]]).astype(np.float64)
        starts = np.flatnonzero(np.any(np.diff(names, axis=1, prepend=np.nan) != 0, axis=0))
        self.mh, self.log_age = names[0, starts], names[1, starts]
        table = np.stack([np.asarray(isochrones[q], dtype=np.float64)[order] for q in quantities], axis=1)
        phase = isochrones["phase"][order]
        path = [list(quantities).index(q) for q in ("log_teff", "logg")]
        self.values = [np.full((len(starts), points, len(quantities)), np.nan) for _, points in segments]
        ends = np.append(starts[1:], len(order))
        for row, (first, last) in enumerate(zip(starts, ends, strict=True)):
            for number, (phases, points) in enumerate(segments):
                part = table[first:last][np.isin(phase[first:last], phases)]
                if len(part) > 2:
                    self.values[number][row] = _equal_points(part, part[:, path], points)

    def at(self, segment: int, mh: np.ndarray, log_age: float, tolerance: float) -> np.ndarray:
        """Return a segment at metallicities `mh` and one age, interpolated linearly in both.

        Parameters
        ----------
        segment : int
            Index of the segment.
        mh : ndarray, shape (n,)
            Metallicities.
        log_age : float
            log10 of the age in years.
        tolerance : float
            Metallicities this far outside take the models of the edge.

        Returns
        -------
        ndarray, shape (n, points, n_quantity)
            NaN where the source has no models on both sides in metallicity and in age.
        """
        nodes, models = [], []
        for source in np.unique(self.mh):
            found = self._at_age(segment, np.flatnonzero(self.mh == source), log_age)
            if found is not None:
                nodes.append(source)
                models.append(found)
        shape = (len(mh), *self.values[segment].shape[1:])
        if not nodes:
            return np.full(shape, np.nan)
        grid, stack = np.array(nodes), np.array(models)
        inside = np.clip(mh, grid[0], grid[-1])
        high = np.clip(np.searchsorted(grid, inside), min(1, len(grid) - 1), len(grid) - 1)
        low = np.maximum(high - 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(high > low, (inside - grid[low]) / (grid[high] - grid[low]), 0.0)[:, None, None]
        made = (1.0 - share) * stack[low] + share * stack[high]
        made[np.abs(mh - inside) > tolerance] = np.nan
        return made

    def _at_age(self, segment: int, rows: np.ndarray, log_age: float) -> np.ndarray | None:
        """Return a segment of one source metallicity at an age, or None where it has none there."""
        rows = rows[np.isfinite(self.values[segment][rows, 0, 0])]
        ages = self.log_age[rows]
        if not len(rows) or log_age < ages[0] - _TOLERANCE or log_age > ages[-1] + _TOLERANCE:
            return None
        high = min(int(np.searchsorted(ages, log_age - _TOLERANCE)), len(ages) - 1)
        low = max(high - 1, 0)
        share = np.clip((log_age - ages[low]) / (ages[high] - ages[low]), 0.0, 1.0) if high > low else 0.0
        values = self.values[segment]
        return np.asarray((1.0 - share) * values[rows[low]] + share * values[rows[high]])


def _equal_points(part: np.ndarray, plane: np.ndarray, points: int) -> np.ndarray:
    """Return the rows of `part` at `points` equal steps of the path through `plane` (log Teff, log g)."""
    step = np.diff(plane / (TEFF_SCALE, LOGG_SCALE), axis=0)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]) + _TOLERANCE)])
    wanted = np.linspace(0.0, length[-1], points)
    return np.stack([np.interp(wanted, length, column) for column in part.T], axis=1)
