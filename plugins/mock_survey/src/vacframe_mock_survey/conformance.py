"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS
from vacframe_mock_survey.config import MockSurveyConfig
from vacframe_mock_survey.registry import plugin

CONFIG = MockSurveyConfig(
    stars=80, shard_size=30, dec_min=15.0, dec_max=25.0, halo_fraction=0.3, cluster_fraction=0.2,
    reference_fraction=0.7, apogee_fraction=0.9, pastel_fraction=0.9, saga_fraction=0.9, seismic_fraction=0.9,
    reddening_map_order=2, dust_3d_order=1,
)  # fmt: skip
"""A small survey of a strip of the sky in which every catalogue has stars."""


def synthetic_isochrones() -> dict[str, np.ndarray]:
    """Return a coarse table with the shape of real isochrones: main sequence, subgiants, giants, clump."""
    rows = []
    for mh in (-2.2, -1.5, -0.7, -0.2, 0.3):
        for log_age in (8.7, 9.5, 10.2):
            turnoff = 2.3 - 0.8 * (log_age - 8.7)
            hot = 3.765 + 0.10 * math.log10(turnoff) * 3 - 0.02 * mh
            tracks = {
                1: (np.linspace(3.56, hot, 30), np.linspace(4.9, 4.1, 30), np.linspace(0.35, turnoff, 30)),
                2: (np.linspace(hot, 3.71, 15), np.linspace(4.1, 3.5, 15), turnoff + np.linspace(0.001, 0.02, 15)),
                3: (
                    np.linspace(3.70, 3.56 - 0.02 * mh, 40),
                    np.linspace(3.4, 0.6, 40),
                    turnoff + np.linspace(0.021, 0.03, 40),
                ),
                4: (np.linspace(3.68, 3.69, 10), np.linspace(2.5, 2.3, 10), turnoff + np.linspace(0.031, 0.036, 10)),
            }
            for phase, (log_teff, logg, mass) in tracks.items():
                # 4.74 is the bolometric magnitude, 4.438 the surface gravity of the Sun.
                log_l = 4 * (log_teff - 3.7614) + np.log10(mass) - (logg - 4.438)
                bolometric = 4.74 - 2.5 * log_l
                colour = np.interp(log_teff, [3.5, 3.6, 3.76, 3.95], [2.6, 1.7, 0.8, 0.1])
                for k in range(len(mass)):
                    v, c = bolometric[k], colour[k]
                    labels = (mh, log_age, mass[k], mass[k], log_teff[k], logg[k], phase, 0.01 * mass[k] ** -2.3)
                    rows.append((*labels, v, v + 0.4 * c, v - 0.6 * c, v - 1.0 * c, v - 1.3 * c, v - 1.4 * c))
    return {name: np.array(column) for name, column in zip(ISOCHRONE_COLUMNS, zip(*rows, strict=True), strict=True)}


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product."""
    from vacframe import SourceFile
    from vacframe.testing import Sample, run_product

    isochrones = {"isochrones": synthetic_isochrones()}
    shards = [SourceFile(f"shard {k}", shard=k) for k in range(3)]
    made = {
        name: run_product(plugin, name, isochrones, files=shards, config=CONFIG).table
        for name in ("mock_truth", "mock_observations")
    }
    sources = {name: Sample(isochrones, CONFIG) for name in made}
    made["gaia_sources"] = run_product(plugin, "gaia_sources", made, config=CONFIG).table
    return {name: Sample(made, CONFIG) for name in plugin.definitions} | sources
