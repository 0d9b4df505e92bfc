"""Made-up normalised spectra whose lines follow known labels, and a chain of the plugin's products on them."""

from types import SimpleNamespace

import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_nn_labels import plugin
from vacframe_nn_labels.pixels import pixel_wavelengths

from vacframe.testing import run_product

WINDOWS = ((5000.0, 5060.0), (8500.0, 8560.0))
LINES = {"teff": (5010.0, 5030.0), "feh": (5045.0, 8520.0, 8540.0)}


def small_config(**changes):
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


def spectra_and_labels(count=400, seed=2):
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


def make_training(spectra, labels, config):
    """Return what `nn_training_set` and `nn_training_counts` make."""
    tables = {"lamost_normalized": spectra, "reference_labels": labels}
    return [run_product(plugin, n, tables, config=config) for n in ("nn_training_set", "nn_training_counts")]


def make_model(stars, counts, config, seed=0):
    """Return what `nn_models` makes of the rows that a build would hand it."""
    inputs = {
        "nn_training_set": stars.filter(pc.field("in_training")),
        "nn_training_counts": counts.filter(pc.field("too_few")),
    }
    return run_product(plugin, "nn_models", inputs, config=config, seed=seed).model


@pytest.fixture(scope="session")
def kit():
    """Hand the functions above to the tests."""
    return SimpleNamespace(
        small_config=small_config,
        spectra_and_labels=spectra_and_labels,
        make_training=make_training,
        make_model=make_model,
    )


@pytest.fixture(scope="session")
def chain():
    """All products of the plugin on the made-up spectra."""
    config = small_config()
    spectra, labels = spectra_and_labels()
    stars, counts = (made.table for made in make_training(spectra, labels, config))
    model = make_model(stars, counts, config)
    inputs = {"lamost_normalized": spectra, "nn_models": model, "nn_training_set": stars}
    found = run_product(plugin, "nn_labels", inputs, config=config)
    return SimpleNamespace(
        config=config,
        spectra=spectra,
        labels=labels,
        stars=stars,
        counts=counts,
        model=model,
        inputs=inputs,
        found=found,
    )
