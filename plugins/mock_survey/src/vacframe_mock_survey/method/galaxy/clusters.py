"""Star clusters: stars of one age and one composition, together in space and in motion."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np

from vacframe_mock_survey.method.data import FOLDER
from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.frames import Vector, galactic, galactocentric, space_velocity
from vacframe_mock_survey.method.galaxy.places import in_footprint
from vacframe_mock_survey.method.randoms import Random
from vacframe_mock_survey.method.stars.chemistry import iron
from vacframe_mock_survey.method.stars.models import Points
from vacframe_mock_survey.method.stars.tracks import Tracks

FEH_SCATTER, ALPHA_SCATTER = 0.02, 0.02
"""Scatter of composition within a cluster, dex."""
_HALF_MASS = 1.305
"""Half-mass radius of a Plummer sphere over its scale radius: (2 ** (2/3) − 1) ** (−1/2)."""
_OUTERMOST = 0.98
"""Share of a Plummer sphere's stars that are kept; the rest lies far out."""


def read_clusters() -> dict[str, np.ndarray]:
    """Return the table of clusters: names and kinds as text, the rest as numbers; see the file's head."""
    lines = [line for line in (FOLDER / "clusters.csv").read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    text = ("name", "kind")
    return {
        n: np.array([r[n] if n in text else float(r[n]) for r in rows], object if n in text else float) for n in rows[0]
    }


def members(truth: Any, random: Random) -> dict[str, np.ndarray]:
    """Return the columns of `cluster_members` for true stars of clusters (a batch of n rows)."""
    table = read_clusters()
    rows = {name: k for k, name in enumerate(table["name"].tolist())}
    place = np.array([rows[name] for name in truth["cluster"].tolist()], dtype=np.int64)
    is_open = table["kind"][place] == "open"
    return {
        "cluster": truth["cluster"],
        "probability": 1.0 - 0.4 * random(truth["source_id"], "member").uniform() ** 3,
        "age": table["age"][place],
        "age_error": np.where(is_open, 0.1 * table["age"][place], 0.4),
        "feh": table["feh"][place],
        "feh_error": np.where(is_open, 0.03, 0.05),
        "distance": table["distance"][place],
        "distance_error": 0.02 * table["distance"][place],
    }


class Clusters:
    """The clusters that a survey sees, and which of their stars.

    Parameters
    ----------
    tracks, points
        The stellar models and those that the survey takes.
    config : MockSurveyConfig
        Footprint and magnitudes.
    dust : Dust

    Attributes
    ----------
    chosen : ndarray of int
        Rows of `table` with any star in the footprint and within the magnitudes.
    """

    def __init__(self, tracks: Tracks, points: Points, config: Any, dust: Dust) -> None:
        self.table = table = read_clusters()
        # [M/H] that gives the cluster's [Fe/H]: the inverse of `iron`.
        self.mh = table["feh"] - iron(np.zeros(len(table["feh"])), table["alpha"])
        self.log_age = np.log10(table["age"]) + 9.0
        isochrone = tracks.nearest(self.mh, self.log_age)
        seen = points.seen(isochrone, dust.fainter(table["ra"], table["dec"], table["distance"]))
        self.weight = points.balanced(np.where(seen, points.formed[isochrone], 0.0), isochrone)
        self.chosen = np.flatnonzero(in_footprint(table["dec"], config) & (self.weight.sum(axis=1) > 0))

    def draw(self, rng: Any) -> dict[str, np.ndarray]:
        """Return number (row of `table`), composition and age of stars, equally many of each cluster."""
        which = self.chosen[rng.integers(len(self.chosen))]
        noise = rng.normal(2)
        alpha = self.table["alpha"][which] + ALPHA_SCATTER * noise[:, 0]
        feh = self.table["feh"][which] + FEH_SCATTER * noise[:, 1]
        return {
            "number": which,
            "mh": feh - iron(np.zeros(len(alpha)), alpha),
            "feh": feh,
            "alpha_m": alpha,
            "log_age": self.log_age[which],
        }

    def place(self, which: np.ndarray, rng: Any) -> tuple[Vector, Vector]:
        """Return Galactocentric positions (kpc) and velocities (km/s) of stars of clusters: a Plummer sphere each."""
        table = {n: v[which] for n, v in self.table.items()}
        centre = galactocentric(tuple(a * table["distance"] for a in galactic(table["ra"], table["dec"])))
        motion = space_velocity(*(table[n] for n in ("ra", "dec", "distance", "rv", "pmra", "pmdec")))
        u, draws, spread = rng.uniform() * _OUTERMOST, rng.normal(3), rng.normal(3)
        radius = 1e-3 * table["radius"] / _HALF_MASS / np.sqrt(u ** (-2.0 / 3.0) - 1.0)
        scale = radius / np.sqrt((draws**2).sum(axis=1))
        position = tuple(c + scale * draws[:, k] for k, c in enumerate(centre))
        velocity = tuple(v + table["dispersion"] * spread[:, k] for k, v in enumerate(motion))
        return position, velocity
