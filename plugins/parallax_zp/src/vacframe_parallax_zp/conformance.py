"""Made-up Gaia sources, spectra and distances with a known zero point, for the conformance kit and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX, zero_points
from vacframe_parallax_zp.registry import plugin

TWO = 3


@dataclass(frozen=True)
class MadeUp:
    """Tables of n stars and what was put in.

    Attributes
    ----------
    inputs : dict of str to dict
        `gaia_sources`, `photometry`, `crossmatch` and `nn_labels` (one spectrum of each star, a second of some).
    pattern : ndarray, shape (n,)
        Zero point beyond Lindegren's, µas.
    """

    inputs: dict[str, Any]
    pattern: np.ndarray


def sky_pattern(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return a smooth pattern of about ±20 over the sky."""
    a, d = np.radians(ra), np.radians(dec)
    return 20.0 * np.cos(d) * np.sin(2.0 * a + 1.0) + 10.0 * np.sin(3.0 * d)


def made_up(
    count: int = 3000, seed: int = 1, offset: float = 2.6, amplitude: float = 1.0, cap: float = 180.0
) -> MadeUp:
    """Return stars with parallaxes = truth + Lindegren's zero point + pattern + offset + noise.

    Parameters
    ----------
    count, seed : int
    offset : float
        µas, everywhere.
    amplitude : float
        Factor of `sky_pattern`.
    cap : float
        Width of the strip in right ascension that the stars lie in, degrees.
    """
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, cap, count), np.degrees(np.arcsin(rng.uniform(-0.2, 0.9, count)))
    solved = rng.choice([FIVE, SIX, TWO], count, p=[0.9, 0.08, 0.02]).astype(np.int16)
    magnitude = rng.uniform(10, 16, count).astype(np.float32)
    colour = rng.uniform(1.3, 1.55, count).astype(np.float32)
    latitude = rng.uniform(-80, 80, count)
    distance = rng.uniform(0.8, 6.0, count)
    pattern = offset + amplitude * sky_pattern(ra, dec)
    zero_point = zero_points(magnitude, colour, colour, latitude, np.where(solved == SIX, SIX, FIVE)).value
    error = (0.02 * np.exp(0.3 * rng.normal(size=count))).astype(np.float32)
    parallax = 1.0 / distance + zero_point + 1e-3 * pattern + error * rng.normal(size=count)
    bright = magnitude - 0.1
    source_id = np.arange(count, dtype=np.int64) * 11 + 1000
    gaia = {
        "source_id": source_id,
        "ra": ra,
        "dec": dec,
        "parallax": np.where(solved == TWO, np.nan, parallax),
        "parallax_error": np.where(solved == TWO, np.float32(np.nan), error),
        "astrometric_params_solved": solved,
        "phot_g_mean_mag": magnitude,
        "phot_bp_mean_mag": bright + rng.uniform(0.2, 1.8, count).astype(np.float32),
        "phot_rp_mean_mag": bright,
        "nu_eff_used_in_astrometry": np.where(solved == FIVE, colour, np.float32(np.nan)),
        "pseudocolour": np.where(solved == SIX, colour, np.float32(np.nan)),
        "ecl_lat": latitude,
        "ruwe": rng.uniform(0.9, 1.5, count).astype(np.float32),
    }
    visits = np.concatenate([np.arange(count), np.arange(0, count, 10)])
    spectra = len(visits)
    obsid = np.arange(spectra, dtype=np.int64) * 3 + 50
    position = {"obsid": obsid, "ra": ra[visits], "dec": dec[visits]}
    labels = {
        "snr_g": rng.uniform(30, 200, spectra).astype(np.float32),
        "distance": distance[visits],
        "logg_apogee": np.where(rng.random(spectra) < 0.2, np.nan, rng.uniform(1.5, 4.2, spectra)).astype(np.float32),
        "logg_pastel": rng.uniform(1.5, 4.2, spectra).astype(np.float32),
    }
    inputs = {
        "gaia_sources": gaia,
        "photometry": {"source_id": source_id, "ra": ra, "dec": dec, "ks_error": _ks_errors(rng, count)},
        "crossmatch": position | {"source_id": source_id[visits]},
        "nn_labels": position | labels,
    }
    return MadeUp(inputs, pattern)


def _ks_errors(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.uniform(0.01, 0.035, count).astype(np.float32)


def chain(inputs: dict[str, Any], config: Any, until: str = "gaia_parallax_spatial") -> dict[str, Any]:
    """Return the inputs with the tables of the plugin's products added, one made from the other."""
    from vacframe.testing import run_product

    tables = dict(inputs)
    names = (
        "gaia_parallax_l21", "zp_candidates", "zp_giants", "parallax_zp_map_galactic", "parallax_zp_map_equatorial",
        "gaia_parallax_spatial",
    )  # fmt: skip
    for name in names:
        tables[name] = run_product(plugin, name, tables, config=config).table
        if name == until:
            break
    return tables


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product."""
    from vacframe.testing import Sample

    second = {"product": "second_stars", "key": "source_id", "column": "parallax_rc", "unit": "mas"}
    config = plugin.config_model(
        maps={"order": 0, "more_than": 2}, second_distances=second, trends={"minimum_stars": 10}, bootstraps=20
    )
    tables = chain(made_up(120).inputs, config)
    source_id = tables["gaia_sources"]["source_id"]
    parallax = np.random.default_rng(3).uniform(0.1, 1.2, len(source_id))
    tables["second_stars"] = {"source_id": source_id, "parallax_rc": parallax}
    return {name: Sample(tables, config) for name in plugin.definitions}
