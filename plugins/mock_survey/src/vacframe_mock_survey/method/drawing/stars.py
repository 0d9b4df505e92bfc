"""Drawing stars: population, model, place, dust and motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import healpy
import numpy as np

from vacframe import RowRandom
from vacframe_mock_survey.method.drawing.survey import Survey, survey_of
from vacframe_mock_survey.method.drawing.visits import observation_id
from vacframe_mock_survey.method.frames import equatorial, galactic, galactocentric, heliocentric, observed_motion
from vacframe_mock_survey.method.gaia.zero_point import zero_points
from vacframe_mock_survey.method.galaxy import stream
from vacframe_mock_survey.method.galaxy.kinematics import disc_velocity, halo_velocity
from vacframe_mock_survey.method.galaxy.populations import (
    GSE,
    HALO,
    POPULATIONS,
    THICK,
    THIN,
    scale_height,
    truncated_normal,
)
from vacframe_mock_survey.method.photometry.extinction import EXTINCTION
from vacframe_mock_survey.method.randoms import star_random
from vacframe_mock_survey.method.stars.binaries import add_companions
from vacframe_mock_survey.method.stars.chemistry import alpha_of, carbon_nitrogen, iron
from vacframe_mock_survey.method.stars.models import choose_points, describe_models

if TYPE_CHECKING:
    from vacframe_mock_survey.config import MockSurveyConfig

STREAM, CLUSTER = 4, 5
"""Numbers of the populations that are not of the field, after those of `POPULATIONS`."""
NAMES = np.array([*(p.name for p in POPULATIONS), "sagittarius", "cluster"], dtype=object)
_KINDS = np.array([STREAM, CLUSTER, GSE, HALO, THICK, THIN])
"""Populations in the order of `Survey.limits`."""
_BLOCK = 2000
"""Stars drawn at a time, to bound the memory."""
_RADIAL_RANGE = 2.0
"""Range of radii, kpc, over which a gradient adds to the spread of metallicities in a survey."""
_PRELIMINARY = 0.15
"""Error, arcsec, of the positions that identifiers are made from, as in the real Gaia, where a few rows in a thousand
lie in another level-12 pixel than that of their source_id."""

Table = dict[str, np.ndarray]


def draw_shards(
    shards: Sequence[int | None], isochrones: Mapping[str, np.ndarray], config: MockSurveyConfig, seed: int
) -> tuple[Table, np.ndarray]:
    """Return the stars of shards, and the place of each star's shard among `shards`.

    Parameters
    ----------
    shards : sequence of int
        Numbers of the shards, each of ``config.shard_size`` stars but the last.
    isochrones, config, seed
        As for `Survey`.
    """
    first = np.array(shards, dtype=np.int64) * config.shard_size
    file = np.repeat(np.arange(len(first)), np.clip(config.stars - first, 0, config.shard_size))
    return draw_stars(first[file] + rows_within(file), survey_of(isochrones, config, seed)), file


def rows_within(file: np.ndarray) -> np.ndarray:
    """Return the number of each row within its file, from 0; `file`, shape (n,), ascends."""
    return np.arange(len(file)) - np.searchsorted(file, file)


def draw_stars(index: np.ndarray, survey: Survey) -> Table:
    """Return stars, one for each index; star i is the same in whatever company it is drawn.

    Parameters
    ----------
    index : ndarray of int64, shape (n,)
        Numbers of the stars.
    survey : Survey
        What survey this is.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        The columns of `mock_truth`, and ``star``, the index.
    """
    blocks = [_draw_block(index[k : k + _BLOCK], survey) for k in range(0, max(len(index), 1), _BLOCK)]
    return {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


def _draw_block(index: np.ndarray, survey: Survey) -> Table:
    u = star_random(survey.seed, index, "population").uniform()
    which = _KINDS[np.searchsorted(survey.limits, u, side="right")]
    parts, rows = [], []
    for kind in range(len(NAMES)):
        chosen = np.flatnonzero(which == kind)
        if len(chosen) or not len(index):
            parts.append(_draw_kind(kind, index[chosen], survey))
            rows.append(chosen)
    order = np.argsort(np.concatenate(rows), kind="stable")
    star = {name: np.concatenate([p[name] for p in parts])[order] for name in parts[0]}
    return _finish(star, survey)


def _draw_kind(kind: int, index: np.ndarray, survey: Survey) -> Table:
    """Return number, population, composition, age, model, position and velocity of stars of one population."""

    def random(name: str) -> RowRandom:
        return star_random(survey.seed, index, name)

    star: Table = {"star": index, "population": np.full(len(index), NAMES[kind], dtype=object)}
    star["cluster"] = np.full(len(index), None, dtype=object)
    if kind == CLUSTER:
        drawn = survey.clusters.draw(random("composition"))
        number = drawn.pop("number")
        star |= drawn
        star["cluster"] = survey.clusters.table["name"][number]
        _model(star, survey.cluster_summed[number], survey, random)
        return _put(star, *survey.clusters.place(number, random("place")))
    if kind == STREAM:
        star |= _compose(stream.MH, stream.AGE, stream.ALPHA, survey, random("composition"))
        node = survey.stream.nodes(random("node"))
        isochrone = survey.tracks.nearest(star["mh"], star["log_age"])
        _model(star, np.cumsum(survey.stream.weights(node, isochrone), axis=1), survey, random)
        return _put(star, *survey.stream.place(node, random("place")))
    population = POPULATIONS[kind]
    spread = float(np.hypot(population.mh[1], population.gradient * _RADIAL_RANGE))
    star |= _compose((population.mh[0], spread), population.age, population.alpha, survey, random("composition"))
    _model(star, survey.summed[kind][survey.tracks.nearest(star["mh"], star["log_age"])], survey, random)
    star |= survey.places[kind].draw(star, random("place"))
    x, y, z = galactic(star["ra"], star["dec"])
    distance = star["distance_kpc"]
    position = galactocentric((x * distance, y * distance, z * distance))
    height = scale_height(population, 10.0 ** (star["log_age"] - 9.0))
    motion = random("motion")
    moving = disc_velocity(population, height, position, motion) if population.length else None
    return _move(star, position, moving or halo_velocity(population, position, motion))


def _compose(
    mh: tuple[float, float], age: tuple[float, float], alpha: tuple[float, ...], survey: Survey, rng: Any
) -> Table:
    u = rng.uniform(2)
    metals = truncated_normal(u[:, 0], np.array(mh[0]), np.array(mh[1]), survey.config.mh_min, survey.tracks.mh[-1])
    enhanced = alpha_of(metals, rng.normal(), np.broadcast_to(np.array(alpha), (len(metals), 4)))
    log_age = np.log10(age[0] + u[:, 1] * (age[1] - age[0])) + 9.0
    return {"mh": metals, "alpha_m": enhanced, "feh": iron(metals, enhanced), "log_age": log_age}


def _model(star: Table, summed: np.ndarray, survey: Survey, random: Any) -> None:
    """Choose a model for each star by cumulative weights of points, and add its companion."""
    u = random("model").uniform(2)
    point = choose_points(u[:, 0], summed, star)
    star |= describe_models(star, survey.tracks, point, u[:, 1])
    isochrone = survey.tracks.nearest(star["mh"], star["log_age"])
    star |= add_companions(star, isochrone, survey.tracks, survey.config, random("companion"))


def _put(star: Table, position: Any, velocity: Any) -> Table:
    helio = heliocentric(position)
    star["ra"], star["dec"] = equatorial(helio)
    star["distance_kpc"] = np.sqrt(helio[0] ** 2 + helio[1] ** 2 + helio[2] ** 2)
    return _move(star, position, velocity)


def _move(star: Table, position: Any, velocity: Any) -> Table:
    motion = observed_motion(star["ra"], star["dec"], star["distance_kpc"], velocity)
    star |= dict(zip(("rv", "pmra", "pmdec"), motion, strict=True))
    star |= dict(zip(("x", "y", "z"), position, strict=True))
    return star | dict(zip(("vx", "vy", "vz"), velocity, strict=True))


def _finish(star: Table, survey: Survey) -> Table:
    """Add abundances, dust, magnitudes, signal-to-noise, zero points and identifiers."""
    config, index = survey.config, star["star"]

    def random(name: str) -> RowRandom:
        return star_random(survey.seed, index, name)

    star |= carbon_nitrogen(star, config.cemp_fraction, random("abundances"))
    star["parallax"] = 1.0 / star["distance_kpc"]
    star["age"] = 10.0 ** (star["log_age"] - 9.0)
    star["ebv"] = survey.dust.reddening(star["ra"], star["dec"], star["distance_kpc"])
    star["ebv"] *= np.exp(config.dust_scatter * random("dust").normal())
    star["av"] = EXTINCTION["v_apass"] * star["ebv"]
    modulus = 5.0 * np.log10(100.0 * star["distance_kpc"])
    star |= {f"mag_{b}": star[f"abs_{b}"] + modulus + r * star["ebv"] for b, r in EXTINCTION.items()}
    trend = 10.0 ** (0.13 * (14.0 - star["mag_r_sdss"]) + config.snr_scatter * random("snr").normal())
    star["snr_g"] = np.clip(config.snr_median * trend, 1.0, config.snr_max)
    star |= zero_points(star, config, survey.seed, random("astrometry"))
    star["obsid"] = observation_id(index, 0)
    error = _PRELIMINARY / 3600.0 * random("identifier").normal(2)
    dec = np.clip(star["dec"] + error[:, 0], -90.0, 90.0)
    ra = star["ra"] + error[:, 1] / np.cos(np.radians(np.clip(dec, -89.9, 89.9)))
    pixel = healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True).astype(np.int64)
    star["source_id"] = (pixel << np.int64(35)) + index + 1
    return star
