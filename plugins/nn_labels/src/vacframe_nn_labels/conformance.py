"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products: tiny networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.core.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_nn_labels.pixels import pixel_wavelengths
from vacframe_nn_labels.registry import plugin

WINDOWS = ((5000.0, 5060.0), (8500.0, 8560.0))
LINES = {"teff": (5010.0, 5030.0), "feh": (5045.0, 8520.0, 8540.0)}


def small_config(**changes: Any) -> Any:
    """Return a configuration of tiny networks; `changes` go into its training set."""
    training_set = {
        "name": "tiny",
        "label_columns": ["teff", "feh"],
        "where": "snr_g > 20",
        "report_where": "snr_g > 60 and teff < 6000",
        "layers": (16, 8),
        "epochs": 25,
        "learning_rate": 5e-3,
        "averaging": 0.9,
    }
    return plugin.config_model(windows=WINDOWS, training_sets=[training_set | changes])


def spectra_and_labels(count: int = 400, seed: int = 2) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return tables `lamost_normalized` and `reference_labels` of the same stars."""
    rng = np.random.default_rng(seed)
    teff, feh = rng.uniform(4500, 6500, count), rng.uniform(-1, 0.4, count)
    snr = rng.uniform(15, 120, count)
    wavelength = pixel_wavelengths(WINDOWS)
    flux = np.ones((count, len(wavelength)))
    for label, strength in (("teff", 0.5 - (teff - 5500) / 5000), ("feh", 0.3 + 0.2 * feh)):
        for centre in LINES[label]:
            flux -= strength[:, None] * np.exp(-0.5 * ((wavelength - centre) / 2.0) ** 2)
    flux += rng.normal(size=flux.shape) / snr[:, None]
    ivar = np.broadcast_to(snr[:, None] ** 2, flux.shape).copy()
    ivar[rng.random(flux.shape) < 0.01] = 0
    obsid = np.arange(count, dtype=np.int64) * 7 + 1000
    spectra = {
        "obsid": obsid,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-60, 60, count),
        "snr_g": snr.astype(np.float32),
        "z": np.zeros(count, dtype=np.float32),
        "flux": flux.astype(np.float32),
        "ivar": ivar.astype(np.float32),
    }
    return spectra, {"obsid": obsid, "teff": teff.astype(np.float32), "feh": feh.astype(np.float32)}


def survey_spectra(count: int = 30, seed: int = 4) -> dict[str, np.ndarray]:
    """Return rows of `lamost_spectra`: a sloping continuum with noise and bad pixels."""
    rng = np.random.default_rng(seed)
    wavelength = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
    flux = (wavelength / 6000.0) ** rng.uniform(-2, 2, (count, 1)) * (
        1 + 0.03 * rng.normal(size=(count, LAMOST_PIXELS))
    )
    mask = rng.random((count, LAMOST_PIXELS)) < 0.01
    return {
        "obsid": np.arange(count, dtype=np.int64) + 500,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-60, 60, count),
        "snr_g": np.full(count, 30.0, dtype=np.float32),
        "z": rng.normal(0, 2e-4, count).astype(np.float32),
        "flux": flux.astype(np.float32),
        "ivar": np.where(mask, 0, 1000.0).astype(np.float32),
        "mask": mask.astype(np.uint8),
    }


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product; those of the later ones are made by the earlier ones."""
    from vacframe.testing import Sample, run_product

    config = small_config()
    inputs: dict[str, Any] = dict(zip(("lamost_normalized", "reference_labels"), spectra_and_labels(), strict=True))
    for name in ("nn_training_set", "nn_training_counts", "nn_models", "nn_labels"):
        made = run_product(plugin, name, inputs, config=config)
        inputs[name] = made.table if made.model is None else made.model
    samples = {name: Sample(inputs, config) for name in plugin.definitions}
    return samples | {"lamost_normalized": Sample({"lamost_spectra": survey_spectra()}, config)}
