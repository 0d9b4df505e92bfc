"""A survey of the made-up Galaxy: all tables that drawing its stars takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS
from vacframe_mock_survey.method.dust.layer import Dust
from vacframe_mock_survey.method.galaxy.clusters import Clusters
from vacframe_mock_survey.method.galaxy.places import Places, Sky
from vacframe_mock_survey.method.galaxy.populations import POPULATIONS
from vacframe_mock_survey.method.galaxy.stream import Stream
from vacframe_mock_survey.method.stars.models import Points
from vacframe_mock_survey.method.stars.tracks import Tracks


class Survey:
    """What drawing the stars of a survey takes.

    Parameters
    ----------
    isochrones : mapping of str to ndarray
        The columns `ISOCHRONE_COLUMNS` of the product `isochrones`.
    config : MockSurveyConfig
        What survey this is.
    seed : int
        Seed of the build.

    Attributes
    ----------
    tracks, points, dust, places, clusters, stream
        As their classes say; ``places`` has one for each of `POPULATIONS`.
    summed : ndarray, shape (n_population, n_isochrone, n_point - 1)
        Cumulative weights of the evolutionary points of field stars.
    """

    def __init__(self, isochrones: Mapping[str, np.ndarray], config: Any, seed: int) -> None:
        self.config, self.seed = config, seed
        self.tracks = Tracks(isochrones)
        self.points = Points(self.tracks, config)
        self.dust = Dust(config, seed)
        sky = Sky(config, self.dust)
        self.places = [Places(population, sky) for population in POPULATIONS]
        weights = [self.points.balanced(self.points.formed * p.volume(self.points.bright)) for p in self.places]
        self.summed = np.cumsum(weights, axis=-1)
        self.clusters = Clusters(self.tracks, self.points, config, self.dust)
        self.cluster_summed = np.cumsum(self.clusters.weight, axis=-1)
        self.stream = Stream(self.tracks, self.points, config, self.dust)

    @property
    def limits(self) -> np.ndarray:
        """Fractions of stars that are in the stream, in clusters, GSE, halo, thick disc or one before, ascending."""
        c = self.config
        fractions = [
            c.stream_fraction * self.stream.visible,
            c.cluster_fraction * (len(self.clusters.chosen) > 0),
            c.halo_fraction * c.gse_share,
            c.halo_fraction * (1.0 - c.gse_share),
            c.thick_fraction,
        ]
        return np.cumsum(fractions)


_LAST: dict[str, Survey] = {}


def survey_of(isochrones: Any, config: Any, seed: int) -> Survey:
    """Return the `Survey`; the last one of this process is kept, as its shards come one after the other."""
    digest = hashlib.blake2b(digest_size=16)
    for name in ISOCHRONE_COLUMNS:
        digest.update(np.ascontiguousarray(isochrones[name]).tobytes())
    digest.update(repr([seed, config.model_dump()]).encode())
    key = digest.hexdigest()
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = Survey(isochrones, config, seed)
    return _LAST[key]
