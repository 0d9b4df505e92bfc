"""Isochrones of several files put together: the same models in other bands are joined, other models refused."""

from __future__ import annotations

import numpy as np

from vacframe_surveys.isochrone_columns import BANDS
from vacframe_surveys.readers.isochrone_numbers import isochrone_number

SAME = {"m_initial": 2e-4, "log_teff": 1.5e-3, "logg": 3e-3}
"""Models of two files that differ by less than this (the mass relatively) are the same, rounded differently."""


def put_together(parts: dict[str, dict[str, np.ndarray]]) -> tuple[list[dict[str, np.ndarray]], dict[str, str]]:
    """Return the parts without what an earlier one has already, and why others cannot be used, by file.

    Magnitudes that an earlier part lacks are taken from the later one.

    Parameters
    ----------
    parts : dict of str to dict of ndarray, shape (n,)
        File → its points, isochrone by isochrone in ascending [M/H] and age, by initial mass within each.
    """
    kept: dict[str, dict[str, np.ndarray]] = {}
    refused: dict[str, str] = {}
    for name, part in parts.items():
        conflicts = (_conflict(part, other, earlier) for earlier, other in kept.items())
        if why := next(filter(None, conflicts), ""):
            refused[name] = why
            continue
        for other in kept.values():
            part = _without(part, other)
        kept[name] = part
    return [p for p in kept.values() if len(p["mh"])], refused


def _shared(part: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of either part whose isochrones both have."""
    mine, theirs = isochrone_number(part), isochrone_number(other)
    return np.flatnonzero(np.isin(mine, theirs)), np.flatnonzero(np.isin(theirs, mine))


def _conflict(part: dict[str, np.ndarray], other: dict[str, np.ndarray], name: str) -> str:
    """Return how the isochrones that both parts have differ; empty if they are the same."""
    differing = _differing(part, other, *_shared(part, other))
    if differing < 0:
        return ""
    return (
        f"has other models of [M/H] = {part['mh'][differing]:g} and log age = {part['log_age'][differing]:g} than "
        f"{name}; name the files of one set of isochrones only"
    )


def _without(part: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a part without the isochrones that another has, which gets the magnitudes that it lacks."""
    here, there = _shared(part, other)
    for band in BANDS:
        old, new = other[f"mag_{band}"][there], part[f"mag_{band}"][here]
        other[f"mag_{band}"][there] = np.where(np.isnan(old), new, old)
    return {column: np.delete(values, here) for column, values in part.items()}


def _differing(part: dict[str, np.ndarray], other: dict[str, np.ndarray], here: np.ndarray, there: np.ndarray) -> int:
    """Return the first row of `part` whose model is another than that of `other`, or -1."""
    count = min(len(here), len(there))
    here_, there_ = here[:count], there[:count]
    unlike = isochrone_number(part)[here_] != isochrone_number(other)[there_]
    unlike |= part["phase"][here_] != other["phase"][there_]
    for column, tolerance in SAME.items():
        ours, theirs = part[column][here_], other[column][there_]
        unlike |= np.abs(ours - theirs) > tolerance * (theirs if column == "m_initial" else 1.0)
    bad = np.flatnonzero(unlike)
    if len(bad):
        return int(here[bad[0]])
    return -1 if len(here) == len(there) else int(here[min(count, len(here) - 1)])
